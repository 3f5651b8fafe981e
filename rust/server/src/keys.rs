//! Keys: their life from creation to purge, and the quick way to one that is ready for use.

mod cache;
mod lifecycle;
mod purge;
mod unlock;
mod unwrap;
mod versions;
mod wrap;

use std::sync::Arc;

use supacrypt_core::{Error, KeyName, Reason, Result};

pub use cache::UsableVersion;
pub use lifecycle::{KeyChange, NewKey};
pub use unlock::{is_sealed, unlock};
pub use unwrap::Unwrapping;
pub use wrap::{Wrapping, WrappingKey};

use crate::{
    custody::{Custodian, PublicKeys},
    store::{Store, StoredReference, Write},
    watch::Watchers,
};

/// The keys of a store and the custodian that makes new ones.
pub struct Keys {
    store: Arc<Store>,
    custodian: Arc<dyn Custodian>,
    cache: cache::Cache,
    watchers: Arc<Watchers>,
}

impl Keys {
    /// Keys of `store`, made and opened by `custodian`; at most `cached_keys` are kept open.
    pub fn new(
        store: Arc<Store>,
        custodian: Arc<dyn Custodian>,
        cached_keys: u64,
        watchers: Arc<Watchers>,
    ) -> Self {
        Keys { store, custodian, cache: cache::Cache::new(cached_keys), watchers }
    }

    /// Commits a change of `key`, after which no one is served from what was before.
    async fn commit(&self, write: Write, key: &KeyName, versions: u32) -> Result<()> {
        crate::store::commit(write).await?;
        self.cache.forget(key, versions);
        self.watchers.key_changed(key);
        Ok(())
    }

    /// The custodian that a version is stored with.
    fn custodian_of(&self, reference: &StoredReference) -> Result<&dyn Custodian> {
        let all: [&dyn Custodian; 2] = [&*self.custodian, &PublicKeys];
        if let Some(found) = all.into_iter().find(|each| each.id() == reference.custodian) {
            return Ok(found);
        }
        Err(Error::new(
            Reason::CustodianUnavailable,
            format!(
                "the key is held by the custodian {:?}, which this server is not configured for",
                reference.custodian
            ),
        ))
    }
}

#[cfg(test)]
mod tests;
