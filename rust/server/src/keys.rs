//! Keys: their life from creation to purge, and the quick way to one that is ready for use.

mod adopt;
mod cache;
mod insert;
mod lifecycle;
mod making;
mod purge;
mod reconcile;
mod unwrap;
mod versions;
mod wrap;

use std::sync::Arc;

use supacrypt_core::{KeyFlags, KeyName, KeyringName, Result};

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
    cache: cache::Cache,
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
        let (cache, making) = (cache::Cache::new(cached_keys), making::MakingSet::default());
        Keys { store, custodians, cache, watchers, making }
    }

    /// Commits a change of `key`, after which no one is served from what was before.
    async fn commit(&self, write: Write, key: &KeyName, versions: u32) -> Result<()> {
        store::commit(write).await?;
        self.cache.forget(key, versions);
        self.watchers.key_changed(key);
        Ok(())
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
