//! A loaded private or secret key.

use aws_lc_rs::hmac;
use supacrypt_core::{
    DerivationInput, DerivationScheme, EncryptionScheme, Error, KemScheme, KeyClass, KeySpec,
    MacScheme, Reason, Result, SignatureScheme,
};
use zeroize::Zeroizing;

use crate::{
    Material, PublicKey, derive, is_equal,
    material::private_key,
    public_key::too_large,
    symmetric,
    sys::{Failed, PKey, ec, kem, mac, message, rsa},
    undivided,
};

/// A key ready for use: parsed once, checked once, then shared by any number of threads.
pub struct Key {
    spec: KeySpec,
    secret: Secret,
}

enum Secret {
    Pair {
        private: PKey,
        public: PublicKey,
    },
    Cipher(Zeroizing<Vec<u8>>),
    /// The digest is known, so that the key is prepared for it.
    Hmac(Box<hmac::Key>),
    Generic(Zeroizing<Vec<u8>>),
}

impl Key {
    /// Loads material of the kind `spec`.
    ///
    /// # Errors
    /// [`Reason::InvalidKeyMaterial`] when the material is not of this kind.
    pub fn load(spec: KeySpec, material: &Material) -> Result<Key> {
        let bytes = material.as_bytes();
        let secret = match spec.secret_lens() {
            None => {
                let _whole = undivided();
                let private = private_key(spec, bytes)?;
                let public = PublicKey::of(&private)?;
                Secret::Pair { private, public }
            }
            Some(lengths) if !lengths.contains(&bytes.len()) => {
                return Err(Error::new(
                    Reason::InvalidKeyMaterial,
                    format!("the stored material is not a key of type {spec}"),
                ));
            }
            Some(_) if spec.class() == KeyClass::Hmac => {
                Secret::Hmac(Box::new(hmac::Key::new(hmac_digest(spec), bytes)))
            }
            Some(_) if spec.class() == KeyClass::Generic => {
                Secret::Generic(Zeroizing::new(bytes.to_vec()))
            }
            Some(_) => Secret::Cipher(Zeroizing::new(bytes.to_vec())),
        };
        Ok(Key { spec, secret })
    }

    /// What the key is.
    pub fn spec(&self) -> KeySpec {
        self.spec
    }

    /// The public half; `None` for a secret key.
    pub fn public_key(&self) -> Option<&PublicKey> {
        match &self.secret {
            Secret::Pair { public, .. } => Some(public),
            Secret::Cipher(_) | Secret::Hmac(_) | Secret::Generic(_) => None,
        }
    }

    /// Signs `input`: a digest, except where the scheme says otherwise. The signature has
    /// [`SignatureScheme::signature_len`] bytes.
    ///
    /// # Errors
    /// Those of [`SignatureScheme::check`].
    pub fn sign(&self, scheme: SignatureScheme, input: &[u8]) -> Result<Vec<u8>> {
        self.sign_in_context(scheme, &[], input)
    }

    /// [Signs](Self::sign) in a context, which the signature is bound to.
    ///
    /// # Errors
    /// Those of [`SignatureScheme::check`] and [`SignatureScheme::check_context`].
    pub fn sign_in_context(
        &self,
        scheme: SignatureScheme,
        context: &[u8],
        input: &[u8],
    ) -> Result<Vec<u8>> {
        scheme.check(self.spec, input.len())?;
        scheme.check_context(context.len())?;
        let _whole = undivided();
        let Secret::Pair { private, .. } = &self.secret else {
            return Err(self.mismatch(scheme));
        };
        let signature = match scheme {
            SignatureScheme::Ecdsa => ec::sign(private, self.spec.bytes(), input),
            SignatureScheme::Ed25519 | SignatureScheme::MlDsa => {
                message::sign(private, scheme.signature_len(self.spec), context, input)
            }
            _ => rsa::sign(private, scheme, input),
        };
        signature.map_err(|Failed| match scheme {
            SignatureScheme::RsaRaw => too_large(scheme),
            _ => Error::new(Reason::Internal, format!("{scheme} failed to sign")),
        })
    }

    /// Encrypts; RSA schemes use the public half.
    ///
    /// `iv` has [`EncryptionScheme::iv_len`] bytes. `aad` is authenticated by AES-GCM, is the label
    /// of OAEP, and must be empty elsewhere. **A GCM IV must never be used twice with a key**; the
    /// caller sees to that.
    ///
    /// # Errors
    /// Those of [`EncryptionScheme::check_encrypt`]; [`Reason::InvalidArgument`] for `aad` that the
    /// scheme would ignore.
    pub fn encrypt(
        &self,
        scheme: EncryptionScheme,
        iv: &[u8],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        scheme.check_encrypt(self.spec, iv.len(), plaintext.len())?;
        scheme.check_aad(aad.len())?;
        match &self.secret {
            Secret::Pair { public, .. } => public.encrypt(scheme, aad, plaintext),
            Secret::Cipher(key) => symmetric::encrypt(key, scheme, iv, aad, plaintext),
            Secret::Hmac(_) | Secret::Generic(_) => Err(self.mismatch(scheme)),
        }
    }

