//! Keys: finding, making, changing and deleting them.

use std::{slice, sync::Arc};

use supacrypt_core::{
    Algorithm, Error, KeyAttributes, KeyAttributesChange, KeyName, KeySpec, KeyUsages,
    KeyVersionState, KeyringName, Operation, Origin, Reason, ResourceId, Result,
};
use supacrypt_crypto::PublicKey;
use supacrypt_proto::{
    key_usages_from_wire, key_usages_to_wire, limits,
    v1::{self, key_service_client::KeyServiceClient},
    with_key_attributes,
};

use crate::{Client, KeyVersionRef, Retry, Transport, failure::Failure};

/// Items of one page.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a small constant")]
pub(crate) const PAGE: i32 = limits::MAX_PAGE as i32;

/// A key with its primary version.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name.
    pub name: KeyName,
    /// Its primary version, to be used for operations.
    pub version: KeyVersionRef,
    /// Text for people, and `CKA_LABEL` in PKCS#11.
    pub label: String,
    /// `CKA_ID` in PKCS#11.
    pub object_id: Vec<u8>,
    /// What the key is.
    pub spec: KeySpec,
    /// What it may be used for.
    pub usages: KeyUsages,
    /// Bytes of the secret, where the spec leaves that open.
    pub secret_length: Option<u32>,
    /// What is known of it for its applications' sake.
    pub attributes: KeyAttributes,
    /// Where the material of the primary version came from.
    pub origin: Origin,
    /// What the primary version can do at the moment.
    pub state: KeyVersionState,
    /// The public half of the primary version, for local work; `None` for a secret key.
    pub public_key: Option<PublicKey>,
}

impl Key {
    /// Checks that the key may be used for `operation` now, by this algorithm. The server checks what
    /// it does itself; this is for what is done with the public half elsewhere.
    ///
    /// # Errors
    /// [`Reason::UsageNotPermitted`], [`Reason::AlgorithmNotPermitted`].
    pub fn check_use(&self, operation: Operation, algorithm: Algorithm) -> Result<()> {
        self.attributes.allowed.permit(algorithm)?;
        let period = self.attributes.use_period();
        if period.is_unlimited() {
            return Ok(());
        }
        let today = jiff::Timestamp::now().strftime("%F").to_string();
        let today = today.parse().expect("invariant: a clock within four-digit years");
        period.check(operation, today)
    }
}

/// Which keys to find; every field that is set must match.
#[derive(Clone, Debug, Default)]
pub struct KeyFilter {
    /// Exactly this label.
    pub label: Option<String>,
    /// Exactly this object id.
    pub object_id: Option<Vec<u8>>,
    /// Exactly this subject, DER.
    pub subject: Option<Vec<u8>>,
    /// One of these, when there are any.
    pub specs: Vec<KeySpec>,
}

/// What a new key shall be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its id; the server makes one from the label when `None`.
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
    /// What is known of it for its applications' sake.
    pub attributes: KeyAttributes,
}

impl NewKey {
    /// Its id on the wire.
    fn id(&self) -> String {
        self.id.as_ref().map(ResourceId::to_string).unwrap_or_default()
    }
}

impl From<NewKey> for v1::Key {
    fn from(new: NewKey) -> Self {
        let key = v1::Key {
            label: new.label,
            object_id: new.object_id,
            spec: v1::KeySpec::from(new.spec) as i32,
            usages: key_usages_to_wire(new.usages),
            secret_length: new.secret_length.unwrap_or_default(),
            ..Default::default()
        };
        with_key_attributes(key, new.attributes)
    }
}

/// What changes in a key; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyChange {
    /// Text for people.
    pub label: Option<String>,
    /// Ties the key to a certificate.
    pub object_id: Option<Vec<u8>>,
    /// What changes for its applications' sake.
    pub attributes: KeyAttributesChange,
}

impl Client {
    /// All keys of a keyring that match, ordered by name. Always asks the server; the last of the
    /// keys are in the cache then.
    ///
    /// # Errors
    /// Those of the method `ListKeys` of the API, and those of every method of this crate.
    pub fn find_keys(&self, keyring: &KeyringName, filter: &KeyFilter) -> Result<Vec<Arc<Key>>> {
        let mut keys = Vec::new();
        self.visit_keys(keyring, filter, |key| keys.push(key))?;
        Ok(keys)
    }

