//! A key of KMS, ready for use.

use std::sync::Arc;

use async_trait::async_trait;
use supacrypt_core::{EncryptionScheme, KeySpec, Result};
use supacrypt_crypto::is_equal;
use zeroize::Zeroizing;

use super::algorithm::{decryption, not_offered};
use super::call::Subject;
use super::kms::Kms;
use crate::custody::remote::{Elsewhere, KeyParts};
use crate::custody::{CryptoOutput, CryptoRequest};

/// A key whose private or secret half only KMS has.
pub(super) struct KmsKey {
    pub(super) kms: Arc<Kms>,
    pub(super) arn: String,
}

#[async_trait]
impl Elsewhere for KmsKey {
    fn check_decrypts(&self, _: KeySpec, scheme: EncryptionScheme, aad: &[u8]) -> Result<()> {
        decryption(scheme, aad).map(drop)
    }

    async fn perform(
        &self,
        key: &KeyParts<'_>,
        request: &CryptoRequest<'_>,
    ) -> Result<CryptoOutput> {
        let spec = key.spec;
        let subject = Subject { kms: &self.kms, arn: &self.arn, spec };
        let bytes = match *request {
            CryptoRequest::Sign { scheme, context, input } => {
                scheme.check_context(context.len())?;
                Zeroizing::new(subject.sign(scheme, input).await?)
            }
            CryptoRequest::MacSign { scheme, input } => {
                Zeroizing::new(subject.mac(scheme, input).await?)
            }
            CryptoRequest::MacVerify { scheme, input, mac } => {
                let made = subject.mac(scheme, input).await?;
                return Ok(CryptoOutput::Valid(is_equal(&made, mac)));
            }
            CryptoRequest::Decrypt { scheme, iv, aad, ciphertext } => {
                scheme.check_decrypt(spec, iv.len(), ciphertext.len())?;
                subject.decrypt(scheme, aad, ciphertext).await?
            }
            CryptoRequest::Derive { scheme, input } => {
                scheme.check(spec, &input)?;
                let public = key.public.ok_or_else(|| not_offered(scheme))?;
                subject.agree(scheme, public, input.peer).await?
            }
            CryptoRequest::Verify { .. }
            | CryptoRequest::Encrypt { .. }
            | CryptoRequest::Decapsulate { .. } => {
                request.check_kind(spec)?;
                return Err(not_offered(request.algorithm()));
            }
        };
        Ok(CryptoOutput::Bytes(bytes))
    }
}
