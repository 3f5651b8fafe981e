//! Getting the data-wrapping key out of the store.

use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;

use crate::{
    seal::Seal,
    store::{self, Store},
};

/// The data-wrapping key of `store`, unwrapped by `seal`; made and wrapped at the first start.
///
/// # Errors
/// [`Reason::SealUnavailable`] when the seal is not the one the store was made with.
pub async fn unlock(store: &Store, seal: &dyn Seal) -> Result<EnvelopeKey> {
    let mut write = store.write().await?;
    if let Some((id, wrapped)) = store::wrapping_keys::newest(&mut write).await? {
        if id != seal.id() {
            return Err(Error::new(
                Reason::SealUnavailable,
                format!(
                    "the store is sealed by {id:?}, but the configuration names {:?}",
                    seal.id()
                ),
            ));
        }
        return seal.unwrap(&wrapped).await;
    }
    let key = EnvelopeKey::generate()?;
    store::wrapping_keys::insert(&mut write, seal.id(), &seal.wrap(&key).await?).await?;
    store::commit(write).await?;
    Ok(key)
}

/// Whether the store has a data-wrapping key, and so must not get a new seal.
///
/// # Errors
/// [`Reason::StoreUnavailable`].
pub async fn is_sealed(store: &Store) -> Result<bool> {
    let mut read = store.read().await?;
    Ok(store::wrapping_keys::newest(&mut read).await?.is_some())
}
