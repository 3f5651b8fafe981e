//! Getting the data keys out of the store.

use std::sync::Arc;

use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::{envelope::EnvelopeKey, is_equal};

use crate::data_keys::DataKey;
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
        let wrapped = wrapped(seal, &key).await?;
        let id = store::wrapping_keys::insert(&mut write, seal.id(), &wrapped).await?;
        store::commit(write).await?;
        return Ok(vec![DataKey { id, key: Arc::new(key) }]);
    }
    let (keys, by_previous) = unwrapped(&stored, seal, previous).await?;
    let Some(previous) = previous.filter(|_| by_previous) else { return Ok(keys) };
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

/// What `seal` has wrapped, or else `previous`, and whether that was one. Two of the same name are told apart
/// by trying.
pub(super) async fn unwrapped(
    stored: &[WrappedKey],
    seal: &dyn Seal,
    previous: Option<&dyn Seal>,
) -> Result<(Vec<DataKey>, bool)> {
    let (mut keys, mut by_previous) = (Vec::with_capacity(stored.len()), false);
    for WrappedKey { id, seal: name, wrapped, .. } in stored {
        let mut opened = Err(Error::new(
            Reason::SealUnavailable,
            format!(
                "the store is sealed by {name:?}, but the configuration names {:?}; to have it sealed \
                 by that one, name the other in seal.previous",
                seal.id()
            ),
        ));
        if seal.id() == name {
            opened = seal.unwrap(wrapped).await;
        }
        if let Some(previous) = previous.filter(|previous| opened.is_err() && previous.id() == name)
        {
            opened = previous.unwrap(wrapped).await;
            by_previous = true;
        }
        keys.push(DataKey { id: *id, key: Arc::new(opened?) });
    }
    Ok((keys, by_previous))
}

/// A data key, wrapped by a seal that also unwraps it: otherwise that would be found out at the next start.
pub(super) async fn wrapped(seal: &dyn Seal, key: &EnvelopeKey) -> Result<Vec<u8>> {
    let wrapped = seal.wrap(key).await?;
    let unwrapped = seal.unwrap(&wrapped).await?;
    if is_equal(unwrapped.as_bytes(), key.as_bytes()) {
        return Ok(wrapped);
    }
    let message = format!("{} does not give back what it wraps; nothing was changed", seal.id());
    Err(Error::new(Reason::SealUnavailable, message))
}

/// All data keys, wrapped by another seal.
pub(super) async fn wrapped_by(seal: &dyn Seal, keys: &[DataKey]) -> Result<Vec<(u32, Vec<u8>)>> {
    let mut all = Vec::with_capacity(keys.len());
    for key in keys {
        all.push((key.id, wrapped(seal, &key.key).await?));
    }
    Ok(all)
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
