//! A key of a token, ready for use.

use std::sync::Arc;

use supacrypt_core::{EncryptionScheme, Error, KeySpec, Operation, Reason, Result};
use supacrypt_crypto::{PublicKey, is_equal};

use super::call::Call;
use super::object::Found;
use super::token::{Again, Token};
use crate::custody::public::PublicHandle;
use crate::custody::{BoxFuture, CryptoOutput, CryptoRequest, KeyHandle, Weight};

/// A key whose private or secret half only its token has.
pub(super) struct TokenKey {
    token: Arc<Token>,
    spec: KeySpec,
    key: Arc<Found>,
    /// What needs no secret is computed in this process.
    public: Option<PublicHandle>,
}

impl TokenKey {
    /// The key `key` of `token`, whose public half is `public`.
    pub(super) fn new(
        token: Arc<Token>,
        spec: KeySpec,
        key: Found,
        public: Option<PublicKey>,
    ) -> TokenKey {
        TokenKey { token, spec, key: Arc::new(key), public: public.map(PublicHandle) }
    }

    /// What does the operation in this process, where the token is not needed for it.
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
        match *request {
            // There are tokens that do not undo it, and what was tried is another.
            CryptoRequest::Encrypt {
                scheme: EncryptionScheme::RsaOaep { digest, mgf_digest },
                aad,
                ..
            } if digest != mgf_digest || !aad.is_empty() => {
                let message = "this is not encrypted for keys of a token, which may not be able to \
                               decrypt it: OAEP with a label, or with two digests; encrypt it with \
                               the public key yourself, or choose other parameters";
                Err(Error::new(Reason::AlgorithmNotSupported, message))
            }
            _ => public.compute(request),
        }
    }
}

impl KeyHandle for TokenKey {
    fn weight(&self, operation: Operation) -> Weight {
        self.here(operation).map_or(Weight::Remote, |public| public.weight(operation))
    }

    fn compute(&self, request: &CryptoRequest<'_>) -> Result<CryptoOutput> {
        match self.here(request.operation()) {
            Some(public) => self.perform_here(public, request),
            None => Err(Error::new(Reason::Internal, "a token has to be awaited")),
        }
    }

    fn perform<'a>(&'a self, request: CryptoRequest<'a>) -> BoxFuture<'a, Result<CryptoOutput>> {
        Box::pin(async move {
            if let Some(public) = self.here(request.operation()) {
                return self.perform_here(public, &request);
            }
            let call = Call::new(&request, self.spec)?;
            let (key, spec) = (Arc::clone(&self.key), self.spec);
            let work =
                move |lease: &_| key.with(lease, |handle| call.run(&lease.session, handle, spec));
            let output = self.token.run(Again::Once, work).await?;
            Ok(match request {
                CryptoRequest::MacVerify { mac, .. } => CryptoOutput::Valid(is_equal(&output, mac)),
                _ => CryptoOutput::Bytes(output),
            })
        })
    }
}
