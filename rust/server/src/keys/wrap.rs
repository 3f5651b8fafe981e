//! Giving out the material of extractable keys, encrypted.

use supacrypt_core::{
    EncryptionScheme, Error, KeyFlags, KeyVersionName, Operation, Reason, Result,
};
use supacrypt_crypto::{Material, PublicKey};
use zeroize::Zeroizing;

use super::Keys;
use crate::custody::{CryptoOutput, CryptoRequest};

/// What encrypts the material of a key.
pub enum WrappingKey<'a> {
    /// A key, or key version, of the same keyring.
    Key(&'a str),
    /// A public key, DER `SubjectPublicKeyInfo`.
    Public(&'a [u8]),
}

/// How it is encrypted.
pub struct Wrapping<'a> {
    /// With what.
    pub key: WrappingKey<'a>,
    /// By which scheme.
    pub scheme: EncryptionScheme,
    /// As for encryption with the wrapping key.
    pub iv: &'a [u8],
    /// The same.
    pub aad: &'a [u8],
}

impl Keys {
    /// The material of a version, encrypted: PKCS#8 of a private key, the bytes of a secret one.
    ///
    /// # Errors
    /// [`Reason::UsageNotPermitted`] for a key that is not extractable, or that only a trusted key
    /// may wrap; those of [`usable`](Self::usable), and of encryption.
    pub async fn wrap(&self, name: &KeyVersionName, wrapping: &Wrapping<'_>) -> Result<Vec<u8>> {
        let flags = self.get(name.key()).await?.attributes.flags;
        if !flags.contains(KeyFlags::EXTRACTABLE) {
            return Err(not_permitted(name, "its material never leaves: it is not extractable"));
        }
        let trusted_only = flags.contains(KeyFlags::WRAP_WITH_TRUSTED);
        match wrapping.key {
            WrappingKey::Public(_) if trusted_only => Err(untrusted(name)),
            WrappingKey::Public(der) => {
                let key = PublicKey::from_spki_der(der)?;
                let plaintext = self.material(name).await?;
                let plaintext = whole_number(wrapping.scheme, key.spec().bytes(), &plaintext);
                key.encrypt(wrapping.scheme, wrapping.aad, &plaintext)
            }
            WrappingKey::Key(wrapper) => {
                let wrapper_name = self.version_name(wrapper).await?;
                let record = self.get(wrapper_name.key()).await?;
                if trusted_only && !record.attributes.flags.contains(KeyFlags::TRUSTED) {
                    return Err(untrusted(name));
                }
                let wrapper = self.usable(wrapper).await?;
                wrapper.check_usage(Operation::Encrypt)?;
                let plaintext = self.material(name).await?;
                let plaintext = whole_number(wrapping.scheme, wrapper.spec.bytes(), &plaintext);
                let (scheme, iv, aad) = (wrapping.scheme, wrapping.iv, wrapping.aad);
                let request = CryptoRequest::Encrypt { scheme, iv, aad, plaintext: &plaintext };
                match wrapper.handle.perform(request).await? {
                    CryptoOutput::Bytes(mut wrapped) => Ok(std::mem::take(&mut *wrapped)),
                    CryptoOutput::Valid(_) => unreachable!("invariant: encryption gives bytes"),
                }
            }
        }
    }

    async fn material(&self, name: &KeyVersionName) -> Result<Material> {
        let (stored, reference) = self.enabled(name).await?;
        let custodian = self.custodian_of(&reference)?;
        custodian.export(stored.spec, &reference.reference, reference.uid.as_bytes()).await
    }
}

/// What to encrypt: for RSA without padding the whole number, which the material is the end of.
fn whole_number(
    scheme: EncryptionScheme,
    length: usize,
    material: &Material,
) -> Zeroizing<Vec<u8>> {
    let bytes = material.as_bytes();
    let zeros = match scheme {
        EncryptionScheme::RsaRaw => length.saturating_sub(bytes.len()),
        _ => 0,
    };
    let mut whole = Zeroizing::new(Vec::with_capacity(zeros + bytes.len()));
    whole.resize(zeros, 0);
    whole.extend_from_slice(bytes);
    whole
}

fn untrusted(name: &KeyVersionName) -> Error {
    not_permitted(name, "only a trusted key of the keyring may wrap it")
}

fn not_permitted(name: &KeyVersionName, why: &str) -> Error {
    Error::new(Reason::UsageNotPermitted, format!("{name}: {why}"))
}
