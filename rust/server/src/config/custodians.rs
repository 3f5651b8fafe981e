//! The custodians that the configuration adds: `[custodians.NAME]`.

mod aws;
mod azure;
mod pkcs11;

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use figment::Figment;
use jiff::fmt::serde::unsigned_duration::friendly::compact::required as duration;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use supacrypt_core::{Error, Reason, ResourceId, Result};

pub use aws::AwsSettings;
pub(crate) use azure::is_managed_hsm;
pub use azure::{AzureCredential, AzureSettings};
pub use pkcs11::{Pkcs11Settings, TokenName};

use super::sections::nonzero;
use crate::custody::{PUBLIC, SOFTWARE};

/// Names that mean something already.
const TAKEN: [&str; 2] = [SOFTWARE, PUBLIC];

/// One custodian beside the software one.
#[derive(Clone, Debug)]
pub enum CustodianSettings {
    /// The key service of AWS.
    Aws(AwsSettings),
    /// Azure Key Vault or Managed HSM.
    Azure(AzureSettings),
    /// An HSM, by its PKCS#11 module.
    Pkcs11(Pkcs11Settings),
}

/// What tells how to read the rest of a table.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Kind {
    r#type: Type,
}

/// The kinds of custodians that can be configured.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Aws,
    Azure,
    Pkcs11,
}

impl CustodianSettings {
    /// Reads the table of a custodian of this kind.
    ///
    /// # Errors
    /// [`Reason::Configuration`].
    pub(super) fn read(source: &Figment, name: &str, kind: Kind) -> Result<CustodianSettings> {
        let key = format!("custodians.{name}");
        let refuse = |message: &str| {
            let message = format!("{key}: {message}; rename the table");
            Err(Error::new(Reason::Configuration, message).in_field(key.clone()))
        };
        if let Err(error) = name.parse::<ResourceId>() {
            return refuse(error.message());
        }
        if TAKEN.contains(&name) {
            return refuse("every server has a custodian of this name");
        }
        match kind.r#type {
            Type::Aws => table(source, key).map(CustodianSettings::Aws),
            Type::Azure => table(source, key).map(CustodianSettings::Azure),
            Type::Pkcs11 => table(source, key).map(CustodianSettings::Pkcs11),
        }
    }
}

fn table<'a, T: Deserialize<'a>>(source: &Figment, key: String) -> Result<T> {
    source.focus(&key).extract().map_err(|error| super::explain(&key, &error).in_field(key))
}

fn default_timeout() -> Duration {
    Duration::from_secs(5)
}

/// A time that something can be done in.
fn timeout<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let timeout = duration::deserialize(deserializer)?;
    if timeout.is_zero() {
        return Err(D::Error::custom("it is zero; nothing could be done in that time"));
    }
    Ok(timeout)
}

/// Calls at once to an endpoint that says itself when they are too many.
fn default_concurrency() -> NonZeroUsize {
    nonzero(64)
}

/// Whether a URL's host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
