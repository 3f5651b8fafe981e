//! A key of a vault, ready for use.

use std::sync::Arc;

use supacrypt_core::{Error, KeySpec, Operation, Reason, Result};
use supacrypt_crypto::PublicKey;
use zeroize::Zeroizing;

use super::algorithm::{decryption, signature};
use super::fault::incomplete;
use super::reference::KeyId;
use super::vault::Vault;
use crate::custody::public::PublicHandle;
use crate::custody::{BoxFuture, CryptoOutput, CryptoRequest, KeyHandle, Weight};

/// A key whose private half only its vault has.
pub(super) struct VaultKey {
    vault: Arc<Vault>,
    key: KeyId,
    spec: KeySpec,
    /// What needs no secret is computed in this process.
    public: PublicHandle,
}

impl VaultKey {
    /// The key `key` of `vault`, in the version that has this public half.
    pub(super) fn new(vault: Arc<Vault>, key: KeyId, public: PublicKey) -> VaultKey {
        VaultKey { vault, key, spec: public.spec(), public: PublicHandle(public) }
    }

    /// Does what needs no secret.
    fn here(&self, request: &CryptoRequest<'_>) -> Result<CryptoOutput> {
        request.check_kind(self.spec)?;
        if let CryptoRequest::Encrypt { scheme, aad, .. } = *request {
            // The vault has to be able to undo it.
            decryption(scheme, aad)?;
        }
        self.public.compute(request)
    }

    /// Has the vault do what needs the private half.
    async fn there(&self, request: &CryptoRequest<'_>) -> Result<Zeroizing<Vec<u8>>> {
        match *request {
            CryptoRequest::Sign { scheme, context, input } => {
                scheme.check_context(context.len())?;
                let (algorithm, digest) = signature(self.spec, scheme, input)?;
                let signature = self.vault.sign(&self.key, algorithm, digest).await?;
                if signature.len() != scheme.signature_len(self.spec) {
                    let vault = self.vault.gate().name();
                    return Err(incomplete(&vault, "the signature has another length"));
                }
                Ok(Zeroizing::new(signature))
            }
            CryptoRequest::Decrypt { scheme, iv, aad, ciphertext } => {
                scheme.check_decrypt(self.spec, iv.len(), ciphertext.len())?;
                let algorithm = decryption(scheme, aad)?;
                self.vault.decrypt(&self.key, algorithm, ciphertext).await
            }
            _ => {
                request.check_kind(self.spec)?;
                let message = format!("vaults do not offer {}", request.algorithm());
                Err(Error::new(Reason::AlgorithmNotSupported, message))
            }
        }
    }
}

fn is_public(operation: Operation) -> bool {
    matches!(operation, Operation::Verify | Operation::Encrypt)
}

impl KeyHandle for VaultKey {
    fn weight(&self, operation: Operation) -> Weight {
        if is_public(operation) { self.public.weight(operation) } else { Weight::Remote }
    }

    fn compute(&self, request: &CryptoRequest<'_>) -> Result<CryptoOutput> {
        match is_public(request.operation()) {
            true => self.here(request),
            false => Err(Error::new(Reason::Internal, "a vault has to be awaited")),
        }
    }

    fn perform<'a>(&'a self, request: CryptoRequest<'a>) -> BoxFuture<'a, Result<CryptoOutput>> {
        Box::pin(async move {
            match is_public(request.operation()) {
                true => self.here(&request),
                false => self.there(&request).await.map(CryptoOutput::Bytes),
            }
        })
    }
}
