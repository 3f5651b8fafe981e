//! Getting the data keys out of the store.

use std::sync::Arc;

use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;

use super::data_keys::DataKey;
use crate::seal::Seal;
use crate::store::{self, Store, WrappedKey, Write};

/// The data keys of `store`, oldest first, unwrapped by `seal`; the first is made and wrapped here. What
/// `previous` wrapped is wrapped by `seal` from now on, and by nothing else.
pub(super) async fn unlock(
    store: &Store,
    seal: &dyn Seal,
    previous: Option<&dyn Seal>,
) -> Result<Vec<DataKey>> {
    let mut write = store.write().await?;
    let stored = store::wrapping_keys::all(&mut write).await?;
    if stored.is_empty() {
        let key = EnvelopeKey::generate()?;
        let wrapped = seal.wrap(&key).await?;
        let id = store::wrapping_keys::insert(&mut write, seal.id(), &wrapped).await?;
        store::commit(write).await?;
        return Ok(vec![DataKey { id, key: Arc::new(key) }]);
    }
    let refused = match unwrapped(seal, &stored).await {
        Ok(keys) => return Ok(keys),
        Err(refused) => refused,
    };
    let Some(previous) = previous else { return Err(refused) };
    let keys = unwrapped(previous, &stored).await?;
    let wrapped = wrapped_by(seal, &keys).await?;
    replace(&mut write, seal, wrapped).await?;
    store::commit(write).await?;
    tracing::info!(
        from = previous.id(),
        to = seal.id(),
        "the store has another seal now; take seal.previous out of the configuration"
    );
    Ok(keys)
}

/// What a seal of this name has wrapped.
async fn unwrapped(seal: &dyn Seal, stored: &[WrappedKey]) -> Result<Vec<DataKey>> {
    let mut keys = Vec::with_capacity(stored.len());
    for WrappedKey { id, seal: name, wrapped, .. } in stored {
        if name != seal.id() {
            let message = format!(
                "the store is sealed by {name:?}, but the configuration names {:?}; to have it sealed \
                 by that one, name the other in seal.previous",
                seal.id()
            );
            return Err(Error::new(Reason::SealUnavailable, message));
        }
        keys.push(DataKey { id: *id, key: Arc::new(seal.unwrap(wrapped).await?) });
    }
    Ok(keys)
}

/// All data keys, wrapped by another seal.
pub(super) async fn wrapped_by(seal: &dyn Seal, keys: &[DataKey]) -> Result<Vec<(u32, Vec<u8>)>> {
    let mut wrapped = Vec::with_capacity(keys.len());
    for key in keys {
        wrapped.push((key.id, seal.wrap(&key.key).await?));
    }
    Ok(wrapped)
}

/// Has what `seal` wrapped take the place of what another seal did, which is erased.
pub(super) async fn replace(
    write: &mut Write,
    seal: &dyn Seal,
    wrapped: Vec<(u32, Vec<u8>)>,
) -> Result<()> {
    for (id, wrapped) in wrapped {
        store::wrapping_keys::replace(write, id, seal.id(), &wrapped).await?;
    }
    Ok(())
}

/// Whether the store has a data key, and so must not get a new seal.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub async fn is_sealed(store: &Store) -> Result<bool> {
    let mut read = store.read().await?;
    Ok(!store::wrapping_keys::all(&mut read).await?.is_empty())
}
