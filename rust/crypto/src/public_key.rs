//! The public half of a key pair.

use std::sync::Arc;

use supacrypt_core::{
    EncryptionScheme, Error, KemScheme, KeyClass, KeySpec, Reason, Result, SignatureScheme,
};
use zeroize::Zeroizing;

use crate::{
    sys::{Failed, PKey, ec, kem, message, rsa},
    undivided,
};

/// A public key, ready to verify and encrypt. Cheap to clone.
#[derive(Clone)]
pub struct PublicKey(Arc<Inner>);

struct Inner {
    spec: KeySpec,
    key: PKey,
    spki: Vec<u8>,
}

/// The numbers a public key consists of, big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicComponents {
    /// An RSA key; both without leading zero bytes.
    Rsa {
        /// The modulus `n`.
        modulus: Vec<u8>,
        /// The public exponent `e`.
        exponent: Vec<u8>,
    },
    /// An EC key.
    Ec {
        /// The point, uncompressed: `0x04 || x || y` (SEC 1, section 2.3.3).
        point: Vec<u8>,
    },
    /// An Ed25519 key.
    Ed25519 {
        /// The encoded point (RFC 8032, section 5.1.2).
        key: [u8; 32],
    },
    /// An X25519 key.
    X25519 {
        /// The encoded coordinate (RFC 7748, section 5).
        key: [u8; 32],
    },
    /// An ML-DSA key.
    MlDsa {
        /// The encoded key (FIPS 204, algorithm 22).
        key: Vec<u8>,
    },
    /// An ML-KEM key.
    MlKem {
        /// The encoded key (FIPS 203, section 7.1).
        key: Vec<u8>,
    },
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo` (RFC 5280, section 4.1) in DER.
    ///
    /// # Errors
    /// [`Reason::InvalidKeyMaterial`] for anything that is not a sound key of a known kind.
    pub fn from_spki_der(der: &[u8]) -> Result<PublicKey> {
        let key = PKey::from_spki(der).map_err(|Failed| {
            Error::new(
                Reason::InvalidKeyMaterial,
                "the bytes are not a public key in SubjectPublicKeyInfo DER",
            )
        })?;
        Self::of(&key)
    }

    /// The public half of `pair`.
    pub(crate) fn of(pair: &PKey) -> Result<PublicKey> {
        let spec = pair.spec().ok_or_else(|| {
            Error::new(Reason::InvalidKeyMaterial, "the public key is of a type not known here")
        })?;
        let failed = |Failed| Error::new(Reason::Internal, "the public key could not be encoded");
        // Parsed again from its encoding, so that no private part lives on in here.
        let spki = pair.to_spki().map_err(failed)?;
        let key = PKey::from_spki(&spki).map_err(failed)?;
        Ok(PublicKey(Arc::new(Inner { spec, key, spki })))
    }

    /// What the key is.
    pub fn spec(&self) -> KeySpec {
        self.0.spec
    }

    /// The `SubjectPublicKeyInfo` in DER; EC points are uncompressed.
    pub fn spki_der(&self) -> &[u8] {
        &self.0.spki
    }

    /// Whether `signature` is one of `input` (a digest, except where the scheme says otherwise).
    /// Malformed signatures are just not valid.
    ///
    /// # Errors
    /// Those of [`SignatureScheme::check`].
    pub fn verify(&self, scheme: SignatureScheme, input: &[u8], signature: &[u8]) -> Result<bool> {
        self.verify_in_context(scheme, &[], input, signature)
    }

    /// [Verifies](Self::verify) a signature that was made in a context.
    ///
    /// # Errors
    /// Those of [`SignatureScheme::check`] and [`SignatureScheme::check_context`].
    pub fn verify_in_context(
        &self,
        scheme: SignatureScheme,
        context: &[u8],
        input: &[u8],
        signature: &[u8],
    ) -> Result<bool> {
        scheme.check(self.0.spec, input.len())?;
        scheme.check_context(context.len())?;
        if signature.len() != scheme.signature_len(self.0.spec) {
            return Ok(false);
        }
        let key = &self.0.key;
        let verdict = match scheme {
            SignatureScheme::Ecdsa => ec::verify(key, input, signature),
            SignatureScheme::Ed25519 | SignatureScheme::MlDsa => {
                message::verify(key, context, input, signature)
            }
            _ => rsa::verify(key, scheme, input, signature),
        };
        Ok(verdict.is_ok())
    }

    /// What an RSA signature with PKCS#1 v1.5 padding was made of: the bytes inside of the padding
    /// (RFC 8017, section 9.2, `T`). `None` when there is no such padding.
    ///
    /// # Errors
    /// [`Reason::AlgorithmMismatch`] for a key that is not RSA.
    pub fn recover(&self, signature: &[u8]) -> Result<Option<Vec<u8>>> {
        SignatureScheme::RsaPkcs1Raw.check(self.0.spec, 0)?;
        Ok(rsa::recover(&self.0.key, signature).ok())
    }

    /// Encrypts with an RSA scheme; `aad` is the label of OAEP.
    ///
    /// # Errors
    /// Those of [`EncryptionScheme::check_encrypt`].
    pub fn encrypt(
        &self,
        scheme: EncryptionScheme,
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        scheme.check_encrypt(self.0.spec, 0, plaintext.len())?;
        scheme.check_aad(aad.len())?;
        let _whole = undivided();
        rsa::encrypt(&self.0.key, scheme, aad, plaintext).map_err(|Failed| match scheme {
            EncryptionScheme::RsaRaw => too_large(scheme),
            _ => Error::new(Reason::Internal, format!("{scheme} failed to encrypt")),
        })
    }

    /// Makes a secret for the holder of the private key, and the ciphertext that gives it to them.
    ///
    /// # Errors
    /// [`Reason::AlgorithmMismatch`] for a key that is not ML-KEM.
    pub fn encapsulate(&self) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
        let scheme = KemScheme::MlKem;
        scheme.check_key(self.0.spec)?;
        let _whole = undivided();
        let ciphertext_len = scheme.ciphertext_len(self.0.spec);
        kem::encapsulate(&self.0.key, ciphertext_len, scheme.secret_len()).map_err(|Failed| {
            Error::new(Reason::Internal, format!("{scheme} failed to encapsulate"))
        })
    }

    /// The numbers the key consists of.
    pub fn components(&self) -> PublicComponents {
        let key = &self.0.key;
        match self.0.spec.class() {
            KeyClass::Rsa => {
                let (modulus, exponent) = rsa::components(key);
                PublicComponents::Rsa { modulus, exponent }
            }
            KeyClass::Edwards => PublicComponents::Ed25519 { key: point_32(key) },
            KeyClass::Montgomery => PublicComponents::X25519 { key: point_32(key) },
            KeyClass::MlDsa => PublicComponents::MlDsa { key: raw(key) },
            KeyClass::MlKem => PublicComponents::MlKem { key: raw(key) },
            _ => PublicComponents::Ec { point: ec::point(&self.0.spki, self.0.spec) },
        }
    }
}

/// What a caller is told of an input that is no number below the modulus.
pub(crate) fn too_large(scheme: impl std::fmt::Display) -> Error {
    Error::new(
        Reason::InvalidArgument,
        format!("{scheme} takes a number that is smaller than the modulus"),
    )
}

/// The encoded key of a kind that consists of nothing else.
fn raw(key: &PKey) -> Vec<u8> {
    key.raw_public().expect("invariant: keys of these kinds have one encoding")
}

fn point_32(key: &PKey) -> [u8; 32] {
    raw(key).try_into().expect("invariant: a point of Curve25519 has 32 bytes")
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.spki == other.0.spki
    }
}

impl Eq for PublicKey {}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({})", self.0.spec)
    }
}
