//! Keys: their life from creation to purge, and the quick way to one that is ready for use.

mod adopt;
mod cache;
mod follow;
mod insert;
mod lifecycle;
mod making;
mod purge;
mod reconcile;
mod repair;
mod unwrap;
mod versions;
mod wrap;

use std::sync::Arc;

use supacrypt_core::{Error, KeyFlags, KeyName, KeyringName, Reason, Result};

pub use cache::UsableVersion;
pub use lifecycle::{KeyChange, NewKey};
pub use reconcile::{Comparison, Difference};
pub use unwrap::Unwrapping;
pub use wrap::{Wrapping, WrappingKey};

use crate::{
    custody::{Custodian, Custodians},
    store::{self, Store, StoredReference, Write},
    watch::Watchers,
};

/// The keys of a store and the custodians that hold them.
pub struct Keys {
    store: Arc<Store>,
    custodians: Arc<Custodians>,
    cache: Arc<cache::Cache>,
    watchers: Arc<Watchers>,
    making: making::MakingSet,
}

impl Keys {
    /// Keys of `store`, made and opened by `custodians`; at most `cached_keys` are kept open.
    pub fn new(
        store: Arc<Store>,
        custodians: Arc<Custodians>,
        cached_keys: u64,
        watchers: Arc<Watchers>,
    ) -> Self {
        let cache = Arc::new(cache::Cache::new(cached_keys));
        let making = making::MakingSet::default();
        Keys { store, custodians, cache, watchers, making }
    }

    /// Commits a change of `key`, after which no one is served from what was before: also when the caller
    /// does not wait, since the store may have it then.
    async fn commit(&self, write: Write, key: &KeyName, versions: u32) -> Result<()> {
        let (cache, watchers) = (Arc::clone(&self.cache), Arc::clone(&self.watchers));
        let key = key.clone();
        let committed = tokio::spawn(async move {
            let committed = store::commit(write).await;
            cache.forget(&key, versions);
            watchers.key_changed(&key);
            committed
        });
        let interrupted = |_| Err(Error::new(Reason::Internal, "a change was interrupted"));
        committed.await.unwrap_or_else(interrupted)
    }

    /// The custodians that there are.
    pub fn custodians(&self) -> &Custodians {
        &self.custodians
    }

    /// The custodian that a version is stored with.
    fn custodian_of(&self, reference: &StoredReference) -> Result<&dyn Custodian> {
        self.custodians.holder(&reference.custodian)
    }

    /// Whose a new key of a keyring becomes.
    async fn custodian_for(
        &self,
        keyring: &KeyringName,
        flags: KeyFlags,
    ) -> Result<&dyn Custodian> {
        if flags.contains(KeyFlags::PUBLIC_ONLY) {
            return Ok(self.custodians.public());
        }
        let name = {
            let mut read = self.store.read().await?;
            store::keyrings::custodian(&mut read, keyring).await?
        };
        let custodian = self.custodians.get(&name)?;
        custodian.ready().await?;
        Ok(custodian)
    }
}

#[cfg(test)]
mod tests;
