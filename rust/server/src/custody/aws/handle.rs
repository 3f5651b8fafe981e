//! A key of KMS, ready for use.

use std::sync::Arc;

use supacrypt_core::{Error, KeySpec, Operation, Reason, Result};
use supacrypt_crypto::{PublicKey, is_equal};
use zeroize::Zeroizing;

use super::algorithm::{decryption, not_offered};
use super::call::Subject;
use super::kms::Kms;
use crate::custody::public::PublicHandle;
use crate::custody::{BoxFuture, CryptoOutput, CryptoRequest, KeyHandle, Weight};

/// A key whose private or secret half only KMS has.
pub(super) struct KmsKey {
    kms: Arc<Kms>,
    arn: String,
    spec: KeySpec,
    /// What needs no secret is computed in this process.
    public: Option<PublicHandle>,
}

impl KmsKey {
    /// The key of this ARN, whose public half is `public`.
    pub(super) fn new(
        kms: Arc<Kms>,
        arn: String,
        spec: KeySpec,
        public: Option<PublicKey>,
    ) -> KmsKey {
        KmsKey { kms, arn, spec, public: public.map(PublicHandle) }
    }

    /// What does the operation in this process, where KMS is not needed for it.
    fn here(&self, operation: Operation) -> Option<&PublicHandle> {
        let is_public = matches!(operation, Operation::Verify | Operation::Encrypt);
        self.public.as_ref().filter(|_| is_public)
    }

    fn perform_here(
        &self,
        public: &PublicHandle,
        request: &CryptoRequest<'_>,
    ) -> Result<CryptoOutput> {
        request.check_kind(self.spec)?;
        if let CryptoRequest::Encrypt { scheme, aad, .. } = *request {
            // KMS has to be able to undo it.
            decryption(scheme, aad)?;
        }
        public.compute(request)
    }

    async fn perform_there(&self, request: &CryptoRequest<'_>) -> Result<CryptoOutput> {
        let key = Subject { kms: &self.kms, arn: &self.arn, spec: self.spec };
        let bytes = match *request {
            CryptoRequest::Sign { scheme, context, input } => {
                scheme.check_context(context.len())?;
                Zeroizing::new(key.sign(scheme, input).await?)
            }
            CryptoRequest::MacSign { scheme, input } => {
                Zeroizing::new(key.mac(scheme, input).await?)
            }
            CryptoRequest::MacVerify { scheme, input, mac } => {
                let made = key.mac(scheme, input).await?;
                return Ok(CryptoOutput::Valid(is_equal(&made, mac)));
            }
            CryptoRequest::Decrypt { scheme, iv, aad, ciphertext } => {
                scheme.check_decrypt(self.spec, iv.len(), ciphertext.len())?;
                key.decrypt(scheme, aad, ciphertext).await?
            }
            CryptoRequest::Derive { scheme, input } => {
                scheme.check(self.spec, &input)?;
                let Some(PublicHandle(public)) = &self.public else {
                    return Err(not_offered(scheme));
                };
                key.agree(scheme, public, input.peer).await?
            }
            CryptoRequest::Verify { .. }
            | CryptoRequest::Encrypt { .. }
            | CryptoRequest::Decapsulate { .. } => {
                request.check_kind(self.spec)?;
                return Err(not_offered(request.algorithm()));
            }
        };
        Ok(CryptoOutput::Bytes(bytes))
    }
}

impl KeyHandle for KmsKey {
    fn weight(&self, operation: Operation) -> Weight {
        self.here(operation).map_or(Weight::Remote, |public| public.weight(operation))
    }

    fn compute(&self, request: &CryptoRequest<'_>) -> Result<CryptoOutput> {
        match self.here(request.operation()) {
            Some(public) => self.perform_here(public, request),
            None => Err(Error::new(Reason::Internal, "KMS has to be awaited")),
        }
    }

    fn perform<'a>(&'a self, request: CryptoRequest<'a>) -> BoxFuture<'a, Result<CryptoOutput>> {
        Box::pin(async move {
            match self.here(request.operation()) {
                Some(public) => self.perform_here(public, &request),
                None => self.perform_there(&request).await,
            }
        })
    }
}
