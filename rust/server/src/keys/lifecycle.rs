//! Making, reading, changing and deleting keys.

use std::{collections::BTreeMap, time::Duration};

use supacrypt_core::{
    Error, KeyAttributes, KeyAttributesChange, KeyFlags, KeyName, KeySpec, KeyUsages,
    KeyVersionName, KeyVersionState, KeyringName, Origin, Reason, ResourceId, Result,
};

use super::Keys;
use crate::{
    custody::{Custodian, NewMaterial, Wanted},
    new_id::id_from_label,
    store::{
        self, KeyFilter, KeyRecord, KeyVersionRecord, Page, PageQuery, RequestId, StoredReference,
    },
};

/// What a new key shall be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The keyring it belongs in.
    pub keyring: KeyringName,
    /// Its id; made from the label when `None`.
    pub id: Option<ResourceId>,
    /// Text for people.
    pub label: String,
    /// Ties the key to a certificate.
    pub object_id: Vec<u8>,
    /// What the key is.
    pub spec: KeySpec,
    /// What it may be used for; what is usual for the spec when empty.
    pub usages: KeyUsages,
    /// Bytes of the secret, for a spec that leaves that open; the usual when `None`.
    pub secret_length: Option<u32>,
    /// What is known of it for its applications' sake; the server decides on
    /// [`KeyFlags::NEVER_EXTRACTABLE`].
    pub attributes: KeyAttributes,
    /// Free text by free name.
    pub annotations: BTreeMap<String, String>,
}

/// What changes in a key; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyChange {
    /// Text for people.
    pub label: Option<String>,
    /// Ties the key to a certificate.
    pub object_id: Option<Vec<u8>>,
    /// All annotations, replacing those before.
    pub annotations: Option<BTreeMap<String, String>>,
    /// The version that new operations use.
    pub primary_version: Option<u32>,
    /// What changes for its applications' sake.
    pub attributes: KeyAttributesChange,
}

impl Keys {
    /// Makes a key with its first version.
    ///
    /// # Errors
    /// [`Reason::AlreadyExists`], [`Reason::KeyringNotFound`], [`Reason::RequestIdReused`],
    /// [`Reason::InvalidArgument`] for usages that the spec does not have, and those of the
    /// custodian.
    pub async fn create(&self, new: NewKey, request: Option<RequestId>) -> Result<KeyRecord> {
        self.add(new, None, request).await
    }

    /// Makes a key from material that exists elsewhere: DER PKCS#8, the bytes of a secret, or for a
    /// public key alone DER `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// As [`create`](Self::create), and [`Reason::InvalidKeyMaterial`].
    pub async fn import(
        &self,
        new: NewKey,
        material: &[u8],
        request: Option<RequestId>,
    ) -> Result<KeyRecord> {
        self.add(new, Some(material), request).await
    }

    async fn add(
        &self,
        new: NewKey,
        material: Option<&[u8]>,
        request: Option<RequestId>,
    ) -> Result<KeyRecord> {
        let secret_length = secret_length(&new, material)?;
        // Looked up before the costly part; again inside the transaction, for a twin in flight.
        if let Some(made) = self.made_by(request.as_ref()).await? {
            return Ok(made);
        }
        let id = new.id.clone().map_or_else(|| id_from_label(&new.label, "key"), Ok)?;
        let name = new.keyring.key(id);
        let custodian = self.custodian_for(&new.keyring, new.attributes.flags).await?;
        let usages = usages(&new, custodian)?;
        let wanted = Wanted { spec: new.spec, usages, secret_length };
        let made = new_version(custodian, name.version(1), wanted, material);
        let (version, reference) = made.await?;
        let key = KeyRecord {
            name: name.clone(),
            label: new.label,
            object_id: new.object_id,
            spec: new.spec,
            usages,
            secret_length,
            attributes: attributes(new.attributes, version.origin),
            annotations: new.annotations,
            etag: store::new_etag()?,
            create_time: version.create_time,
            update_time: version.create_time,
            purge_time: None,
            primary: version,
        };
        let mut write = self.store.write().await?;
        if let Some(request) = &request {
            if let Some(made) = store::requests::find(&mut write, request).await? {
                let twin = store::keys::get(&mut write, &made.parse()?).await;
                drop(write);
                custodian.destroy(&reference.reference).await?;
                return twin;
            }
            store::requests::insert(&mut write, request, &name.to_string()).await?;
        }
        let inserted = match store::keys::insert(&mut write, &key).await {
            Ok(()) => store::versions::insert(&mut write, &key.primary, &reference).await,
            Err(error) => Err(error),
        };
        if let Err(error) = inserted {
            drop(write);
            custodian.destroy(&reference.reference).await?;
            return Err(error);
        }
        self.commit(write, &name, 1).await?;
        Ok(key)
    }

