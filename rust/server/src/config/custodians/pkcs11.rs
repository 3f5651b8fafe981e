//! `[custodians.NAME]` with `type = "pkcs11"`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{default_timeout, timeout};
use crate::config::sections::{nonzero, path};

/// An HSM, by its PKCS#11 module.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Table")]
pub struct Pkcs11Settings {
    /// The module, a shared library.
    pub module: PathBuf,
    /// Which token.
    pub token: TokenName,
    /// A file with the PIN of the token's user; refused when others can read it.
    pub pin_file: PathBuf,
    /// Most sessions at work at once.
    pub sessions: NonZeroUsize,
    /// Longest time for a call that uses a key.
    pub timeout: Duration,
}

/// What tells a token from others (PKCS#11 v3.1, section 3.2, `CK_TOKEN_INFO`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenName {
    /// Its label.
    Label(String),
    /// Its serial number, where labels do not tell tokens apart.
    Serial(String),
}

/// The keys as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "type")]
    _type: IgnoredAny,
    #[serde(deserialize_with = "path")]
    module: PathBuf,
    token: Option<String>,
    serial: Option<String>,
    #[serde(deserialize_with = "path")]
    pin_file: PathBuf,
    #[serde(default = "default_sessions")]
    sessions: NonZeroUsize,
    #[serde(default = "default_timeout", deserialize_with = "timeout")]
    timeout: Duration,
}

impl TryFrom<Table> for Pkcs11Settings {
    type Error = &'static str;

    fn try_from(table: Table) -> Result<Self, Self::Error> {
        let token = match (table.token, table.serial) {
            (Some(label), None) => TokenName::Label(label),
            (None, Some(serial)) => TokenName::Serial(serial),
            (None, None) => {
                return Err("say which token: `token` is its label, `serial` its number; \
                            `pkcs11-tool --module MODULE --list-slots` shows both");
            }
            (Some(_), Some(_)) => return Err("`token` and `serial` are both there; leave one out"),
        };
        let Table { module, pin_file, sessions, timeout, .. } = table;
        Ok(Pkcs11Settings { module, token, pin_file, sessions, timeout })
    }
}

fn default_sessions() -> NonZeroUsize {
    nonzero(16)
}
