//! The custodians that this server has, by their names.

use std::sync::Arc;

use supacrypt_core::{Error, Reason, Result};

use super::{Custodian, PublicKeys};

/// The name of the custodian that every server has: keys sealed in the store, used in this process.
pub const SOFTWARE: &str = "software";

/// The name of the custodian for public keys alone, which no keyring chooses.
pub(crate) const PUBLIC: &str = "public";

/// What keyrings can name.
pub struct Custodians {
    named: Vec<Arc<dyn Custodian>>,
    public: PublicKeys,
}

impl Custodians {
    /// Custodians with different names.
    pub fn new(named: Vec<Arc<dyn Custodian>>) -> Custodians {
        Custodians { named, public: PublicKeys }
    }

    /// These and another.
    #[must_use]
    pub fn with(mut self, custodian: Arc<dyn Custodian>) -> Custodians {
        self.named.insert(0, custodian);
        self
    }

    /// All that keyrings can name.
    pub fn all(&self) -> &[Arc<dyn Custodian>] {
        &self.named
    }

    /// The one that keyrings call so.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`] where the configuration has none of that name.
    pub fn get(&self, name: &str) -> Result<&dyn Custodian> {
        let found = self.named.iter().find(|each| each.name() == name);
        found.map(|found| &**found).ok_or_else(|| {
            let names: Vec<_> = self.named.iter().map(|each| each.name()).collect();
            Error::new(
                Reason::CustodianUnavailable,
                format!(
                    "this server is configured for no custodian {name:?}; it has {}",
                    names.join(", ")
                ),
            )
        })
    }

    /// The one that a key version is stored with.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) fn holder(&self, name: &str) -> Result<&dyn Custodian> {
        if name == PUBLIC { Ok(&self.public) } else { self.get(name) }
    }

    /// The one for public keys alone, of whatever keyring.
    pub(crate) fn public(&self) -> &dyn Custodian {
        &self.public
    }
}
