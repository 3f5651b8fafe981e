//! A seal by a symmetric key of KMS.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::KeySpec as KmsSpec;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;
use zeroize::Zeroizing;

use super::adopt;
use super::kms::Kms;
use crate::seal::{CONTEXT, Seal, custodian_seal, foreign, unavailable};

/// What a wrapped key begins with. The rest is the ciphertext of KMS, which tells KMS the key and its
/// material.
const FORM: u8 = 1;

/// The name of our context among those that KMS binds to a ciphertext.
const CONTEXT_NAME: &str = "supacrypt";

/// Wraps by `Encrypt`, unwraps by `Decrypt`, with the one key.
pub(super) struct KmsSeal {
    kms: Arc<Kms>,
    id: String,
    /// Given with each request: KMS would take whatever key a ciphertext names.
    arn: String,
}

impl KmsSeal {
    /// A seal by the key that KMS knows by `key`.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when the key does not serve, [`Reason::CustodianUnavailable`] and others
    /// when KMS does not tell.
    pub(super) async fn open(kms: Arc<Kms>, key: &str) -> Result<KmsSeal> {
        let refused = |message: String| {
            Error::new(Reason::Configuration, format!("seal.key: {message}")).in_field("seal.key")
        };
        let found = adopt::describe(&kms, key).await.map_err(|error| match error.reason() {
            Reason::KeyNotFound | Reason::KeyVersionDisabled => refused(error.to_string()),
            _ => error,
        })?;
        if found.key_spec != Some(KmsSpec::SymmetricDefault) {
            return Err(refused(format!(
                "the key {key:?} of the custodian {} is not symmetric; make one for the seal with `aws \
                 kms create-key`",
                kms.custodian()
            )));
        }
        let arn = found.arn.ok_or_else(|| kms.half_answer())?;
        Ok(KmsSeal { id: custodian_seal(kms.custodian(), key), kms, arn })
    }

    fn half_answer(&self) -> Error {
        unavailable(&self.id, self.kms.half_answer())
    }
}

#[async_trait]
impl Seal for KmsSeal {
    fn id(&self) -> &str {
        &self.id
    }

    async fn wrap(&self, key: &EnvelopeKey) -> Result<Vec<u8>> {
        let request = || {
            let request = self.kms.client.encrypt().key_id(&self.arn);
            let request = request.encryption_context(CONTEXT_NAME, context());
            request.plaintext(Blob::new(key.as_bytes())).send()
        };
        let answer = self.kms.ask(request).await.map_err(|error| unavailable(&self.id, error))?;
        let ciphertext = answer.ciphertext_blob.ok_or_else(|| self.half_answer())?;
        Ok([&[FORM], ciphertext.as_ref()].concat())
    }

    async fn unwrap(&self, wrapped: &[u8]) -> Result<EnvelopeKey> {
        let ciphertext = wrapped.strip_prefix(&[FORM]).ok_or_else(|| foreign(&self.id))?;
        let request = || {
            let request = self.kms.client.decrypt().key_id(&self.arn);
            let request = request.encryption_context(CONTEXT_NAME, context());
            request.ciphertext_blob(Blob::new(ciphertext)).send()
        };
        let answer = self.kms.ask(request).await.map_err(|error| match error.reason() {
            Reason::DecryptionFailed => foreign(&self.id),
            _ => unavailable(&self.id, error),
        })?;
        let bytes = answer.plaintext.ok_or_else(|| self.half_answer())?.into_inner();
        EnvelopeKey::from_bytes(&Zeroizing::new(bytes))
            .map_err(|error| unavailable(&self.id, error))
    }
}

fn context() -> &'static str {
    str::from_utf8(CONTEXT).expect("invariant: the context is text")
}
