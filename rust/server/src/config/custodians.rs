//! The custodians that the configuration adds: `[custodians.NAME]`.

mod aws;
mod azure;
mod pkcs11;

use std::time::Duration;

use figment::Figment;
use serde::Deserialize;
use supacrypt_core::{Error, Reason, ResourceId, Result};

pub use aws::AwsSettings;
pub use azure::{AzureCredential, AzureSettings};
pub use pkcs11::{Pkcs11Settings, TokenName};

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
