//! Getting the data-wrapping key out of the store.

use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;

use crate::{
    seal::Seal,
    store::{self, Store},
};

/// The data-wrapping key of `store`, unwrapped by `seal`; made and wrapped at the first start. What
/// `previous` wrapped is wrapped by `seal` from now on, and by nothing else.
///
/// # Errors
/// [`Reason::SealUnavailable`] when the seal is not the one the store was made with.
pub async fn unlock(
    store: &Store,
    seal: &dyn Seal,
    previous: Option<&dyn Seal>,
) -> Result<EnvelopeKey> {
    let mut write = store.write().await?;
    let Some((id, wrapped)) = store::wrapping_keys::newest(&mut write).await? else {
        let key = EnvelopeKey::generate()?;
        store::wrapping_keys::insert(&mut write, seal.id(), &seal.wrap(&key).await?).await?;
        store::commit(write).await?;
        return Ok(key);
    };
    let refused = match unwrapped(seal, &id, &wrapped).await {
        Ok(key) => return Ok(key),
        Err(refused) => refused,
    };
    let Some(previous) = previous else { return Err(refused) };
    let key = unwrapped(previous, &id, &wrapped).await?;
    store::wrapping_keys::replace(&mut write, seal.id(), &seal.wrap(&key).await?).await?;
    store::commit(write).await?;
    tracing::info!(
        from = previous.id(),
        to = seal.id(),
        "the store has another seal now; take seal.previous out of the configuration"
    );
    Ok(key)
}

/// What a seal of this name has wrapped.
async fn unwrapped(seal: &dyn Seal, id: &str, wrapped: &[u8]) -> Result<EnvelopeKey> {
    if id == seal.id() {
        return seal.unwrap(wrapped).await;
    }
    Err(Error::new(
        Reason::SealUnavailable,
        format!(
            "the store is sealed by {id:?}, but the configuration names {:?}; to have it sealed by \
             that one, name the other in seal.previous",
            seal.id()
        ),
    ))
}

/// Whether the store has a data-wrapping key, and so must not get a new seal.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub async fn is_sealed(store: &Store) -> Result<bool> {
    let mut read = store.read().await?;
    Ok(store::wrapping_keys::newest(&mut read).await?.is_some())
}
