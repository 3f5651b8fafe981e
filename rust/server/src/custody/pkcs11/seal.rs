//! A seal by a key of a token.

use std::sync::Arc;

use async_trait::async_trait;
use cryptoki::object::{ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use supacrypt_core::{EncryptionScheme, Error, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;
use zeroize::Zeroizing;

use super::fault::Fault;
use super::mechanism::with_encryption;
use super::object::{Found, Which, find};
use super::token::{Again, Lease, Token};
use crate::seal::{CONTEXT, Seal, custodian_seal, foreign, unavailable};

/// What a wrapped key begins with: the form of the rest, which is `iv (12) || ciphertext || tag (16)` of
/// AES-GCM (NIST SP 800-38D).
const FORM: u8 = 1;
const IV: usize = 12;
const SCHEME: EncryptionScheme = EncryptionScheme::AesGcm { tag_length: 16 };

/// A seal by an AES key of a token.
pub(super) struct TokenSeal {
    id: String,
    token: Arc<Token>,
    key: Arc<Found>,
}

impl TokenSeal {
    /// A seal by the secret key of this label.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when the token has none.
    pub(super) async fn open(token: Arc<Token>, label: &str) -> Result<TokenSeal> {
        let which = Which::Adopted(label.into());
        let key = Arc::new(Found::new(which.clone(), ObjectClass::SECRET_KEY));
        let look =
            move |lease: &Lease| find(&lease.session, &which, ObjectClass::SECRET_KEY).map(drop);
        token.run(Again::Once, look).await.map_err(|error| match error.reason() {
            Reason::KeyVersionDestroyed => {
                let message = format!(
                    "the custodian {} has no secret key with the label {label:?}; make an AES key \
                     of 256 bits with that label by the tools of its maker",
                    token.custodian()
                );
                Error::new(Reason::Configuration, message).in_field("seal.key")
            }
            _ => error,
        })?;
        Ok(TokenSeal { id: custodian_seal(token.custodian(), label), token, key })
    }

    async fn run<T: Send + 'static>(
        &self,
        act: impl Fn(&Session, ObjectHandle) -> Result<T, Fault> + Send + Sync + 'static,
    ) -> Result<T> {
        let key = Arc::clone(&self.key);
        let work = move |lease: &Lease| key.with(lease, |key| act(&lease.session, key));
        self.token.run(Again::Once, work).await.map_err(|error| match error.reason() {
            Reason::DecryptionFailed => foreign(&self.id),
            _ => unavailable(&self.id, error),
        })
    }
}

#[async_trait]
impl Seal for TokenSeal {
    fn id(&self) -> &str {
        &self.id
    }

    async fn wrap(&self, key: &EnvelopeKey) -> Result<Vec<u8>> {
        let plaintext = Zeroizing::new(key.as_bytes().to_vec());
        self.run(move |session, key| {
            let mut iv = [0; IV];
            supacrypt_crypto::random(&mut iv)?;
            let ciphertext = with_encryption(SCHEME, &iv, CONTEXT, |mechanism| {
                session.encrypt(mechanism, key, &plaintext)
            })?;
            Ok([&[FORM], &iv[..], &ciphertext].concat())
        })
        .await
    }

    async fn unwrap(&self, wrapped: &[u8]) -> Result<EnvelopeKey> {
        let [FORM, rest @ ..] = wrapped else { return Err(foreign(&self.id)) };
        let (iv, ciphertext) = rest.split_at_checked(IV).ok_or_else(|| foreign(&self.id))?;
        let (iv, ciphertext) = (iv.to_vec(), ciphertext.to_vec());
        let opened = self.run(move |session, key| {
            with_encryption(SCHEME, &iv, CONTEXT, |mechanism| {
                session.decrypt(mechanism, key, &ciphertext).map(Zeroizing::new)
            })
        });
        EnvelopeKey::from_bytes(&opened.await?).map_err(|_| foreign(&self.id))
    }
}
