//! The software custodian: material sealed in the store, opened and used in this process.

use std::sync::Arc;

use async_trait::async_trait;
use supacrypt_core::{Capabilities, Error, KeySpec, Operation, Reason, Result};
use supacrypt_crypto::{Key, Material};
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::{
    CryptoOutput, CryptoRequest, Custodian, KeyHandle, NewMaterial, SOFTWARE, Wanted, Weight,
};
use crate::data_keys::DataKeys;

/// Keeps material sealed by the store's data keys.
pub struct SoftwareCustodian {
    keys: Arc<DataKeys>,
    capabilities: Capabilities,
}

impl SoftwareCustodian {
    /// A custodian that seals by `keys`.
    pub fn new(keys: impl Into<Arc<DataKeys>>) -> Self {
        SoftwareCustodian { keys: keys.into(), capabilities: Capabilities::all() }
    }

    fn seal(&self, spec: KeySpec, material: &Material, context: &[u8]) -> Result<NewMaterial> {
        let key = Key::load(spec, material)?;
        Ok(NewMaterial {
            reference: self.keys.seal(&software_context(spec, context), material.as_bytes())?,
            public_key: key.public_key().map(|public| public.spki_der().to_vec()),
        })
    }
}

#[async_trait]
impl Custodian for SoftwareCustodian {
    fn name(&self) -> &str {
        SOFTWARE
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn generate(&self, wanted: Wanted, context: &[u8]) -> Result<NewMaterial> {
        let Wanted { spec, secret_length, .. } = wanted;
        let generate = move || match secret_length {
            Some(length) => supacrypt_crypto::generate_secret(spec, length as usize),
            None => supacrypt_crypto::generate(spec),
        };
        // RSA takes up to seconds, which would hold up everything else on this thread.
        let material = spawn_blocking(generate)
            .await
            .map_err(|_| Error::new(Reason::Internal, "key generation was interrupted"))??;
        self.seal(spec, &material, context)
    }

    async fn import(&self, wanted: Wanted, material: &[u8], context: &[u8]) -> Result<NewMaterial> {
        let Wanted { spec, .. } = wanted;
        let material = supacrypt_crypto::import(spec, material)?;
        self.seal(spec, &material, context)
    }

    async fn open(
        &self,
        spec: KeySpec,
        reference: &[u8],
        context: &[u8],
    ) -> Result<Arc<dyn KeyHandle>> {
        let material = self.export(spec, reference, context).await?;
        Ok(Arc::new(SoftwareKey(Key::load(spec, &material)?)))
    }

    async fn export(&self, spec: KeySpec, reference: &[u8], context: &[u8]) -> Result<Material> {
        let material =
            self.keys.open(&software_context(spec, context), reference).map_err(|_| {
                Error::new(
                    Reason::SealUnavailable,
                    "the stored key does not open with the data keys of the store: \
                 the store was altered, or parts of two stores were mixed",
                )
            })?;
        Ok(Material::from_stored(material))
    }

    async fn destroy(&self, _reference: &[u8]) -> Result<()> {
        // The reference is the material; the store erases it.
        Ok(())
    }
}

/// The context, and the spec beside it so that a blob cannot be taken for a key of another kind.
pub(crate) fn software_context(spec: KeySpec, context: &[u8]) -> Vec<u8> {
    let spec = spec.to_string();
    [spec.as_bytes(), b"\0", context].concat()
}

struct SoftwareKey(Key);

impl KeyHandle for SoftwareKey {
    fn weight(&self, operation: Operation) -> Weight {
        Weight::in_process(self.0.spec(), operation)
    }

    fn compute(&self, request: &CryptoRequest<'_>) -> Result<CryptoOutput> {
        let key = &self.0;
        let bytes = |bytes| CryptoOutput::Bytes(Zeroizing::new(bytes));
        match *request {
            CryptoRequest::Sign { scheme, context, input } => {
                key.sign_in_context(scheme, context, input).map(bytes)
            }
            CryptoRequest::Verify { scheme, context, input, signature } => {
                let public = key.public_key().ok_or_else(|| {
                    Error::new(
                        Reason::AlgorithmMismatch,
                        format!("{scheme} does not work with a key of type {}", key.spec()),
                    )
                })?;
                public.verify_in_context(scheme, context, input, signature).map(CryptoOutput::Valid)
            }
            CryptoRequest::Encrypt { scheme, iv, aad, plaintext } => {
                key.encrypt(scheme, iv, aad, plaintext).map(bytes)
            }
            CryptoRequest::Decrypt { scheme, iv, aad, ciphertext } => {
                key.decrypt(scheme, iv, aad, ciphertext).map(CryptoOutput::Bytes)
            }
            CryptoRequest::MacSign { scheme, input } => key.mac(scheme, input).map(bytes),
            CryptoRequest::MacVerify { scheme, input, mac } => {
                key.verify_mac(scheme, input, mac).map(CryptoOutput::Valid)
            }
            CryptoRequest::Decapsulate { scheme, ciphertext } => {
                key.decapsulate(scheme, ciphertext).map(CryptoOutput::Bytes)
            }
            CryptoRequest::Derive { scheme, input } => {
                key.derive(scheme, &input).map(CryptoOutput::Bytes)
            }
        }
    }
}
