//! Keys that others made.

use azure_core::time::OffsetDateTime;
use azure_security_keyvault_keys::models::{JsonWebKey, KeyProperties};
use supacrypt_core::{Error, KeyUsages, Reason, Result};

use super::jwk;
use super::reference::{KeyId, Reference, Whose};
use super::vault::Vault;
use crate::custody::{Adopted, NewMaterial};

/// Finds a key in one version, or in all that are enabled and within their dates.
///
/// # Errors
/// [`Reason::KeyNotFound`], [`Reason::KeyVersionDisabled`] where no version is enabled,
/// [`Reason::AlgorithmNotSupported`] for kinds that do not serve, [`Reason::InvalidArgument`] for
/// versions of different kinds.
pub(super) async fn adopt(vault: &Vault, key: &KeyId) -> Result<Adopted> {
    let (whose, keys) = match &key.version {
        Some(_) => (Whose::Adopted, vec![key.clone()]),
        None => {
            let versions = versions(vault, key).await.map_err(|error| not_found(key, error))?;
            (Whose::Followed, versions)
        }
    };
    let (mut kind, mut usages, mut adopted) = (None, KeyUsages::all(), Vec::new());
    for key in keys {
        let found = vault.get_enabled(&key).await.map_err(|error| not_found(&key, error))?;
        let public = jwk::public(&found)?;
        if *kind.get_or_insert(public.spec()) != public.spec() {
            let message = format!(
                "the versions of {key} are of different kinds; adopt one of them, by its own URL"
            );
            return Err(Error::new(Reason::InvalidArgument, message).in_field("source"));
        }
        usages &= permitted(&found);
        let reference = Reference { key, whose }.to_bytes();
        adopted.push(NewMaterial { reference, public_key: Some(public.spki_der().to_vec()) });
    }
    let spec = kind.ok_or_else(|| none(key))?;
    Ok(Adopted { spec, usages: usages & spec.possible_usages(), versions: adopted })
}

/// What a key may be used for by its `key_ops` (RFC 7517, section 4.3), and with its public half.
fn permitted(key: &JsonWebKey) -> KeyUsages {
    let operations = key.key_ops.as_deref().unwrap_or_default();
    let usages = operations.iter().map(|operation| match operation.as_str() {
        "sign" => KeyUsages::SIGN | KeyUsages::VERIFY,
        "decrypt" => KeyUsages::DECRYPT | KeyUsages::ENCRYPT,
        _ => KeyUsages::empty(),
    });
    usages.collect()
}

/// The newest version of a key that is enabled.
///
/// # Errors
/// As [`adopt`].
pub(super) async fn newest(vault: &Vault, key: &KeyId) -> Result<KeyId> {
    let versions = versions(vault, key).await.map_err(|error| not_found(key, error))?;
    versions.last().cloned().ok_or_else(|| none(key))
}

/// The versions of a key that are enabled and within their dates, oldest first.
async fn versions(vault: &Vault, key: &KeyId) -> Result<Vec<KeyId>> {
    let mut found = vault.versions(&key.name).await?;
    // Times are told to the second; versions of the same second are of no order.
    found.sort_by_key(|each| each.attributes.as_ref().and_then(|each| each.created));
    let now = OffsetDateTime::now_utc();
    let enabled = |each: &KeyProperties| {
        each.attributes.as_ref().is_some_and(|each| {
            let begun = each.not_before.is_none_or(|from| from <= now);
            let ended = each.expires.is_some_and(|until| until <= now);
            each.enabled == Some(true) && begun && !ended
        })
    };
    if !found.is_empty() && !found.iter().any(enabled) {
        let message = format!(
            "no version of {key} is enabled and within its dates; `az keyvault key set-attributes` changes \
             that"
        );
        return Err(Error::new(Reason::KeyVersionDisabled, message).in_field("source"));
    }
    let version = |each: &KeyProperties| {
        let id = KeyId::parse(each.kid.as_deref()?)?;
        id.version.clone().filter(|_| id.is_called(&key.name))
    };
    let versions = found.iter().filter(|each| enabled(each)).filter_map(version);
    Ok(versions.map(|version| key.at(&version)).collect())
}

fn not_found(key: &KeyId, error: Error) -> Error {
    match error.reason() {
        Reason::KeyVersionDestroyed => none(key),
        Reason::KeyVersionDisabled => error.in_field("source"),
        _ => error,
    }
}

fn none(key: &KeyId) -> Error {
    let message = format!(
        "there is no key {key}; `az keyvault key list` and `az keyvault key list-versions` tell what \
         there is"
    );
    Error::new(Reason::KeyNotFound, message).in_field("source")
}
