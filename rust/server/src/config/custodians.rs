//! The custodians that the configuration adds: `[custodians.NAME]`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde::Deserialize;
use supacrypt_core::{Error, Reason, ResourceId, Result};

use super::sections::{nonzero, path};
use crate::custody::{PUBLIC, SOFTWARE};

/// Names that mean something already.
const TAKEN: [&str; 2] = [SOFTWARE, PUBLIC];

/// One custodian beside the software one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodianSettings {
    /// Which kind.
    pub r#type: CustodianType,
    /// The PKCS#11 module, a shared library.
    #[serde(deserialize_with = "path")]
    pub module: PathBuf,
    /// The label of the token (PKCS#11 v3.1, section 3.2, `CK_TOKEN_INFO`).
    #[serde(default)]
    pub token: Option<String>,
    /// The serial number of the token, where labels do not tell tokens apart.
    #[serde(default)]
    pub serial: Option<String>,
    /// A file with the PIN of the token's user; refused when others can read it.
    #[serde(deserialize_with = "path")]
    pub pin_file: PathBuf,
    /// Most sessions at work at once.
    #[serde(default = "default_sessions")]
    pub sessions: NonZeroUsize,
}

/// The kinds of custodians that can be configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CustodianType {
    /// An HSM, by its PKCS#11 module.
    Pkcs11,
}

impl CustodianSettings {
    /// Checks what types cannot say.
    pub(super) fn check(&self, name: &str) -> Result<()> {
        let refuse = |message| {
            let key = format!("custodians.{name}");
            let message = format!("{key}: {message}");
            Err(Error::new(Reason::Configuration, message).in_field(key))
        };
        if let Err(error) = name.parse::<ResourceId>() {
            return refuse(format!("{error}; rename the table"));
        }
        if TAKEN.contains(&name) {
            return refuse("every server has a custodian of this name; rename the table".into());
        }
        match (&self.token, &self.serial) {
            (Some(_), None) | (None, Some(_)) => Ok(()),
            (None, None) => refuse(
                "say which token: `token` is its label, `serial` its number; `pkcs11-tool \
                 --module MODULE --list-slots` shows both"
                    .into(),
            ),
            (Some(_), Some(_)) => {
                refuse("`token` and `serial` are both there; leave one out".into())
            }
        }
    }
}

fn default_sessions() -> NonZeroUsize {
    nonzero(16)
}
