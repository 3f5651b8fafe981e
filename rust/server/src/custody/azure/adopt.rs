//! Keys that others made.

use azure_core::time::OffsetDateTime;
use azure_security_keyvault_keys::models::{JsonWebKey, KeyProperties};
use supacrypt_core::{Error, KeyUsages, Reason, Result};

use super::jwk;
use super::reference::{KeyId, Reference, Whose};
use super::vault::Vault;
use crate::custody::{Adopted, NewMaterial};

/// Finds a key in one version, or in all that can be used.
///
/// # Errors
/// [`Reason::KeyNotFound`], [`Reason::KeyVersionDisabled`] where no version can be used,
/// [`Reason::AlgorithmNotSupported`] for kinds that do not serve, [`Reason::InvalidArgument`] for
/// versions of different kinds.
pub(super) async fn adopt(vault: &Vault, key: &KeyId) -> Result<Adopted> {
    let adopted = match &key.version {
        Some(_) => {
            let version = Version { key: key.clone(), enabled: true, timely: true };
            usable(vault, key, Whose::Adopted, &[version]).await?
        }
        None => usable(vault, key, Whose::Followed, &versions(vault, key).await?).await?,
    };
    adopted.ok_or_else(|| unusable(key))
}

/// The versions that can be used of those after the last that is known.
///
/// # Errors
/// As [`adopt`].
pub(super) async fn later(vault: &Vault, key: &KeyId, known: &[KeyId]) -> Result<Option<Adopted>> {
    let versions = versions(vault, key).await?;
    let is_known = |it: &Version| known.contains(&it.key);
    let later = versions.iter().rposition(is_known).map_or(0, |last| last + 1);
    usable(vault, key, Whose::Followed, &versions[later..]).await
}

/// What can be used of these versions, if anything can.
async fn usable(
    vault: &Vault,
    key: &KeyId,
    whose: Whose,
    versions: &[Version],
) -> Result<Option<Adopted>> {
    let (mut kind, mut usages, mut adopted) = (None, KeyUsages::all(), Vec::new());
    for Version { key: version, timely, .. } in versions.iter().filter(|each| each.enabled) {
        let found = vault.get_enabled(version).await.map_err(|error| not_found(version, error))?;
        let permitted = permitted(&found);
        // Vaults go on decrypting after a key's dates, and sign within them alone.
        if !timely && permitted.contains(KeyUsages::SIGN) {
            continue;
        }
        let public = jwk::public(&found)?;
        if *kind.get_or_insert(public.spec()) != public.spec() {
            let message = format!(
                "the versions of {key} are of different kinds; adopt one of them, by its own URL"
            );
            return Err(Error::new(Reason::InvalidArgument, message).in_field("source"));
        }
        usages &= permitted;
        let reference = Reference { key: version.clone(), whose }.to_bytes();
        adopted.push(NewMaterial { reference, public_key: Some(public.spki_der().to_vec()) });
    }
    Ok(kind.map(|spec| Adopted {
        spec,
        usages: usages & spec.possible_usages(),
        versions: adopted,
    }))
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

/// The newest version of a key that is enabled. Whatever its dates are, vaults unwrap by it.
///
/// # Errors
/// As [`adopt`].
pub(super) async fn newest(vault: &Vault, key: &KeyId) -> Result<KeyId> {
    let mut versions = versions(vault, key).await?;
    versions.retain(|each| each.enabled);
    versions.pop().map(|newest| newest.key).ok_or_else(|| unusable(key))
}

/// A version of a key, as the vault lists it.
struct Version {
    key: KeyId,
    enabled: bool,
    /// Whether it is within its dates.
    timely: bool,
}

/// The versions of a key, oldest first; one or more.
async fn versions(vault: &Vault, key: &KeyId) -> Result<Vec<Version>> {
    let mut found = vault.versions(&key.name).await.map_err(|error| not_found(key, error))?;
    // Times are told to the second; versions of the same second are of no order.
    found.sort_by_key(|each| each.attributes.as_ref().and_then(|each| each.created));
    let now = OffsetDateTime::now_utc();
    let version = |each: &KeyProperties| {
        let id = KeyId::parse(each.kid.as_deref()?).filter(|id| id.is_called(&key.name))?;
        let attributes = each.attributes.as_ref();
        let begun = attributes.and_then(|each| each.not_before).is_none_or(|from| from <= now);
        let ended = attributes.and_then(|each| each.expires).is_some_and(|until| until <= now);
        let enabled = attributes.and_then(|each| each.enabled).unwrap_or_default();
        Some(Version { key: key.at(id.version.as_deref()?), enabled, timely: begun && !ended })
    };
    let versions: Vec<_> = found.iter().filter_map(version).collect();
    if versions.is_empty() { Err(none(key)) } else { Ok(versions) }
}

/// That this names no key of a vault.
pub(super) fn no_key(source: &str) -> Error {
    let message = format!(
        "{source:?} is no key of a vault; name it by a URL like https://NAME.vault.azure.net/keys/KEY"
    );
    Error::new(Reason::InvalidArgument, message).in_field("source")
}

fn unusable(key: &KeyId) -> Error {
    let message = format!(
        "no version of {key} is enabled and, to sign, within its dates; `az keyvault key \
         set-attributes` changes that"
    );
    Error::new(Reason::KeyVersionDisabled, message).in_field("source")
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
