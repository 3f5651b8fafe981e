//! Keys that a vault makes, and keys that are brought to it.

use std::collections::HashMap;

use azure_security_keyvault_keys::models::{CreateKeyParameters, Key, KeyOperation, KeyType};
use supacrypt_core::{Error, KeyClass, KeySpec, Reason, Result};
use supacrypt_crypto::PublicKey;

use super::fault::incomplete;
use super::reference::{KeyId, Reference, Whose, name_of};
use super::vault::Vault;
use super::{STORE_TAG, jwk};
use crate::custody::NewMaterial;

/// A key that is made for someone who has not got it yet.
///
/// Whether it was made is not known when the answer does not come, or whoever asked does not wait for
/// it. It has its name and tag from the beginning, so that it can be found.
struct Unclaimed<'a> {
    vault: &'a Vault,
    name: &'a str,
    settled: bool,
}

impl Drop for Unclaimed<'_> {
    fn drop(&mut self) {
        if !self.settled {
            tracing::warn!(
                "the key {} of {}, if it was made, is of no use; `supacrypt custodian reconcile` \
                 finds it",
                self.name,
                self.vault.url()
            );
        }
    }
}

impl Unclaimed<'_> {
    /// Notes what came of it.
    fn settle<T>(mut self, made: Result<T>) -> Result<T> {
        let refused = |error: &Error| {
            let unknown = [Reason::CustodianUnavailable, Reason::DeadlineExceeded];
            !unknown.contains(&error.reason())
        };
        self.settled = made.as_ref().err().is_none_or(refused);
        made
    }
}

/// Has a vault make a key.
///
/// # Errors
/// Those of the vault.
pub(super) async fn generate(
    vault: &Vault,
    spec: KeySpec,
    store: &str,
    context: &[u8],
) -> Result<NewMaterial> {
    let name = name_of(context)?;
    let kind = match (spec.class(), vault.hsm()) {
        (KeyClass::Rsa, false) => KeyType::Rsa,
        (KeyClass::Rsa, true) => KeyType::RsaHsm,
        (KeyClass::Ec, false) => KeyType::Ec,
        (KeyClass::Ec, true) => KeyType::EcHsm,
        (KeyClass::Aes, _) => KeyType::OctHsm,
        _ => return Err(not_made(spec)),
    };
    let parameters = CreateKeyParameters {
        kty: Some(kind),
        key_size: (spec.class() != KeyClass::Ec).then_some(spec.bits() as i32),
        curve: jwk::curve(spec),
        key_ops: Some(operations(spec).to_vec()),
        tags: Some(HashMap::from([(STORE_TAG.to_owned(), store.to_owned())])),
        ..CreateKeyParameters::default()
    };
    let unclaimed = Unclaimed { vault, name: &name, settled: false };
    let made = async {
        let key = vault.create(&name, parameters).await?;
        material(vault, &name, spec, key, |public| public.spec() == spec)
    };
    unclaimed.settle(made.await)
}

/// Brings a key to a vault.
///
/// # Errors
/// [`Reason::InvalidKeyMaterial`], and those of the vault.
pub(super) async fn import(
    vault: &Vault,
    spec: KeySpec,
    pkcs8: &[u8],
    store: &str,
    context: &[u8],
) -> Result<NewMaterial> {
    let name = name_of(context)?;
    if !matches!(spec.class(), KeyClass::Rsa | KeyClass::Ec) {
        return Err(not_made(spec));
    }
    let operations: Vec<_> = operations(spec).iter().map(AsRef::as_ref).collect();
    let (body, ours) = jwk::bringing(spec, pkcs8, &operations, vault.hsm(), store)?;
    let unclaimed = Unclaimed { vault, name: &name, settled: false };
    let brought = async {
        let key = vault.import(&name, body).await?;
        material(vault, &name, spec, key, |public| *public == ours)
    };
    unclaimed.settle(brought.await)
}

/// What keys are used for. The vault itself refuses all else.
fn operations(spec: KeySpec) -> &'static [KeyOperation] {
    use KeyOperation::{Decrypt, Encrypt, Sign, Verify};
    match spec.class() {
        KeyClass::Rsa => &[Sign, Verify, Encrypt, Decrypt],
        KeyClass::Aes => &[Encrypt, Decrypt],
        _ => &[Sign, Verify],
    }
}

/// What is stored of a key that a vault gave, if it is the one that was asked for.
fn material(
    vault: &Vault,
    name: &str,
    spec: KeySpec,
    key: Key,
    asked_for: impl Fn(&PublicKey) -> bool,
) -> Result<NewMaterial> {
    let other = || incomplete(&vault.gate().name(), "it is not the key that was asked for");
    let key = key.key.ok_or_else(other)?;
    let version = key.kid.as_deref().and_then(KeyId::parse).filter(|made| made.is_called(name));
    let version = version.and_then(|made| made.version).ok_or_else(other)?;
    let public = jwk::public_of(spec, &key)?;
    if !public.as_ref().is_none_or(asked_for) {
        return Err(other());
    }
    let key = KeyId::named(vault.url(), name).ok_or_else(other)?.at(&version);
    let reference = Reference { key, whose: Whose::Made }.to_bytes();
    Ok(NewMaterial { reference, public_key: public.map(|public| public.spki_der().to_vec()) })
}

/// That vaults have no keys of a kind.
pub(super) fn not_made(spec: KeySpec) -> Error {
    let message = format!(
        "these vaults make or take in no keys of type {spec}; choose RSA, a NIST curve or secp256k1, \
         and AES in Managed HSMs"
    );
    Error::new(Reason::AlgorithmNotSupported, message)
}