    /// Decrypts. For `iv` and `aad` see [`encrypt`](Self::encrypt).
    ///
    /// After the checks of length every failure is the same error in the same words. With
    /// [`EncryptionScheme::RsaPkcs1`] and [`EncryptionScheme::AesCbcPad`] the mere difference
    /// between failure and success is an oracle for the plaintext of foreign ciphertexts
    /// (Bleichenbacher, Vaudenay): a caller must not pass it on to whoever chose the ciphertext.
    ///
    /// # Errors
    /// Those of [`EncryptionScheme::check_decrypt`]; [`Reason::InvalidArgument`] for `aad` that the
    /// scheme would ignore; [`Reason::DecryptionFailed`].
    pub fn decrypt(
        &self,
        scheme: EncryptionScheme,
        iv: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        scheme.check_decrypt(self.spec, iv.len(), ciphertext.len())?;
        scheme.check_aad(aad.len())?;
        let _whole = undivided();
        let plaintext = match &self.secret {
            Secret::Pair { private, .. } => rsa::decrypt(private, scheme, aad, ciphertext),
            Secret::Cipher(key) => symmetric::decrypt(key, scheme, iv, aad, ciphertext),
            Secret::Hmac(_) | Secret::Generic(_) => return Err(self.mismatch(scheme)),
        };
        plaintext.map_err(|Failed| {
            Error::new(
                Reason::DecryptionFailed,
                "the ciphertext was not made for this key and these parameters, or was altered",
            )
        })
    }

    /// The secret that [`PublicKey::encapsulate`] made together with `ciphertext`.
    ///
    /// # Errors
    /// Those of [`KemScheme::check_decapsulate`].
    pub fn decapsulate(&self, scheme: KemScheme, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        scheme.check_decapsulate(self.spec, ciphertext.len())?;
        let _whole = undivided();
        let Secret::Pair { private, .. } = &self.secret else {
            return Err(self.mismatch(scheme));
        };
        kem::decapsulate(private, ciphertext, scheme.secret_len()).map_err(|Failed| {
            Error::new(Reason::Internal, format!("{scheme} failed to decapsulate"))
        })
    }

    /// Derives [`DerivationInput::length`] bytes.
    ///
    /// # Errors
    /// Those of [`DerivationScheme::check`]; [`Reason::InvalidArgument`] for a peer's public key that
    /// is not on the curve, or of low order.
    pub fn derive(
        &self,
        scheme: DerivationScheme,
        input: &DerivationInput<'_>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        scheme.check(self.spec, input)?;
        let _whole = undivided();
        match &self.secret {
            Secret::Pair { private, .. } => derive::from_pair(private, self.spec, scheme, input),
            Secret::Generic(secret) => derive::from_secret(secret, scheme, input),
            Secret::Cipher(_) | Secret::Hmac(_) => Err(self.mismatch(scheme)),
        }
    }

    /// The MAC of `input`, [`MacScheme::mac_len`] bytes.
    ///
    /// # Errors
    /// Those of [`MacScheme::check`].
    pub fn mac(&self, scheme: MacScheme, input: &[u8]) -> Result<Vec<u8>> {
        scheme.check(self.spec)?;
        let made = match (&self.secret, scheme) {
            (Secret::Hmac(key), MacScheme::Hmac { .. }) => {
                Ok(hmac::sign(key, input).as_ref().to_vec())
            }
            (Secret::Generic(key), MacScheme::Hmac { digest, .. }) => mac::hmac(digest, key, input),
            (Secret::Cipher(key), MacScheme::AesCmac { .. }) => mac::cmac(key, input),
            _ => return Err(self.mismatch(scheme)),
        };
        let mut mac =
            made.map_err(|Failed| Error::new(Reason::Internal, format!("{scheme} was not made")))?;
        mac.truncate(scheme.mac_len());
        Ok(mac)
    }

    /// Whether `mac` is the MAC of `input`, [`MacScheme::mac_len`] bytes, compared in constant time.
    ///
    /// # Errors
    /// Those of [`MacScheme::check`].
    pub fn verify_mac(&self, scheme: MacScheme, input: &[u8], mac: &[u8]) -> Result<bool> {
        let made = self.mac(scheme, input)?;
        Ok(is_equal(&made, mac))
    }

    fn mismatch(&self, scheme: impl std::fmt::Display) -> Error {
        Error::new(
            Reason::AlgorithmMismatch,
            format!("{scheme} does not work with a key of type {}", self.spec),
        )
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.spec)
    }
}

fn hmac_digest(spec: KeySpec) -> hmac::Algorithm {
    match spec {
        KeySpec::HmacSha384 => hmac::HMAC_SHA384,
        KeySpec::HmacSha512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    }
}
