//! `[seal]`: what protects the keys at rest.

use std::path::PathBuf;
use std::time::Duration;

use jiff::fmt::serde::unsigned_duration::friendly::compact::optional as optional_duration;
use serde::Deserialize;
use supacrypt_core::{Error, Reason, Result};

use super::sections::optional_path;

/// What protects the keys at rest.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Table")]
pub struct SealSettings {
    /// The seal that the store has, or gets at the next start.
    pub now: SealChoice,
    /// The seal that the store has had, where `now` shall take its place.
    pub previous: Option<SealChoice>,
    /// The age at which a data key is replaced.
    pub rotate_after: Duration,
}

impl Default for SealSettings {
    fn default() -> Self {
        SealSettings { now: SealChoice::default(), previous: None, rotate_after: rotate_after() }
    }
}

/// 90 days.
fn rotate_after() -> Duration {
    Duration::from_secs(90 * 24 * 60 * 60)
}

/// A seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealChoice {
    /// A secret in a file: for development, or a disk that is encrypted. Made at the first start.
    File {
        /// `seal.key` in the data directory when `None`.
        path: Option<PathBuf>,
    },
    /// A passphrase, which the server reads from a file.
    Passphrase {
        /// The file.
        path: PathBuf,
    },
    /// A key that a custodian holds.
    Custodian {
        /// The name of the custodian, another than the software one.
        custodian: String,
        /// What the custodian knows the key by.
        key: String,
    },
}

impl Default for SealChoice {
    fn default() -> Self {
        SealChoice::File { path: None }
    }
}

/// The keys as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    r#type: Type,
    #[serde(default, deserialize_with = "optional_path")]
    path: Option<PathBuf>,
    custodian: Option<String>,
    key: Option<String>,
    previous: Option<Box<Table>>,
    #[serde(default, with = "optional_duration")]
    rotate_after: Option<Duration>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    #[default]
    File,
    Passphrase,
    Custodian,
}

impl TryFrom<Table> for SealSettings {
    type Error = &'static str;

    fn try_from(mut table: Table) -> Result<Self, Self::Error> {
        let previous = table.previous.take().map(|previous| match *previous {
            Table { previous: Some(_), .. } => Err("seal.previous.previous: one at a time"),
            Table { rotate_after: Some(_), .. } => {
                Err("seal.previous.rotate_after: it is for the seal that the store gets")
            }
            previous => SealChoice::try_from(previous),
        });
        let rotate_after = table.rotate_after.take().unwrap_or_else(rotate_after);
        if rotate_after.is_zero() {
            return Err("seal.rotate_after is zero; each data key would be replaced at once");
        }
        Ok(SealSettings { now: table.try_into()?, previous: previous.transpose()?, rotate_after })
    }
}

impl SealSettings {
    /// Checks that the custodians it names are among those there are.
    ///
    /// # Errors
    /// [`Reason::Configuration`].
    pub(super) fn check<'a>(&self, names: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
        for choice in self.previous.iter().chain([&self.now]) {
            if let SealChoice::Custodian { custodian, .. } = choice
                && !names.clone().any(|name| name == custodian)
            {
                let message = format!(
                    "seal.custodian: there is no [custodians.{custodian}]; what seals the store \
                     cannot be the software custodian, which the seal opens"
                );
                return Err(Error::new(Reason::Configuration, message).in_field("seal.custodian"));
            }
        }
        Ok(())
    }
}

impl TryFrom<Table> for SealChoice {
    type Error = &'static str;

    fn try_from(table: Table) -> Result<Self, Self::Error> {
        match (table.r#type, table.path, table.custodian, table.key) {
            (Type::File, path, None, None) => Ok(SealChoice::File { path }),
            (Type::Passphrase, Some(path), None, None) => Ok(SealChoice::Passphrase { path }),
            (Type::Passphrase, None, None, None) => {
                Err("seal.path is missing; name the file that has the passphrase")
            }
            (Type::Custodian, None, Some(custodian), Some(key)) => {
                Ok(SealChoice::Custodian { custodian, key })
            }
            (Type::Custodian, None, _, _) => {
                Err("name the custodian by seal.custodian, and its key by seal.key")
            }
            (Type::Custodian, Some(_), _, _) => Err("seal.path is not for seals of this type"),
            (Type::File | Type::Passphrase, ..) => {
                Err("seal.custodian and seal.key are for `type = \"custodian\"`")
            }
        }
    }
}
