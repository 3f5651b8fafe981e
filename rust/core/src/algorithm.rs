//! One word for every operation a key can perform.

use crate::{
    DerivationScheme, EncryptionScheme, KemScheme, KeySpec, KeyUsages, MacScheme, SignatureScheme,
};

/// Any algorithm, whatever it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Signatures.
    Signature(SignatureScheme),
    /// Encryption and decryption, key wrap included.
    Encryption(EncryptionScheme),
    /// Message authentication codes.
    Mac(MacScheme),
    /// Key encapsulation.
    Kem(KemScheme),
    /// Derivation of secrets.
    Derivation(DerivationScheme),
}

impl Algorithm {
    /// Whether it works with keys of this kind.
    pub fn works_with(self, key: KeySpec) -> bool {
        match self {
            Algorithm::Signature(scheme) => scheme.key_class() == key.class(),
            Algorithm::Encryption(scheme) => scheme.key_class() == key.class(),
            Algorithm::Mac(scheme) => scheme.check(key).is_ok(),
            Algorithm::Kem(scheme) => scheme.key_class() == key.class(),
            Algorithm::Derivation(scheme) => scheme.works_with(key),
        }
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Algorithm::Signature(scheme) => scheme.fmt(f),
            Algorithm::Encryption(scheme) => scheme.fmt(f),
            Algorithm::Mac(scheme) => scheme.fmt(f),
            Algorithm::Kem(scheme) => scheme.fmt(f),
            Algorithm::Derivation(scheme) => scheme.fmt(f),
        }
    }
}

/// What is done with a key, for authorization, metrics and the audit log.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::Display, strum::EnumString,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Operation {
    /// Make a signature.
    Sign,
    /// Verify a signature.
    Verify,
    /// Encrypt.
    Encrypt,
    /// Decrypt.
    Decrypt,
    /// Make a MAC.
    MacSign,
    /// Verify a MAC.
    MacVerify,
    /// Get the secret from a ciphertext.
    Decapsulate,
    /// Derive a secret.
    Derive,
}

impl Operation {
    /// The usage a key needs to perform this operation.
    pub const fn usage(self) -> KeyUsages {
        match self {
            Operation::Sign | Operation::MacSign => KeyUsages::SIGN,
            Operation::Verify | Operation::MacVerify => KeyUsages::VERIFY,
            Operation::Encrypt => KeyUsages::ENCRYPT,
            Operation::Decrypt => KeyUsages::DECRYPT,
            Operation::Decapsulate => KeyUsages::DECAPSULATE,
            Operation::Derive => KeyUsages::DERIVE,
        }
    }
}
