//! Versions of keys: rotation and state.

use supacrypt_core::{Error, KeyName, KeyVersionName, KeyVersionState, Reason, Result};

use super::{
    Keys,
    insert::destroy_unused,
    lifecycle::{new_version, refuse_deleted, refuse_undestroyable, refuse_unmodifiable},
};
use crate::custody::Wanted;
use crate::store::{
    self, KeyRecord, KeyVersionRecord, Page, PageQuery, RequestId, StoredReference, StoredVersion,
    Write,
};

impl Keys {
    /// Rotates a key: makes a version of the same spec and makes it the primary one.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`], [`Reason::KeyDeleted`], [`Reason::ObjectImmutable`],
    /// [`Reason::RequestIdReused`], and those of the custodian.
    pub async fn create_version(
        &self,
        key: &KeyName,
        request: Option<RequestId>,
    ) -> Result<KeyVersionRecord> {
        let before = self.get(key).await?;
        refuse_unmodifiable(&before)?;
        // The number is known inside the transaction only; the custodian does not need it.
        let custodian = self.custodian_for(key.keyring(), before.attributes.flags).await?;
        let KeyRecord { spec, usages, secret_length, .. } = before;
        let wanted = Wanted { spec, usages, secret_length };
        let making = self.making.begin()?;
        let made = new_version(custodian, making.uid(), key.version(1), wanted, None);
        let (mut version, reference) = made.await?;
        match self.insert_version(key, &mut version, &reference, request).await {
            Ok(None) => Ok(version),
            // Nobody will use what was made.
            not_inserted => {
                destroy_unused(custodian, &reference).await;
                not_inserted.map(|twin| twin.unwrap_or(version))
            }
        }
    }

    /// Gives the version that the same request has made before, instead of inserting this one, whose
    /// number is known here only.
    async fn insert_version(
        &self,
        key: &KeyName,
        version: &mut KeyVersionRecord,
        reference: &StoredReference,
        request: Option<RequestId>,
    ) -> Result<Option<KeyVersionRecord>> {
        let mut write = self.store.write().await?;
        if let Some(request) = &request
            && let Some(made) = store::requests::find(&mut write, request).await?
        {
            let twin = store::versions::get(&mut write, &made.parse()?).await?;
            return Ok(Some(twin.version));
        }
        let record = append(&mut write, key, version, reference).await?;
        if let Some(request) = &request {
            store::requests::insert(&mut write, request, &version.name.to_string()).await?;
        }
        self.save(write, record).await?;
        Ok(None)
    }

    /// Reads a version.
    ///
    /// # Errors
    /// [`Reason::KeyVersionNotFound`].
    pub async fn get_version(&self, name: &KeyVersionName) -> Result<StoredVersion> {
        let mut read = self.store.read().await?;
        store::versions::get(&mut read, name).await
    }

    /// Reads a page of the versions of a key, newest first.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`].
    pub async fn list_versions(
        &self,
        key: &KeyName,
        page: &PageQuery,
    ) -> Result<Page<KeyVersionRecord>> {
        let mut read = self.store.read().await?;
        store::keys::get(&mut read, key).await?;
        store::versions::list(&mut read, key, page).await
    }

    /// Enables or disables a version.
    ///
    /// # Errors
    /// [`Reason::KeyVersionNotFound`], [`Reason::KeyDeleted`], [`Reason::KeyVersionDestroyed`], and
    /// those of the custodian, which does not keep the server from refusing.
    pub async fn set_enabled(
        &self,
        name: &KeyVersionName,
        enabled: bool,
    ) -> Result<KeyVersionRecord> {
        let (write, key, mut version) = self.begin_change(name).await?;
        if version.state == KeyVersionState::Destroyed {
            return Err(Error::new(
                Reason::KeyVersionDestroyed,
                format!("{name} was destroyed; that cannot be taken back"),
            ));
        }
        version.state = if enabled { KeyVersionState::Enabled } else { KeyVersionState::Disabled };
        let version = self.save_version(write, key, version).await?;
        // The server refuses already; this is for those who reach the key by another way.
        if let Some(reference) = self.get_version(name).await?.reference {
            let custodian = self.custodian_of(&reference)?;
            custodian.set_enabled(&reference.reference, enabled).await?;
        }
        Ok(version)
    }

    /// Erases the material of a version for good. Doing it twice is no error.
    ///
    /// # Errors
    /// [`Reason::KeyVersionNotFound`], [`Reason::KeyDeleted`], [`Reason::ObjectImmutable`], and those
    /// of the custodian.
    pub async fn destroy_version(&self, name: &KeyVersionName) -> Result<KeyVersionRecord> {
        let key = self.get(name.key()).await?;
        refuse_deleted(&key)?;
        refuse_undestroyable(&key)?;
        // Outside first: were it the other way round and the custodian failed, nobody would know
        // any more what is left there.
        if let Some(reference) = self.get_version(name).await?.reference {
            self.custodian_of(&reference)?.destroy(&reference.reference).await?;
        }
        self.mark_destroyed(name).await
    }

    /// Remembers that the material of a version is gone.
    pub(super) async fn mark_destroyed(&self, name: &KeyVersionName) -> Result<KeyVersionRecord> {
        let (write, key, mut version) = self.begin_change(name).await?;
        version.state = KeyVersionState::Destroyed;
        version.destroy_time = version.destroy_time.or_else(|| Some(store::now()));
        self.save_version(write, key, version).await
    }

    async fn begin_change(
        &self,
        name: &KeyVersionName,
    ) -> Result<(Write, KeyRecord, KeyVersionRecord)> {
        let mut write = self.store.write().await?;
        let version = store::versions::get(&mut write, name).await?.version;
        let key = store::keys::get(&mut write, name.key()).await?;
        refuse_deleted(&key)?;
        Ok((write, key, version))
    }

    async fn save_version(
        &self,
        mut write: Write,
        key: KeyRecord,
        version: KeyVersionRecord,
    ) -> Result<KeyVersionRecord> {
        store::versions::update(&mut write, &version).await?;
        self.save(write, key).await?;
        Ok(version)
    }
}

/// Gives a version the next number of its key, and makes it the primary one: what the key is then, which
/// remains to be saved.
pub(super) async fn append(
    write: &mut Write,
    key: &KeyName,
    version: &mut KeyVersionRecord,
    reference: &StoredReference,
) -> Result<KeyRecord> {
    let mut record = store::keys::get(write, key).await?;
    refuse_deleted(&record)?;
    version.name = key.version(store::versions::highest(write, key).await? + 1);
    store::versions::insert(write, version, reference).await?;
    record.primary = version.clone();
    Ok(record)
}
