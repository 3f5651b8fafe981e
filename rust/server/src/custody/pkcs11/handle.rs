//! A key of a token, ready for use.

use std::sync::Arc;

use supacrypt_core::{Error, KeySpec, Operation, Reason, Result};
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
}

impl KeyHandle for TokenKey {
    fn weight(&self, operation: Operation) -> Weight {
        self.here(operation).map_or(Weight::Remote, |public| public.weight(operation))
    }

    fn compute(&self, request: &CryptoRequest<'_>) -> Result<CryptoOutput> {
        match self.here(request.operation()) {
            Some(public) => public.compute(request),
            None => Err(Error::new(Reason::Internal, "a token has to be awaited")),
        }
    }

    fn perform<'a>(&'a self, request: CryptoRequest<'a>) -> BoxFuture<'a, Result<CryptoOutput>> {
        Box::pin(async move {
            if let Some(public) = self.here(request.operation()) {
                return public.compute(&request);
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