    /// What the same request made when it came before.
    pub(super) async fn made_by(&self, request: Option<&RequestId>) -> Result<Option<KeyRecord>> {
        let Some(request) = request else { return Ok(None) };
        let mut read = self.store.read().await?;
        match store::requests::find(&mut read, request).await? {
            Some(made) => store::keys::get(&mut read, &made.parse()?).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads a key, deleted or not.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`].
    pub async fn get(&self, name: &KeyName) -> Result<KeyRecord> {
        let mut read = self.store.read().await?;
        store::keys::get(&mut read, name).await
    }

    /// Reads a page of the keys of a keyring.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`].
    pub async fn list(
        &self,
        keyring: &KeyringName,
        filter: &KeyFilter,
        page: &PageQuery,
    ) -> Result<Page<KeyRecord>> {
        let mut read = self.store.read().await?;
        store::keys::list(&mut read, keyring, filter, page).await
    }

    /// Changes a key. A non-empty `etag` must be the current one.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`], [`Reason::KeyDeleted`], [`Reason::KeyVersionNotFound`],
    /// [`Reason::ObjectImmutable`], [`Reason::EtagMismatch`].
    pub async fn update(&self, name: &KeyName, change: KeyChange, etag: &str) -> Result<KeyRecord> {
        let mut write = self.store.write().await?;
        let mut key = store::keys::get(&mut write, name).await?;
        store::check_etag(name, &key.etag, etag)?;
        refuse_deleted(&key)?;
        refuse_change(&key, &change)?;
        if let Some(number) = change.primary_version {
            key.primary = store::versions::get(&mut write, &name.version(number)).await?.version;
        }
        key.label = change.label.unwrap_or(key.label);
        key.object_id = change.object_id.unwrap_or(key.object_id);
        key.annotations = change.annotations.unwrap_or(key.annotations);
        key.attributes.change(change.attributes)?;
        self.save(write, key).await
    }

    /// Deletes a key: it goes for good after `recovery_window`, at once when that is zero.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`], [`Reason::KeyDeleted`], [`Reason::ObjectImmutable`],
    /// [`Reason::EtagMismatch`].
    pub async fn delete(
        &self,
        name: &KeyName,
        recovery_window: Duration,
        etag: &str,
    ) -> Result<KeyRecord> {
        let mut write = self.store.write().await?;
        let mut key = store::keys::get(&mut write, name).await?;
        store::check_etag(name, &key.etag, etag)?;
        refuse_deleted(&key)?;
        refuse_undestroyable(&key)?;
        let now = store::now();
        key.purge_time =
            Some(now.saturating_add(recovery_window).map_err(|_| {
                Error::new(Reason::InvalidArgument, "the recovery window is too long")
            })?);
        let key = self.save(write, key).await?;
        if recovery_window.is_zero() {
            self.purge(name, now).await?;
        }
        Ok(key)
    }

    /// Takes a deletion back.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`].
    pub async fn undelete(&self, name: &KeyName) -> Result<KeyRecord> {
        let mut write = self.store.write().await?;
        let mut key = store::keys::get(&mut write, name).await?;
        key.purge_time = None;
        self.save(write, key).await
    }

    /// Writes a changed key and commits.
    pub(super) async fn save(
        &self,
        mut write: store::Write,
        mut key: KeyRecord,
    ) -> Result<KeyRecord> {
        key.etag = store::new_etag()?;
        key.update_time = store::now();
        store::keys::update(&mut write, &key).await?;
        let versions = store::versions::highest(&mut write, &key.name).await?;
        self.commit(write, &key.name, versions).await?;
        Ok(key)
    }
}

/// Has a custodian make or take in material for a version.
pub(super) async fn new_version(
    custodian: &dyn Custodian,
    name: KeyVersionName,
    wanted: Wanted,
    material: Option<&[u8]>,
) -> Result<(KeyVersionRecord, StoredReference)> {
    check_offered(custodian, wanted.spec, material.is_some())?;
    let uid = store::random_text(26)?;
    let NewMaterial { reference, public_key } = match material {
        Some(material) => custodian.import(wanted, material, uid.as_bytes()).await?,
        None => custodian.generate(wanted, uid.as_bytes()).await?,
    };
    let version = KeyVersionRecord {
        name,
        state: KeyVersionState::Enabled,
        origin: if material.is_some() { Origin::Imported } else { Origin::Generated },
        public_key,
        create_time: store::now(),
        destroy_time: None,
    };
    let custodian = custodian.name().to_owned();
    Ok((version, StoredReference { custodian, uid, reference }))
}

/// Refuses kinds of keys that the custodian does not have.
fn check_offered(custodian: &dyn Custodian, spec: KeySpec, import: bool) -> Result<()> {
    let capabilities = custodian.capabilities();
    let (offered, does) = match import {
        true => (&capabilities.imports, "take in"),
        false => (&capabilities.generates, "make"),
    };
    if offered.contains(&spec) {
        return Ok(());
    }
    let offered: Vec<_> = offered.iter().map(ToString::to_string).collect();
    let offered = if offered.is_empty() { "none".into() } else { offered.join(", ") };
    let name = custodian.name();
    let message =
        format!("the custodian {name} does not {does} keys of type {spec}; it does: {offered}");
    Err(Error::new(Reason::AlgorithmNotSupported, message).in_field("key.spec"))
}

/// Refuses to change a key that is deleted.
pub(super) fn refuse_deleted(key: &KeyRecord) -> Result<()> {
    if key.purge_time.is_none() {
        return Ok(());
    }
    Err(Error::new(
        Reason::KeyDeleted,
        format!("{} is deleted; undelete it to change or use it again", key.name),
    ))
}

/// Refuses a change that the key was made to rule out. That its public half is no object any more is
/// none of the key: it is about doing away with something.
fn refuse_change(key: &KeyRecord, change: &KeyChange) -> Result<()> {
    let mut rest = change.clone();
    let hides = rest.attributes.given.contains(KeyFlags::PRIVATE_ONLY);
    rest.attributes.given.remove(KeyFlags::PRIVATE_ONLY);
    rest.attributes.taken.remove(KeyFlags::PRIVATE_ONLY);
    if hides {
        refuse_undestroyable(key)?;
    }
    if rest == KeyChange::default() { Ok(()) } else { refuse_unmodifiable(key) }
}

/// Refuses to change a key that was made so that nobody can.
pub(super) fn refuse_unmodifiable(key: &KeyRecord) -> Result<()> {
    refuse_without(key, KeyFlags::MODIFIABLE, "it can never be changed or rotated")
}

/// Refuses to do away with a key that was made so that nobody can.
pub(super) fn refuse_undestroyable(key: &KeyRecord) -> Result<()> {
    refuse_without(key, KeyFlags::DESTROYABLE, "it can never be deleted or destroyed")
}

fn refuse_without(key: &KeyRecord, flag: KeyFlags, what: &str) -> Result<()> {
    if key.attributes.flags.contains(flag) {
        return Ok(());
    }
    let message = format!("{} was made so that {what}", key.name);
    Err(Error::new(Reason::ObjectImmutable, message))
}

/// What the maker asked for, and whether the key was never extractable.
fn attributes(asked: KeyAttributes, origin: Origin) -> KeyAttributes {
    let never = origin == Origin::Generated && !asked.flags.contains(KeyFlags::EXTRACTABLE);
    let mut attributes = asked;
    attributes.flags.set(KeyFlags::NEVER_EXTRACTABLE, never);
    attributes
}

fn usages(new: &NewKey, custodian: &dyn Custodian) -> Result<KeyUsages> {
    let possible = if new.attributes.flags.contains(KeyFlags::PUBLIC_ONLY) {
        new.spec.public_usages()
    } else {
        new.spec.possible_usages()
    };
    if new.usages.is_empty() {
        return Ok(custodian.usual_usages(new.spec).intersection(possible));
    }
    if possible.contains(new.usages) {
        return Ok(new.usages);
    }
    Err(Error::new(
        Reason::InvalidArgument,
        format!("a key of type {} cannot be used for all that is asked of it", new.spec),
    )
    .in_field("key.usages"))
}

/// The length of a secret whose spec leaves it open: that of the material, the one that is asked
/// for, or the usual one.
fn secret_length(new: &NewKey, material: Option<&[u8]>) -> Result<Option<u32>> {
    if !new.spec.has_free_length() {
        return Ok(None);
    }
    let given = material.map_or(new.spec.bytes(), <[u8]>::len);
    // What is too long is refused with the material.
    let given = u32::try_from(given).unwrap_or(u32::MAX);
    match (material, new.secret_length) {
        (Some(_), Some(asked)) if asked != given => Err(Error::new(
            Reason::InvalidKeyMaterial,
            format!("the material has {given} bytes, not {asked}; leave secret_length out"),
        )
        .in_field("key.secret_length")),
        (None, Some(asked)) => Ok(Some(asked)),
        _ => Ok(Some(given)),
    }
}
