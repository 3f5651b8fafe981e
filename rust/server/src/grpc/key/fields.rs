//! The fields of a key as a request has them.

use supacrypt_core::{KeyAttributes, KeyAttributesChange, KeyFlags, KeySpec, KeyringName, Result};
use supacrypt_proto::{key_usages_from_wire, v1};

use crate::keys::{KeyChange, NewKey};

/// The fields that the mask names.
pub(super) fn change(key: v1::Key, mask: &[String]) -> Result<KeyChange> {
    let named = |field: &str| mask.iter().any(|path| path == field);
    let attributes = KeyAttributes::try_from(&key)?;
    let flags = KeyFlags::all().iter_names();
    let changed: KeyFlags =
        flags.filter(|(name, _)| named(&name.to_ascii_lowercase())).map(|(_, flag)| flag).collect();
    Ok(KeyChange {
        label: named("label").then_some(key.label),
        object_id: named("object_id").then_some(key.object_id),
        annotations: named("annotations").then(|| key.annotations.into_iter().collect()),
        primary_version: named("primary_version").then_some(key.primary_version),
        attributes: KeyAttributesChange {
            given: changed.intersection(attributes.flags),
            taken: changed.difference(attributes.flags),
            subject: named("subject").then_some(attributes.subject),
            start_date: named("start_date").then_some(attributes.start_date),
            end_date: named("end_date").then_some(attributes.end_date),
        },
    })
}

/// What a new key shall be.
pub(super) fn new_key(keyring: KeyringName, key_id: &str, key: Option<v1::Key>) -> Result<NewKey> {
    let key = key.unwrap_or_default();
    new_key_of(key.spec().try_into()?, keyring, key_id, key)
}

/// The same for a key whose spec is known from elsewhere.
pub(super) fn new_key_of(
    spec: KeySpec,
    keyring: KeyringName,
    key_id: &str,
    key: v1::Key,
) -> Result<NewKey> {
    Ok(NewKey {
        keyring,
        id: if key_id.is_empty() { None } else { Some(key_id.parse()?) },
        spec,
        usages: key_usages_from_wire(&key.usages)?,
        secret_length: Some(key.secret_length).filter(|length| *length != 0),
        attributes: KeyAttributes::try_from(&key)?,
        label: key.label,
        object_id: key.object_id,
        annotations: key.annotations.into_iter().collect(),
    })
}
