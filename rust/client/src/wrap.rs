//! Material that leaves and comes in encrypted.

use std::sync::Arc;

use supacrypt_core::{EncryptionScheme, KeySpec, KeyringName, Result};
use supacrypt_crypto::PublicKey;
use supacrypt_proto::v1::{self, wrap_key_request};

use crate::{Client, Key, KeyVersionRef, NewKey, keys::key_service};

/// What encrypts the material of a key.
#[derive(Clone, Copy, Debug)]
pub enum WrappingKey<'a> {
    /// A key of the same keyring.
    Key(&'a KeyVersionRef),
    /// A public key that the server need not know.
    Public(&'a PublicKey),
}

/// How the backend decrypts the material of a key that comes in.
#[derive(Clone, Copy, Debug)]
pub struct Unwrapping<'a> {
    /// With which key, of any keyring.
    pub key: &'a KeyVersionRef,
    /// By which scheme.
    pub scheme: EncryptionScheme,
    /// As for decryption with that key.
    pub iv: &'a [u8],
    /// The same.
    pub aad: &'a [u8],
    /// What the new key may be instead of what [`NewKey`] says: it becomes the first of all that the
    /// material fits.
    pub other_specs: &'a [KeySpec],
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

    /// Makes a key of material that is encrypted, and that the backend alone decrypts. Sent again after a
    /// broken connection, it still makes one key only.
    ///
    /// # Errors
    /// Those of the method `ImportKey` of the API, and those of every method of this crate.
    pub fn import_wrapped_key(
        &self,
        keyring: &KeyringName,
        new: NewKey,
        wrapped: &[u8],
        unwrapping: Unwrapping<'_>,
    ) -> Result<Arc<Key>> {
        let other_specs = unwrapping.other_specs.iter();
        let unwrapping = v1::Unwrapping {
            key: unwrapping.key.to_string(),
            scheme: Some(unwrapping.scheme.into()),
            iv: unwrapping.iv.to_vec(),
            aad: unwrapping.aad.to_vec(),
            pin_ticket: unwrapping.key.pin_ticket(),
            other_specs: other_specs.map(|spec| v1::KeySpec::from(*spec).into()).collect(),
        };
        self.import(keyring, new, wrapped, Some(unwrapping))
    }
}
