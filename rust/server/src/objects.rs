//! Objects: certificates and data of applications, from creation to deletion.

mod change;
mod create;

use std::sync::Arc;

use supacrypt_core::{Error, KeyringName, ObjectName, Reason, Result};

pub use change::{CertificateChange, DataChange, ObjectChange};
pub use create::{NewContent, NewObject};

use crate::{
    data_keys::DataKeys,
    store::{self, ObjectFilter, ObjectRecord, Page, PageQuery, Store, Write},
    watch::Watchers,
};

/// The objects of a store.
pub struct Objects {
    store: Arc<Store>,
    /// Seals data at rest.
    keys: Arc<DataKeys>,
    watchers: Arc<Watchers>,
}

impl Objects {
    /// Objects of `store`, whose data `keys` seal.
    pub fn new(store: Arc<Store>, keys: Arc<DataKeys>, watchers: Arc<Watchers>) -> Self {
        Objects { store, keys, watchers }
    }

    /// Reads an object.
    ///
    /// # Errors
    /// [`Reason::ObjectNotFound`]; [`Reason::SealUnavailable`] when data does not open.
    pub async fn get(&self, name: &ObjectName) -> Result<ObjectRecord> {
        let mut read = self.store.read().await?;
        store::objects::get(&mut read, &self.keys, name).await
    }

    /// Reads a page of the objects of a keyring.
    ///
    /// # Errors
    /// [`Reason::SealUnavailable`] when data does not open.
    pub async fn list(
        &self,
        keyring: &KeyringName,
        filter: &ObjectFilter,
        page: &PageQuery,
    ) -> Result<Page<ObjectRecord>> {
        let mut read = self.store.read().await?;
        store::objects::list(&mut read, &self.keys, keyring, filter, page).await
    }

    /// Deletes an object for good. A non-empty `etag` must be the current one.
    ///
    /// # Errors
    /// [`Reason::ObjectNotFound`], [`Reason::ObjectImmutable`], [`Reason::EtagMismatch`].
    pub async fn delete(&self, name: &ObjectName, etag: &str) -> Result<()> {
        let mut write = self.store.write().await?;
        let object = store::objects::get(&mut write, &self.keys, name).await?;
        store::check_etag(name, &object.etag, etag)?;
        if !object.destroyable {
            return Err(immutable(&object, "it can never be deleted"));
        }
        store::objects::delete(&mut write, name).await?;
        self.commit(write, name).await
    }

    /// Commits a change of `object` and tells of it.
    async fn commit(&self, write: Write, object: &ObjectName) -> Result<()> {
        store::commit(write).await?;
        self.watchers.object_changed(object);
        Ok(())
    }
}

/// The refusal of what the object's maker ruled out.
fn immutable(object: &ObjectRecord, what: &str) -> Error {
    Error::new(Reason::ObjectImmutable, format!("{} was made so that {what}", object.name))
}

#[cfg(test)]
mod tests;
