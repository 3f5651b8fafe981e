//! Kinds of keys and their sizes.

use std::ops::RangeInclusive;

use crate::KeyUsages;

/// What a key is: its type and its size.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::EnumIter,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
#[non_exhaustive]
pub enum KeySpec {
    /// RSA, 2048-bit modulus, public exponent 65537.
    #[strum(serialize = "rsa-2048")]
    Rsa2048,
    /// RSA, 3072-bit modulus, public exponent 65537.
    #[strum(serialize = "rsa-3072")]
    Rsa3072,
    /// RSA, 4096-bit modulus, public exponent 65537.
    #[strum(serialize = "rsa-4096")]
    Rsa4096,
    /// NIST P-256 (FIPS 186-5, secp256r1).
    #[strum(serialize = "ec-p256")]
    EcP256,
    /// NIST P-384 (secp384r1).
    #[strum(serialize = "ec-p384")]
    EcP384,
    /// NIST P-521 (secp521r1).
    #[strum(serialize = "ec-p521")]
    EcP521,
    /// The curve secp256k1 (SEC 2, section 2.4.1).
    #[strum(serialize = "ec-secp256k1")]
    EcSecp256k1,
    /// Edwards curve 25519 for signatures (RFC 8032).
    #[strum(serialize = "ed25519")]
    Ed25519,
    /// Montgomery curve 25519 for key agreement (RFC 7748).
    #[strum(serialize = "x25519")]
    X25519,
    /// ML-DSA-44 (FIPS 204).
    #[strum(serialize = "ml-dsa-44")]
    MlDsa44,
    /// ML-DSA-65.
    #[strum(serialize = "ml-dsa-65")]
    MlDsa65,
    /// ML-DSA-87.
    #[strum(serialize = "ml-dsa-87")]
    MlDsa87,
    /// ML-KEM-512 (FIPS 203).
    #[strum(serialize = "ml-kem-512")]
    MlKem512,
    /// ML-KEM-768.
    #[strum(serialize = "ml-kem-768")]
    MlKem768,
    /// ML-KEM-1024.
    #[strum(serialize = "ml-kem-1024")]
    MlKem1024,
    /// AES with a 128-bit key.
    #[strum(serialize = "aes-128")]
    Aes128,
    /// AES with a 192-bit key.
    #[strum(serialize = "aes-192")]
    Aes192,
    /// AES with a 256-bit key.
    #[strum(serialize = "aes-256")]
    Aes256,
    /// ChaCha20 (RFC 8439), a 256-bit key.
    #[strum(serialize = "chacha20")]
    ChaCha20,
    /// A secret for HMAC-SHA-256, 32 bytes when generated.
    #[strum(serialize = "hmac-sha256")]
    HmacSha256,
    /// A secret for HMAC-SHA-384, 48 bytes when generated.
    #[strum(serialize = "hmac-sha384")]
    HmacSha384,
    /// A secret for HMAC-SHA-512, 64 bytes when generated.
    #[strum(serialize = "hmac-sha512")]
    HmacSha512,
    /// A secret as long as its maker says, 32 bytes when they do not: for HMAC with any digest and
    /// for HKDF.
    #[strum(serialize = "generic-secret")]
    GenericSecret,
}

/// The family a [`KeySpec`] belongs to; it decides which algorithms fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyClass {
    /// RSA key pairs.
    Rsa,
    /// Key pairs on a prime curve in short Weierstrass form.
    Ec,
    /// Edwards-curve signature key pairs.
    Edwards,
    /// Montgomery-curve key agreement pairs.
    Montgomery,
    /// Module-lattice signature key pairs.
    MlDsa,
    /// Module-lattice key pairs for key encapsulation.
    MlKem,
    /// AES secret keys.
    Aes,
    /// ChaCha20 secret keys.
    ChaCha20,
    /// Secrets for HMAC with one digest.
    Hmac,
    /// Secrets for any purpose that takes plain bytes.
    Generic,
}

impl KeySpec {
    /// The family of this key.
    pub const fn class(self) -> KeyClass {
        match self {
            KeySpec::Rsa2048 | KeySpec::Rsa3072 | KeySpec::Rsa4096 => KeyClass::Rsa,
            KeySpec::EcP256 | KeySpec::EcP384 | KeySpec::EcP521 | KeySpec::EcSecp256k1 => {
                KeyClass::Ec
            }
            KeySpec::Ed25519 => KeyClass::Edwards,
            KeySpec::X25519 => KeyClass::Montgomery,
            KeySpec::MlDsa44 | KeySpec::MlDsa65 | KeySpec::MlDsa87 => KeyClass::MlDsa,
            KeySpec::MlKem512 | KeySpec::MlKem768 | KeySpec::MlKem1024 => KeyClass::MlKem,
            KeySpec::Aes128 | KeySpec::Aes192 | KeySpec::Aes256 => KeyClass::Aes,
            KeySpec::ChaCha20 => KeyClass::ChaCha20,
            KeySpec::HmacSha256 | KeySpec::HmacSha384 | KeySpec::HmacSha512 => KeyClass::Hmac,
            KeySpec::GenericSecret => KeyClass::Generic,
        }
    }

