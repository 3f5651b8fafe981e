//! Keeping what is secret in the store sealed: by data keys, which a seal wraps.
//!
//! Data keys are replaced from time to time. What an older one has sealed is sealed anew, a few values at
//! a time, while the server serves; once there is nothing left of it, and nobody can still be about to
//! store something, the older one is erased. A server that is killed meanwhile goes on at its next start.

mod data_keys;
mod reseal;
mod unlock;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use supacrypt_core::Result;
use supacrypt_crypto::envelope::EnvelopeKey;
use tokio::sync::{Mutex, Notify};

pub use data_keys::DataKeys;
pub use unlock::is_sealed;

use self::data_keys::DataKey;
use crate::seal::Seal;
use crate::store::{self, Store, WrappedKey};

/// How long older data keys are kept at least: longer than any request that may have sealed something by
/// one and not stored it yet.
const KEPT: Duration = Duration::from_secs(600);

/// The data keys of a store, and the seal that wraps them.
pub struct Sealing {
    store: Arc<Store>,
    keys: Arc<DataKeys>,
    /// Held while it or the data keys change.
    seal: Mutex<Arc<dyn Seal>>,
    kept: Duration,
    /// Told when there is something to seal anew.
    work: Notify,
}

/// How a store is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealState {
    /// The name of the seal.
    pub seal: String,
    /// Data keys in the store: more than one while values are sealed anew.
    pub data_keys: usize,
    /// When the newest was made.
    pub newest: Timestamp,
    /// Sealed values in the store.
    pub values: u64,
    /// Those of them that an older data key has sealed.
    pub outdated: u64,
}

impl Sealing {
    /// Opens the data keys of `store` by `seal`, and makes the first one. What `previous` wrapped is
    /// wrapped by `seal` from now on, and by nothing else.
    ///
    /// # Errors
    /// [`Reason::SealUnavailable`](supacrypt_core::Reason::SealUnavailable) when the seal is not the one
    /// that the store has.
    pub async fn open(
        store: Arc<Store>,
        seal: Arc<dyn Seal>,
        previous: Option<&dyn Seal>,
    ) -> Result<Sealing> {
        let keys = unlock::unlock(&store, &*seal, previous).await?;
        let keys = Arc::new(DataKeys::new(keys));
        Ok(Sealing { store, keys, seal: Mutex::new(seal), kept: KEPT, work: Notify::new() })
    }

    /// The data keys.
    pub fn keys(&self) -> &Arc<DataKeys> {
        &self.keys
    }

    /// Makes a new data key, which seals from now on.
    ///
    /// # Errors
    /// Those of the seal and the store.
    pub async fn rotate(&self) -> Result<()> {
        let seal = self.seal.lock().await;
        let key = EnvelopeKey::generate()?;
        // Before the store is locked: the seal may be far away.
        let wrapped = seal.wrap(&key).await?;
        let mut write = self.store.write().await?;
        let id = store::wrapping_keys::insert(&mut write, seal.id(), &wrapped).await?;
        store::commit(write).await?;
        let mut keys = Vec::clone(&self.keys.all());
        keys.push(DataKey { id, key: Arc::new(key) });
        self.keys.replace(keys);
        self.work.notify_one();
        tracing::info!(data_key = id, "a new data key seals from now on");
        Ok(())
    }

    /// Waits until there is a new data key.
    pub async fn rotated(&self) {
        self.work.notified().await;
    }

    /// Makes a new data key when the newest is older than `lifetime`.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub async fn rotate_after(&self, lifetime: Duration) -> Result<()> {
        let newest = self.newest().await?;
        if age(newest.create_time) < lifetime { Ok(()) } else { self.rotate().await }
    }

    /// Has another seal wrap the data keys, and nothing else.
    ///
    /// # Errors
    /// Those of the seal and the store; the store keeps its seal then.
    pub async fn change(&self, new: Arc<dyn Seal>) -> Result<()> {
        let mut seal = self.seal.lock().await;
        let keys = self.keys.all();
        let wrapped = unlock::wrapped_by(&*new, &keys).await?;
        let mut write = self.store.write().await?;
        unlock::replace(&mut write, &*new, wrapped).await?;
        store::commit(write).await?;
        tracing::info!(from = seal.id(), to = new.id(), "the store has another seal");
        *seal = new;
        Ok(())
    }

    /// How the store is sealed.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable).
    pub async fn state(&self) -> Result<SealState> {
        let newest = self.newest().await?;
        let mut read = self.store.read().await?;
        let (values, outdated) = store::sealed::count(&mut read, &self.keys.current()).await?;
        let data_keys = self.keys.all().len();
        Ok(SealState { seal: newest.seal, data_keys, newest: newest.create_time, values, outdated })
    }

    async fn newest(&self) -> Result<WrappedKey> {
        let mut read = self.store.read().await?;
        let mut all = store::wrapping_keys::all(&mut read).await?;
        Ok(all.pop().expect("invariant: a store that is open has a data key"))
    }
}

fn age(time: Timestamp) -> Duration {
    Duration::try_from(Timestamp::now().duration_since(time)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
