//! A seal by an RSA key of a vault, which others made for it.

use std::sync::Arc;

use async_trait::async_trait;
use azure_security_keyvault_keys::models::EncryptionAlgorithm;
use supacrypt_core::{Digest, EncryptionScheme, Error, KeyClass, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;
use zeroize::Zeroizing;

use super::adopt::newest;
use super::jwk;
use super::reference::KeyId;
use super::vault::Vault;
use crate::seal::{CONTEXT, Seal, foreign, unavailable};

/// What the wrapped key begins with: the form of the rest, which is the URL of the key that wrapped it, a
/// line feed, and the ciphertext.
const FORM: u8 = 1;
const END: u8 = b'\n';

/// How it is wrapped. Vaults take no label for OAEP, so that what is wrapped says what it is.
const SCHEME: EncryptionScheme =
    EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha256 };

/// Wraps by the newest version of a key, and unwraps by the one that wrapped.
pub(super) struct VaultSeal {
    id: String,
    vault: Arc<Vault>,
    key: KeyId,
}

impl VaultSeal {
    /// The seal that the configuration calls `id`.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when the key does not serve.
    pub(super) async fn open(id: String, vault: Arc<Vault>, key: KeyId) -> Result<VaultSeal> {
        let found = match newest(&vault, &key).await {
            Ok(version) => vault.get_enabled(&version).await?,
            Err(error)
                if matches!(error.reason(), Reason::KeyNotFound | Reason::KeyVersionDisabled) =>
            {
                return Err(refuse(error.message()));
            }
            Err(error) => return Err(error),
        };
        match jwk::public(&found) {
            Ok(public) if public.spec().class() == KeyClass::Rsa => {
                Ok(VaultSeal { id, vault, key })
            }
            _ => {
                Err(refuse(&format!("{key} is no RSA key of 2048 to 4096 bits; name one that is")))
            }
        }
    }

    async fn unwrapped(&self, key: &KeyId, ciphertext: &[u8]) -> Result<EnvelopeKey> {
        let unwrapped = self.vault.unwrap(key, EncryptionAlgorithm::RsaOaep256, ciphertext).await;
        let unwrapped = unwrapped.map_err(|error| match error.reason() {
            Reason::DecryptionFailed => foreign(&self.id),
            _ => unavailable(&self.id, error),
        })?;
        let bytes = unwrapped.strip_prefix(CONTEXT).ok_or_else(|| foreign(&self.id))?;
        EnvelopeKey::from_bytes(bytes).map_err(|_| foreign(&self.id))
    }
}

#[async_trait]
impl Seal for VaultSeal {
    fn id(&self) -> &str {
        &self.id
    }

    async fn wrap(&self, key: &EnvelopeKey) -> Result<Vec<u8>> {
        let wrapped = async {
            let by = newest(&self.vault, &self.key).await?;
            let public = jwk::public(&self.vault.get_enabled(&by).await?)?;
            let plaintext = Zeroizing::new([CONTEXT, key.as_bytes()].concat());
            Ok((by, public.encrypt(SCHEME, &[], &plaintext)?))
        };
        let (by, ciphertext) =
            wrapped.await.map_err(|error: Error| unavailable(&self.id, error))?;
        Ok([&[FORM], by.to_string().as_bytes(), &[END], &ciphertext].concat())
    }

    async fn unwrap(&self, wrapped: &[u8]) -> Result<EnvelopeKey> {
        let read = || {
            let wrapped = wrapped.strip_prefix(&[FORM])?;
            let end = wrapped.iter().position(|byte| *byte == END)?;
            let by = KeyId::parse(std::str::from_utf8(&wrapped[..end]).ok()?)?;
            let same = by.vault == self.key.vault && by.is_called(&self.key.name);
            (same && by.version.is_some()).then_some((by, &wrapped[end + 1..]))
        };
        let (by, ciphertext) = read().ok_or_else(|| foreign(&self.id))?;
        self.unwrapped(&by, ciphertext).await
    }
}

fn refuse(why: &str) -> Error {
    Error::new(Reason::Configuration, format!("seal.key: {why}")).in_field("seal.key")
}