    /// The same, page by page, for who does not want to have all keys at once.
    ///
    /// # Errors
    /// As [`find_keys`](Self::find_keys); keys may have been visited then.
    pub fn visit_keys(
        &self,
        keyring: &KeyringName,
        filter: &KeyFilter,
        mut visit: impl FnMut(Arc<Key>),
    ) -> Result<()> {
        let specs = filter.specs.iter().map(|spec| v1::KeySpec::from(*spec) as i32).collect();
        let mut request = v1::ListKeysRequest {
            parent: keyring.to_string(),
            page_size: PAGE,
            filter: Some(v1::KeyFilter {
                label: filter.label.clone(),
                object_id: filter.object_id.clone(),
                subject: filter.subject.clone(),
                specs,
            }),
            ..Default::default()
        };
        let process = self.process()?;
        loop {
            let (page, next) = self.attempt(Retry::Safe, async |connection, left| {
                let watch = process.cache.watch(connection, keyring).await?;
                let seen = watch.changes();
                let transport = connection.transport().with_timeout(left);
                let result = key_service(transport).list_keys(request.clone()).await;
                let page = connection.answer(result).await?;
                let read = page.keys.into_iter().map(|key| Key::try_from(key).map(Arc::new));
                let read = read.collect::<Result<Vec<_>>>().map_err(Failure::answered)?;
                watch.put(&read, seen);
                Ok((read, page.next_page_token))
            })?;
            page.into_iter().for_each(&mut visit);
            if next.is_empty() {
                return Ok(());
            }
            request.page_token = next;
        }
    }

    /// A key that is not deleted, from the cache when it is there. The server tells of changes, so the cache is behind
    /// by the network's delay at most, or by 200 ms when nothing was called meanwhile.
    ///
    /// # Errors
    /// Those of the method `GetKey` of the API, and those of every method of this crate.
    pub fn key(&self, name: &KeyName) -> Result<Arc<Key>> {
        let process = self.process()?;
        if let Some(key) = process.cache.get(&process, name) {
            return Ok(key);
        }
        let request = v1::GetKeyRequest { name: name.to_string() };
        self.attempt(Retry::Safe, async |connection, left| {
            // Watching begins before reading, so that no change falls between the two.
            let watch = process.cache.watch(connection, name.keyring()).await?;
            let seen = watch.changes();
            let transport = connection.transport().with_timeout(left);
            let result = key_service(transport).get_key(request.clone()).await;
            let key = connection.answer(result).await?;
            if key.purge_time.is_some() {
                let message = format!("{name} is deleted; undelete it to use it again");
                return Err(Failure::answered(Error::new(Reason::KeyDeleted, message)));
            }
            let key = Key::try_from(key).map(Arc::new).map_err(Failure::answered)?;
            watch.put(slice::from_ref(&key), seen);
            Ok(key)
        })
    }

    /// Makes a key. Sent again after a broken connection, it still makes one key only.
    ///
    /// # Errors
    /// Those of the method `CreateKey` of the API, and those of every method of this crate.
    pub fn create_key(&self, keyring: &KeyringName, new: NewKey) -> Result<Arc<Key>> {
        let request = v1::CreateKeyRequest {
            parent: keyring.to_string(),
            key_id: new.id(),
            key: Some(new.into()),
            request_id: request_id()?,
        };
        let key = self.call(Retry::Safe, |transport| {
            let request = request.clone();
            async move { key_service(transport).create_key(request).await }
        })?;
        Key::try_from(key).map(Arc::new)
    }

    /// Makes a key of material that exists elsewhere: PKCS#8 in DER of a private key, the bytes of
    /// a secret one, `SubjectPublicKeyInfo` in DER of a public key alone. Sent again after a broken
    /// connection, it still makes one key only.
    ///
    /// # Errors
    /// Those of the method `ImportKey` of the API, and those of every method of this crate.
    pub fn import_key(
        &self,
        keyring: &KeyringName,
        new: NewKey,
        material: &[u8],
    ) -> Result<Arc<Key>> {
        self.import(keyring, new, material, None)
    }

