//! One word for every operation a key can perform.

use crate::{
    DerivationScheme, Digest, EncryptionScheme, Error, KemScheme, KeySpec, KeyUsages, Reason,
    Result, SignatureScheme,
};

/// How a MAC is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MacScheme {
    /// HMAC (RFC 2104, FIPS 198-1), full length, over the message itself.
    Hmac {
        /// The digest inside.
        digest: Digest,
    },
}

impl MacScheme {
    /// Length of the MAC in bytes.
    pub const fn mac_len(self) -> usize {
        match self {
            MacScheme::Hmac { digest } => digest.len(),
        }
    }

    /// Checks that `key` can make this MAC: the digest is the one the key was made for.
    ///
    /// # Errors
    /// [`Reason::AlgorithmMismatch`].
    pub fn check(self, key: KeySpec) -> Result<()> {
        let MacScheme::Hmac { digest } = self;
        let fits = matches!(
            (key, digest),
            (KeySpec::HmacSha256, Digest::Sha256)
                | (KeySpec::HmacSha384, Digest::Sha384)
                | (KeySpec::HmacSha512, Digest::Sha512)
        );
        if fits {
            return Ok(());
        }
        Err(Error::new(
            Reason::AlgorithmMismatch,
            format!("{self} does not work with a key of type {key}"),
        ))
    }
}

impl std::fmt::Display for MacScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let MacScheme::Hmac { digest } = self;
        write!(f, "hmac-{digest}")
    }
}

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
