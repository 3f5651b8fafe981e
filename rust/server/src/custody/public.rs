//! Public keys whose private half is elsewhere. There is nothing to keep secret: the reference is the
//! key.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use supacrypt_core::{Capabilities, Error, KeySpec, Operation, Reason, Result};
use supacrypt_crypto::{Material, PublicKey};
use zeroize::Zeroizing;

use super::{
    CryptoOutput, CryptoRequest, Custodian, KeyHandle, NewMaterial, PUBLIC, Wanted, Weight,
};

/// Keeps public keys, and does what they can do.
pub(super) struct PublicKeys;

#[async_trait]
impl Custodian for PublicKeys {
    fn name(&self) -> &str {
        PUBLIC
    }

    fn capabilities(&self) -> &Capabilities {
        // No keyring chooses it; what has a flag for it is refused by what it says.
        static ALL: LazyLock<Capabilities> = LazyLock::new(Capabilities::all);
        &ALL
    }

    async fn generate(&self, _: Wanted, _: &[u8]) -> Result<NewMaterial> {
        Err(no_private_half())
    }

    /// The material is a `SubjectPublicKeyInfo` in DER.
    async fn import(&self, wanted: Wanted, material: &[u8], _: &[u8]) -> Result<NewMaterial> {
        let Wanted { spec, .. } = wanted;
        let key = PublicKey::from_spki_der(material)?;
        if key.spec() != spec {
            let message = format!("this is a public key of type {}, not {spec}", key.spec());
            return Err(Error::new(Reason::InvalidKeyMaterial, message));
        }
        let der = key.spki_der().to_vec();
        Ok(NewMaterial { reference: der.clone(), public_key: Some(der) })
    }

    async fn open(&self, _: KeySpec, reference: &[u8], _: &[u8]) -> Result<Arc<dyn KeyHandle>> {
        Ok(Arc::new(PublicHandle(PublicKey::from_spki_der(reference)?)))
    }

    async fn export(&self, _: KeySpec, _: &[u8], _: &[u8]) -> Result<Material> {
        Err(no_private_half())
    }

    async fn destroy(&self, _reference: &[u8]) -> Result<()> {
        // The store erases it.
        Ok(())
    }
}

/// A public key, ready for use.
pub(super) struct PublicHandle(pub(super) PublicKey);

impl KeyHandle for PublicHandle {
    fn weight(&self, operation: Operation) -> Weight {
        Weight::in_process(self.0.spec(), operation)
    }

    fn compute(&self, request: &CryptoRequest<'_>) -> Result<CryptoOutput> {
        match *request {
            CryptoRequest::Verify { scheme, context, input, signature } => {
                let valid = self.0.verify_in_context(scheme, context, input, signature)?;
                Ok(CryptoOutput::Valid(valid))
            }
            CryptoRequest::Encrypt { scheme, iv, aad, plaintext } => {
                scheme.check_encrypt(self.0.spec(), iv.len(), plaintext.len())?;
                let ciphertext = self.0.encrypt(scheme, aad, plaintext)?;
                Ok(CryptoOutput::Bytes(Zeroizing::new(ciphertext)))
            }
            _ => Err(no_private_half()),
        }
    }
}

fn no_private_half() -> Error {
    Error::new(
        Reason::UsageNotPermitted,
        "this is a public key alone; its private half is not here",
    )
}
