//! A key of a token, ready for use.

use std::sync::Arc;

use async_trait::async_trait;
use supacrypt_core::{EncryptionScheme, Error, KeySpec, Reason, Result};
use supacrypt_crypto::is_equal;

use super::call::Call;
use super::object::Found;
use super::token::{Again, Token};
use crate::custody::remote::{Elsewhere, KeyParts};
use crate::custody::{CryptoOutput, CryptoRequest};

/// A key whose private or secret half only its token has.
pub(super) struct TokenKey {
    token: Arc<Token>,
    key: Arc<Found>,
}

impl TokenKey {
    /// The key `key` of `token`.
    pub(super) fn new(token: Arc<Token>, key: Found) -> TokenKey {
        TokenKey { token, key: Arc::new(key) }
    }
}

#[async_trait]
impl Elsewhere for TokenKey {
    /// There are tokens that do not undo it, and what was tried is another.
    fn check_decrypts(&self, _: KeySpec, scheme: EncryptionScheme, aad: &[u8]) -> Result<()> {
        match scheme {
            EncryptionScheme::RsaOaep { digest, mgf_digest }
                if digest != mgf_digest || !aad.is_empty() =>
            {
                let message = "this is not encrypted for keys of a token, which may not be able to \
                               decrypt it: OAEP with a label, or with two digests; encrypt it with \
                               the public key yourself, or choose other parameters";
                Err(Error::new(Reason::AlgorithmNotSupported, message))
            }
            _ => Ok(()),
        }
    }

    async fn perform(
        &self,
        key: &KeyParts<'_>,
        request: &CryptoRequest<'_>,
    ) -> Result<CryptoOutput> {
        let call = Call::new(request, key.spec)?;
        let (found, spec) = (Arc::clone(&self.key), key.spec);
        let work =
            move |lease: &_| found.with(lease, |handle| call.run(&lease.session, handle, spec));
        let output = self.token.run(Again::Once, work).await?;
        Ok(match *request {
            CryptoRequest::MacVerify { mac, .. } => CryptoOutput::Valid(is_equal(&output, mac)),
            _ => CryptoOutput::Bytes(output),
        })
    }
}
