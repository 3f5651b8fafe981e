//! Keys whose secret half is elsewhere. What needs no secret is computed here.

use async_trait::async_trait;
use supacrypt_core::{EncryptionScheme, Error, KeySpec, Operation, Reason, Result};
use supacrypt_crypto::PublicKey;

use super::public::PublicHandle;
use super::{BoxFuture, CryptoOutput, CryptoRequest, KeyHandle, Weight};

/// A key where it is.
#[async_trait]
pub(super) trait Elsewhere: Send + Sync {
    /// Refuses what the public half could encrypt here and the key could not decrypt there.
    ///
    /// # Errors
    /// [`Reason::AlgorithmNotSupported`].
    fn check_decrypts(&self, spec: KeySpec, scheme: EncryptionScheme, aad: &[u8]) -> Result<()>;

    /// Performs an operation that needs the secret half. Whether its scheme is for keys of this kind is not
    /// known yet.
    ///
    /// # Errors
    /// Those of the scheme and of the custodian.
    async fn perform(
        &self,
        key: &KeyParts<'_>,
        request: &CryptoRequest<'_>,
    ) -> Result<CryptoOutput>;
}

/// What is known of a key here.
pub(super) struct KeyParts<'a> {
    pub(super) spec: KeySpec,
    /// `None` for a secret key.
    pub(super) public: Option<&'a PublicKey>,
}

/// A key of a custodian elsewhere, ready for use.
pub(super) struct RemoteKey<E> {
    spec: KeySpec,
    public: Option<PublicHandle>,
    there: E,
}

impl<E: Elsewhere> RemoteKey<E> {
    /// The key `there`, with its public half if it has one.
    pub(super) fn new(spec: KeySpec, public: Option<PublicKey>, there: E) -> RemoteKey<E> {
        RemoteKey { spec, public: public.map(PublicHandle), there }
    }

    /// What does the operation in this process, where no secret is needed for it.
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
            self.there.check_decrypts(self.spec, scheme, aad)?;
        }
        public.compute(request)
    }
}

impl<E: Elsewhere> KeyHandle for RemoteKey<E> {
    fn weight(&self, operation: Operation) -> Weight {
        self.here(operation).map_or(Weight::Remote, |public| public.weight(operation))
    }

    fn compute(&self, request: &CryptoRequest<'_>) -> Result<CryptoOutput> {
        match self.here(request.operation()) {
            Some(public) => self.perform_here(public, request),
            None => Err(Error::new(Reason::Internal, "what is elsewhere has to be awaited")),
        }
    }

    fn perform<'a>(&'a self, request: CryptoRequest<'a>) -> BoxFuture<'a, Result<CryptoOutput>> {
        Box::pin(async move {
            if let Some(public) = self.here(request.operation()) {
                return self.perform_here(public, &request);
            }
            let public = self.public.as_ref().map(|public| &public.0);
            self.there.perform(&KeyParts { spec: self.spec, public }, &request).await
        })
    }
}
