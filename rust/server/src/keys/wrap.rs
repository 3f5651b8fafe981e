//! Giving out the material of extractable keys, encrypted.

use supacrypt_core::{
    Algorithm, EncryptionScheme, Error, KeyFlags, KeySpec, KeyUsages, KeyVersionName, Operation,
    Reason, Result,
};
use supacrypt_crypto::{Material, PublicKey};
use zeroize::Zeroizing;

use super::{Keys, UsableVersion};
use crate::custody::CryptoRequest;

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
    /// Checks that the user has just given a PIN, for keys that want that for each use.
    pub authenticate: &'a (dyn Fn() -> Result<()> + Sync),
}

impl Keys {
    /// The material of a version, encrypted: PKCS#8 of a private key, the bytes of a secret one.
    ///
    /// # Errors
    /// [`Reason::UsageNotPermitted`] for a key that is not extractable, or that is to be wrapped by a
    /// trusted key in another way; [`Reason::PinRequired`]; those of [`usable`](Self::usable), and of encryption.
    pub async fn wrap(&self, name: &KeyVersionName, wrapping: &Wrapping<'_>) -> Result<Vec<u8>> {
        let (scheme, iv, aad) = (wrapping.scheme, wrapping.iv, wrapping.aad);
        match wrapping.key {
            WrappingKey::Public(der) => {
                let key = PublicKey::from_spki_der(der)?;
                let material = self.leaving(name, wrapping, false).await?;
                key.encrypt(scheme, aad, &whole_number(scheme, key.spec(), &material))
            }
            WrappingKey::Key(wrapper) => {
                let wrapper = self.usable(wrapper).await?;
                wrapper.check_use(Operation::Encrypt, Algorithm::Encryption(scheme))?;
                wrapper.check_offered(Algorithm::Encryption(scheme))?;
                let material = self.leaving(name, wrapping, confines(&wrapper, scheme)).await?;
                let plaintext = whole_number(scheme, wrapper.spec, &material);
                let request = CryptoRequest::Encrypt { scheme, iv, aad, plaintext: &plaintext };
                Ok(std::mem::take(&mut *wrapper.handle.perform(request).await?.into_bytes()))
            }
        }
    }

    /// The material of a version that may leave. `confined` says whether what encrypts it is all that
    /// can decrypt it. Whether it may is read together with where it is: no change comes between.
    async fn leaving(
        &self,
        name: &KeyVersionName,
        wrapping: &Wrapping<'_>,
        confined: bool,
    ) -> Result<Material> {
        let (stored, reference) = self.enabled(name).await?;
        if !stored.flags.contains(KeyFlags::EXTRACTABLE) {
            return Err(not_permitted(name, "its material never leaves: it is not extractable"));
        }
        if stored.flags.contains(KeyFlags::WRAP_WITH_TRUSTED) && !confined {
            let why = "only a trusted key of the keyring that cannot decrypt may wrap it, by AES key \
                       wrap or RSA";
            return Err(not_permitted(name, why));
        }
        if stored.flags.ask_for_a_pin(stored.spec) {
            (wrapping.authenticate)()?;
        }
        let custodian = self.custodian_of(&reference)?;
        custodian.export(stored.spec, &reference.reference, reference.uid.as_bytes()).await
    }
}

/// Whether a user of the keyring who has a key wrapped by this one does not get it: an administrator
/// trusts the key, users cannot decrypt with it, and encrypting something else tells nothing of what
/// was wrapped, as it would with the key stream of AES-CTR or AES-GCM.
fn confines(wrapper: &UsableVersion, scheme: EncryptionScheme) -> bool {
    wrapper.flags.contains(KeyFlags::TRUSTED)
        && !wrapper.usages.contains(KeyUsages::DECRYPT)
        && matches!(
            scheme,
            EncryptionScheme::AesKeyWrap
                | EncryptionScheme::AesKeyWrapPad
                | EncryptionScheme::RsaOaep { .. }
                | EncryptionScheme::RsaPkcs1
        )
}

/// What to encrypt: for RSA without padding the whole number, which the material is the end of.
fn whole_number(
    scheme: EncryptionScheme,
    spec: KeySpec,
    material: &Material,
) -> Zeroizing<Vec<u8>> {
    let bytes = material.as_bytes();
    let zeros = match scheme {
        EncryptionScheme::RsaRaw => spec.bytes().saturating_sub(bytes.len()),
        _ => 0,
    };
    let mut whole = Zeroizing::new(Vec::with_capacity(zeros + bytes.len()));
    whole.resize(zeros, 0);
    whole.extend_from_slice(bytes);
    whole
}

fn not_permitted(name: &KeyVersionName, why: &str) -> Error {
    Error::new(Reason::UsageNotPermitted, format!("{name}: {why}"))
}
