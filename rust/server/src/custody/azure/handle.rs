//! A key of a vault, ready for use.

use std::sync::Arc;

use async_trait::async_trait;
use supacrypt_core::{EncryptionScheme, Error, KeySpec, Reason, Result};
use zeroize::Zeroizing;

use super::algorithm::{encryption, signature};
use super::fault::incomplete;
use super::reference::KeyId;
use super::vault::Vault;
use crate::custody::remote::{Elsewhere, KeyParts};
use crate::custody::{CryptoOutput, CryptoRequest};

/// A key, in one version, whose private half only its vault has.
pub(super) struct VaultKey {
    pub(super) vault: Arc<Vault>,
    pub(super) key: KeyId,
}

#[async_trait]
impl Elsewhere for VaultKey {
    fn check_decrypts(&self, spec: KeySpec, scheme: EncryptionScheme, aad: &[u8]) -> Result<()> {
        encryption(spec, scheme, aad).map(drop)
    }

    async fn perform(
        &self,
        key: &KeyParts<'_>,
        request: &CryptoRequest<'_>,
    ) -> Result<CryptoOutput> {
        let spec = key.spec;
        let bytes = match *request {
            CryptoRequest::Sign { scheme, context, input } => {
                scheme.check_context(context.len())?;
                let (algorithm, digest) = signature(spec, scheme, input)?;
                let signature = self.vault.sign(&self.key, algorithm, digest).await?;
                if signature.len() != scheme.signature_len(spec) {
                    let vault = self.vault.gate().name();
                    return Err(incomplete(&vault, "the signature has another length"));
                }
                Zeroizing::new(signature)
            }
            CryptoRequest::Decrypt { scheme, iv, aad, ciphertext } => {
                scheme.check_decrypt(spec, iv.len(), ciphertext.len())?;
                let algorithm = encryption(spec, scheme, aad)?;
                self.vault.decrypt(&self.key, algorithm, iv, ciphertext).await?
            }
            CryptoRequest::Encrypt { scheme, iv, aad, plaintext } => {
                scheme.check_encrypt(spec, iv.len(), plaintext.len())?;
                let algorithm = encryption(spec, scheme, aad)?;
                let ciphertext = self.vault.encrypt(&self.key, algorithm, iv, plaintext).await?;
                Zeroizing::new(ciphertext)
            }
            _ => {
                request.check_kind(spec)?;
                let message = format!("vaults do not offer {}", request.algorithm());
                return Err(Error::new(Reason::AlgorithmNotSupported, message));
            }
        };
        Ok(CryptoOutput::Bytes(bytes))
    }
}
