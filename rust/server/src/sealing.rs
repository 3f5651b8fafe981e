//! Keeping what is secret in the store sealed: by data keys, which a seal wraps.
//!
//! Data keys are replaced from time to time. What an older one has sealed is sealed anew, a few values at
//! a time, while the server serves; once there is nothing left of it, and nobody can still be about to
//! store something, the older one is erased. A server that is killed meanwhile goes on at its next start.

mod reseal;
mod unlock;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;
use tokio::sync::{Mutex, Notify};

pub use unlock::is_sealed;

use crate::data_keys::{DataKey, DataKeys};
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
    current: Mutex<Current>,
    kept: Duration,
    /// Told when there is something to seal anew.
    work: Notify,
}

struct Current {
    seal: Arc<dyn Seal>,
    /// Since when the newest data key seals, as far as this process knows: by a clock that nobody sets.
    since: Instant,
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
        let current = Mutex::new(Current { seal, since: Instant::now() });
        Ok(Sealing { store, keys, current, kept: KEPT, work: Notify::new() })
    }

    /// The data keys.
    pub fn keys(&self) -> &Arc<DataKeys> {
        &self.keys
    }

    /// Makes a new data key, which seals from now on. Done to its end also when the caller does not wait.
    ///
    /// # Errors
    /// Those of the seal and the store.
    pub async fn rotate(self: &Arc<Self>) -> Result<()> {
        let sealing = Arc::clone(self);
        to_the_end(async move { sealing.rotate_now().await }).await
    }

    async fn rotate_now(&self) -> Result<()> {
        let mut current = self.current.lock().await;
        let key = EnvelopeKey::generate()?;
        // Before the store is locked: the seal may be far away.
        let wrapped = unlock::wrapped(&*current.seal, &key).await?;
        let mut write = self.store.write().await?;
        let id = store::wrapping_keys::insert(&mut write, current.seal.id(), &wrapped).await?;
        store::commit(write).await?;
        let mut keys = Vec::clone(&self.keys.all());
        keys.push(DataKey { id, key: Arc::new(key) });
        self.keys.replace(keys);
        current.since = Instant::now();
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
    pub async fn rotate_after(self: &Arc<Self>, lifetime: Duration) -> Result<()> {
        let newest = self.newest().await?;
        if age(newest.create_time) < lifetime { Ok(()) } else { self.rotate().await }
    }

    /// Has another seal wrap the data keys, and nothing else. Done to its end also when the caller does not
    /// wait.
    ///
    /// # Errors
    /// Those of the seals and the store; the store keeps its seal then.
    pub async fn change(self: &Arc<Self>, new: Arc<dyn Seal>) -> Result<()> {
        let sealing = Arc::clone(self);
        to_the_end(async move { sealing.change_now(new).await }).await
    }

    async fn change_now(&self, new: Arc<dyn Seal>) -> Result<()> {
        let mut current = self.current.lock().await;
        // Those of the store, and not those that are known here: of a commit that failed it is not known
        // whether it did.
        let stored = store::wrapping_keys::all(&mut *self.store.read().await?).await?;
        let (keys, _) = unlock::unwrapped(&stored, &*current.seal, None).await?;
        let wrapped = unlock::wrapped_by(&*new, &keys).await?;
        let mut write = self.store.write().await?;
        unlock::replace(&mut write, &*new, wrapped).await?;
        store::commit(write).await?;
        tracing::info!(from = current.seal.id(), to = new.id(), "the store has another seal");
        current.seal = new;
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

/// Does something to its end, whether anybody waits for it or not.
async fn to_the_end(work: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let interrupted = |_| Err(Error::new(Reason::Internal, "a change of the seal was interrupted"));
    tokio::spawn(work).await.unwrap_or_else(interrupted)
}

fn age(time: Timestamp) -> Duration {
    Duration::try_from(Timestamp::now().duration_since(time)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