    /// Size of the key in bits: of the modulus, of the field, of the encoded public key (ML-DSA,
    /// ML-KEM), or of the secret, where the spec leaves that open the usual one.
    pub const fn bits(self) -> usize {
        match self {
            KeySpec::Rsa2048 => 2048,
            KeySpec::Rsa3072 => 3072,
            KeySpec::Rsa4096 => 4096,
            KeySpec::EcP256
            | KeySpec::EcSecp256k1
            | KeySpec::Aes256
            | KeySpec::ChaCha20
            | KeySpec::HmacSha256
            | KeySpec::GenericSecret => 256,
            KeySpec::EcP384 | KeySpec::HmacSha384 => 384,
            KeySpec::EcP521 => 521,
            KeySpec::Ed25519 | KeySpec::X25519 => 255,
            // FIPS 204, table 2.
            KeySpec::MlDsa44 => 8 * 1312,
            KeySpec::MlDsa65 => 8 * 1952,
            KeySpec::MlDsa87 => 8 * 2592,
            // FIPS 203, table 3.
            KeySpec::MlKem512 => 8 * 800,
            KeySpec::MlKem768 => 8 * 1184,
            KeySpec::MlKem1024 => 8 * 1568,
            KeySpec::Aes128 => 128,
            KeySpec::Aes192 => 192,
            KeySpec::HmacSha512 => 512,
        }
    }

    /// Size in bytes: RSA modulus, EC field element (66 for P-521), encoded ML-DSA or ML-KEM
    /// public key, or secret.
    pub const fn bytes(self) -> usize {
        self.bits().div_ceil(8)
    }

    /// Whether the key has a public half.
    pub const fn is_asymmetric(self) -> bool {
        self.secret_lens().is_none()
    }

    /// Shortest and longest secret of this kind, in bytes; `None` for a key pair.
    pub const fn secret_lens(self) -> Option<RangeInclusive<usize>> {
        match self.class() {
            KeyClass::Rsa
            | KeyClass::Ec
            | KeyClass::Edwards
            | KeyClass::Montgomery
            | KeyClass::MlDsa
            | KeyClass::MlKem => None,
            KeyClass::Aes | KeyClass::ChaCha20 => Some(self.bytes()..=self.bytes()),
            // 112 bits is the least that NIST SP 800-131A still allows, and 128 bytes is the longest
            // block of a SHA-2 digest, beyond which a secret would be hashed first.
            KeyClass::Hmac => Some(14..=128),
            KeyClass::Generic => Some(1..=512),
        }
    }

    /// Whether a key of this kind is as long as its maker says, so that its length is a property of
    /// the key.
    pub const fn has_free_length(self) -> bool {
        matches!(self.class(), KeyClass::Generic)
    }

    /// Everything a key of this kind can be allowed to do.
    pub const fn possible_usages(self) -> KeyUsages {
        match self.class() {
            KeyClass::Rsa => KeyUsages::SIGN
                .union(KeyUsages::VERIFY)
                .union(KeyUsages::ENCRYPT)
                .union(KeyUsages::DECRYPT),
            KeyClass::Ec | KeyClass::Generic => {
                KeyUsages::SIGN.union(KeyUsages::VERIFY).union(KeyUsages::DERIVE)
            }
            KeyClass::Edwards | KeyClass::MlDsa | KeyClass::Hmac => {
                KeyUsages::SIGN.union(KeyUsages::VERIFY)
            }
            KeyClass::Montgomery => KeyUsages::DERIVE,
            KeyClass::MlKem => KeyUsages::ENCAPSULATE.union(KeyUsages::DECAPSULATE),
            KeyClass::Aes => KeyUsages::ENCRYPT
                .union(KeyUsages::DECRYPT)
                .union(KeyUsages::SIGN)
                .union(KeyUsages::VERIFY),
            KeyClass::ChaCha20 => KeyUsages::ENCRYPT.union(KeyUsages::DECRYPT),
        }
    }

    /// What the public half of such a key pair can do alone.
    pub const fn public_usages(self) -> KeyUsages {
        if !self.is_asymmetric() {
            return KeyUsages::empty();
        }
        let public = KeyUsages::VERIFY.union(KeyUsages::ENCRYPT).union(KeyUsages::ENCAPSULATE);
        self.possible_usages().intersection(public)
    }

    /// What a key of this kind may do when its maker does not say: one purpose. An EC key signs and
    /// a generic secret makes MACs; they derive only when that was asked for, because deriving hands
    /// out secrets. An AES key encrypts: one that makes MACs as well weakens both.
    pub const fn usual_usages(self) -> KeyUsages {
        match self.class() {
            KeyClass::Ec | KeyClass::Generic => KeyUsages::SIGN.union(KeyUsages::VERIFY),
            KeyClass::Aes => KeyUsages::ENCRYPT.union(KeyUsages::DECRYPT),
            _ => self.possible_usages(),
        }
    }
}