    pub(crate) fn import(
        &self,
        keyring: &KeyringName,
        new: NewKey,
        material: &[u8],
        unwrapping: Option<v1::Unwrapping>,
    ) -> Result<Arc<Key>> {
        let request = v1::ImportKeyRequest {
            parent: keyring.to_string(),
            key_id: new.id(),
            key: Some(new.into()),
            request_id: request_id()?,
            unwrapping,
            ..Default::default()
        };
        let key = self.call(Retry::Safe, |transport| {
            let request = v1::ImportKeyRequest { material: material.to_vec(), ..request.clone() };
            async move { key_service(transport).import_key(request).await }
        })?;
        Key::try_from(key).map(Arc::new)
    }

    /// Changes a key.
    ///
    /// # Errors
    /// Those of the method `UpdateKey` of the API, and those of every method of this crate.
    pub fn update_key(&self, name: &KeyName, change: KeyChange) -> Result<Arc<Key>> {
        let mut key = v1::Key { name: name.to_string(), ..Default::default() };
        let mut paths = Vec::new();
        if let Some(label) = change.label {
            key.label = label;
            paths.push("label".into());
        }
        if let Some(object_id) = change.object_id {
            key.object_id = object_id;
            paths.push("object_id".into());
        }
        let key = changed_attributes(key, change.attributes, &mut paths);
        let request = v1::UpdateKeyRequest {
            key: Some(key),
            update_mask: Some(prost_types::FieldMask { paths }),
        };
        let key = self.call(Retry::Safe, |transport| {
            let request = request.clone();
            async move { key_service(transport).update_key(request).await }
        })?;
        self.process()?.cache.forget(name);
        Key::try_from(key).map(Arc::new)
    }

    /// Deletes a key; it can be taken back while the server's usual recovery window is open.
    ///
    /// # Errors
    /// Those of the method `DeleteKey` of the API, and those of every method of this crate.
    pub fn delete_key(&self, name: &KeyName) -> Result<()> {
        let request = v1::DeleteKeyRequest { name: name.to_string(), ..Default::default() };
        self.call(Retry::Never, |transport| {
            let request = request.clone();
            async move { key_service(transport).delete_key(request).await }
        })?;
        self.process()?.cache.forget(name);
        Ok(())
    }
}

/// Puts the changed attributes into `key`, and their names among the `paths` of the mask.
fn changed_attributes(
    key: v1::Key,
    change: KeyAttributesChange,
    paths: &mut Vec<String>,
) -> v1::Key {
    let set = [
        ("subject", change.subject.is_some()),
        ("start_date", change.start_date.is_some()),
        ("end_date", change.end_date.is_some()),
    ];
    paths.extend(set.iter().filter(|(_, set)| *set).map(|(name, _)| (*name).to_owned()));
    let flags = change.given | change.taken;
    paths.extend(flags.iter_names().map(|(name, _)| name.to_ascii_lowercase()));
    let attributes = KeyAttributes {
        subject: change.subject.unwrap_or_default(),
        start_date: change.start_date.flatten(),
        end_date: change.end_date.flatten(),
        flags: change.given.difference(change.taken),
        ..KeyAttributes::default()
    };
    with_key_attributes(key, attributes)
}

pub(crate) fn key_service(transport: Transport) -> KeyServiceClient<Transport> {
    // A page of keys with long labels and annotations is larger than what gRPC allows by default.
    KeyServiceClient::new(transport).max_decoding_message_size(usize::MAX)
}

/// A request id: 128 random bits in hexadecimal.
pub(crate) fn request_id() -> Result<String> {
    let mut bytes = [0; 16];
    supacrypt_crypto::random(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

impl TryFrom<v1::Key> for Key {
    type Error = Error;

    fn try_from(wire: v1::Key) -> Result<Self> {
        let spec = wire.spec().try_into()?;
        let attributes = KeyAttributes::try_from(&wire)?;
        let primary = wire.primary.ok_or_else(|| {
            Error::new(Reason::Protocol, "the server sent a key without its primary version")
        })?;
        Ok(Key {
            name: wire.name.parse()?,
            label: wire.label,
            object_id: wire.object_id,
            spec,
            usages: key_usages_from_wire(&wire.usages)?,
            secret_length: Some(wire.secret_length).filter(|length| *length != 0),
            attributes,
            origin: primary.origin().try_into()?,
            state: primary.state().try_into()?,
            public_key: match &primary.public_key[..] {
                [] => None,
                der => Some(PublicKey::from_spki_der(der)?),
            },
            version: KeyVersionRef::new(primary.name),
        })
    }
}
