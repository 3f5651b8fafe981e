//! Getting the material of extractable keys, encrypted.

use supacrypt_core::{EncryptionScheme, Result};
use supacrypt_crypto::PublicKey;
use supacrypt_proto::v1::{self, wrap_key_request};

use crate::{Client, KeyVersionRef, keys::key_service};

/// What encrypts the material of a key.
#[derive(Clone, Copy, Debug)]
pub enum WrappingKey<'a> {
    /// A key of the same keyring.
    Key(&'a KeyVersionRef),
    /// A public key that the server need not know.
    Public(&'a PublicKey),
}

impl Client {
    /// The material of an extractable key, encrypted: PKCS#8 in DER of a private key, the bytes of a
    /// secret one. `iv` and `aad` are those of the encryption.
    ///
    /// # Errors
    /// Those of the method `WrapKey` of the API, and those of every method of this crate.
    pub fn wrap_key(
        &self,
        version: &KeyVersionRef,
        wrapping_key: WrappingKey<'_>,
        scheme: EncryptionScheme,
        iv: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>> {
        let wrapping_key = match wrapping_key {
            WrappingKey::Key(version) => wrap_key_request::WrappingKey::Key(version.to_string()),
            WrappingKey::Public(key) => {
                wrap_key_request::WrappingKey::PublicKey(key.spki_der().to_vec())
            }
        };
        let request = v1::WrapKeyRequest {
            name: version.to_string(),
            wrapping_key: Some(wrapping_key),
            scheme: Some(scheme.into()),
            iv: iv.to_vec(),
            aad: aad.to_vec(),
            pin_ticket: version.pin_ticket(),
        };
        let response = self.call(version.retry(), |transport| {
            let request = request.clone();
            async move { key_service(transport).wrap_key(request).await }
        })?;
        Ok(response.wrapped)
    }
}
