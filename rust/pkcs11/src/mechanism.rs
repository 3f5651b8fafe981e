//! The mechanisms, in one table: what is listed, what `C_GetMechanismInfo` says, and what a
//! mechanism means in the backend's words.

mod algorithms;
mod parameter;

use cryptoki_sys::*;
use strum::IntoEnumIterator;
use supacrypt_core::{
    Algorithm, Capabilities, Digest, EncryptionScheme, KeyClass, KeySpec, SignatureScheme,
};

pub(crate) use self::parameter::{Cipher, Mechanism, Parameter, Scheme};
use crate::error::{Result, Rv};

/// What a mechanism does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Makes a key or key pair of this family.
    Generate(KeyClass),
    /// Hashes.
    Digest(Digest),
    /// Signs and verifies; hashes first where a digest is named.
    Sign(Signature, Option<Digest>),
    /// Encrypts and decrypts.
    Encrypt(Encryption),
    /// Derives a secret from a key pair and a peer's public key.
    Agree,
    /// Derives a secret from another one.
    Hkdf,
    /// Encapsulates and decapsulates a secret.
    Encapsulate,
}

/// Kinds of signatures and MACs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// PKCS#1 v1.5.
    RsaPkcs1,
    /// No padding.
    RsaRaw,
    /// PSS.
    RsaPss,
    /// ECDSA.
    Ecdsa,
    /// Ed25519.
    Ed25519,
    /// ML-DSA.
    MlDsa,
    /// HMAC.
    Hmac(Digest),
    /// AES-CMAC.
    AesCmac,
}

/// Kinds of encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// PKCS#1 v1.5.
    RsaPkcs1,
    /// No padding.
    RsaRaw,
    /// OAEP.
    RsaOaep,
    /// AES in a mode whose parameter is an IV or nothing.
    Aes(EncryptionScheme),
    /// AES-GCM.
    AesGcm,
    /// AES-CTR.
    AesCtr,
    /// AES-CCM.
    AesCcm,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305,
}

/// One mechanism.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) mechanism: CK_MECHANISM_TYPE,
    pub(crate) action: Action,
    #[cfg(test)]
    name: &'static str,
    /// Smallest and largest key, in the unit that the standard has for the mechanism.
    sizes: (CK_ULONG, CK_ULONG),
    flags: CK_FLAGS,
}

/// Verification, of one message or of many.
const VERIFY: CK_FLAGS = CKF_VERIFY | CKF_MESSAGE_VERIFY | CKF_MULTI_MESSAGE;
const SIGN: CK_FLAGS = CKF_SIGN | CKF_MESSAGE_SIGN | VERIFY;
const RECOVER: CK_FLAGS = CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER;
const CIPHER: CK_FLAGS = CKF_ENCRYPT | CKF_DECRYPT;
const CURVES: CK_FLAGS = CKF_EC_F_P | CKF_EC_OID | CKF_EC_UNCOMPRESS;
const MESSAGES: CK_FLAGS = CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_MULTI_MESSAGE;
/// What encrypts wraps keys, too.
const WRAP: CK_FLAGS = CKF_WRAP | CKF_UNWRAP;
const RSA: (CK_ULONG, CK_ULONG) = (2048, 4096);
const EC: (CK_ULONG, CK_ULONG) = (256, 521);
const EDWARDS: (CK_ULONG, CK_ULONG) = (255, 255);
/// Keys on both kinds of curves.
const AGREEMENT: (CK_ULONG, CK_ULONG) = (255, 521);
/// Parameter sets have no sizes in bits; these are of the encoded public keys, in bytes.
const ML_DSA: (CK_ULONG, CK_ULONG) = (1312, 2592);
const ML_KEM: (CK_ULONG, CK_ULONG) = (800, 1568);
/// AES keys are counted in bytes.
const AES: (CK_ULONG, CK_ULONG) = (16, 32);
const CHACHA20: (CK_ULONG, CK_ULONG) = (32, 32);
/// Generic secrets are counted in bits.
const SECRET: (CK_ULONG, CK_ULONG) = (8, 4096);
const NONE: (CK_ULONG, CK_ULONG) = (0, 0);

macro_rules! table {
    ($($mechanism:ident $action:expr, $sizes:expr, $flags:expr;)*) => {
        &[$(Row {
            mechanism: $mechanism,
            action: $action,
            #[cfg(test)]
            name: stringify!($mechanism),
            sizes: $sizes,
            flags: $flags,
        },)*]
    };
}

use Action::{Agree, Digest as Hash, Encapsulate, Encrypt, Generate, Hkdf, Sign};
use Digest::{Sha1, Sha3_224, Sha3_256, Sha3_384, Sha3_512, Sha224, Sha256, Sha384, Sha512};
use Signature::{AesCmac, Ecdsa, Ed25519, Hmac, MlDsa, RsaPkcs1, RsaPss, RsaRaw};

static TABLE: &[Row] = table! {
    CKM_RSA_PKCS_KEY_PAIR_GEN Generate(KeyClass::Rsa), RSA, CKF_GENERATE_KEY_PAIR;
    CKM_RSA_PKCS Sign(RsaPkcs1, None), RSA, SIGN | RECOVER | CIPHER | WRAP;
    CKM_RSA_X_509 Sign(RsaRaw, None), RSA, SIGN | CIPHER | WRAP;
    // New signatures are never made with SHA-1; old ones can be verified.
    CKM_SHA1_RSA_PKCS Sign(RsaPkcs1, Some(Sha1)), RSA, VERIFY;
    CKM_SHA224_RSA_PKCS Sign(RsaPkcs1, Some(Sha224)), RSA, SIGN;
    CKM_SHA256_RSA_PKCS Sign(RsaPkcs1, Some(Sha256)), RSA, SIGN;
    CKM_SHA384_RSA_PKCS Sign(RsaPkcs1, Some(Sha384)), RSA, SIGN;
    CKM_SHA512_RSA_PKCS Sign(RsaPkcs1, Some(Sha512)), RSA, SIGN;
    CKM_SHA3_224_RSA_PKCS Sign(RsaPkcs1, Some(Sha3_224)), RSA, SIGN;
    CKM_SHA3_256_RSA_PKCS Sign(RsaPkcs1, Some(Sha3_256)), RSA, SIGN;
    CKM_SHA3_384_RSA_PKCS Sign(RsaPkcs1, Some(Sha3_384)), RSA, SIGN;
    CKM_SHA3_512_RSA_PKCS Sign(RsaPkcs1, Some(Sha3_512)), RSA, SIGN;
    CKM_RSA_PKCS_PSS Sign(RsaPss, None), RSA, SIGN;
    CKM_SHA224_RSA_PKCS_PSS Sign(RsaPss, Some(Sha224)), RSA, SIGN;
    CKM_SHA256_RSA_PKCS_PSS Sign(RsaPss, Some(Sha256)), RSA, SIGN;
    CKM_SHA384_RSA_PKCS_PSS Sign(RsaPss, Some(Sha384)), RSA, SIGN;
    CKM_SHA512_RSA_PKCS_PSS Sign(RsaPss, Some(Sha512)), RSA, SIGN;
    CKM_SHA3_224_RSA_PKCS_PSS Sign(RsaPss, Some(Sha3_224)), RSA, SIGN;
    CKM_SHA3_256_RSA_PKCS_PSS Sign(RsaPss, Some(Sha3_256)), RSA, SIGN;
    CKM_SHA3_384_RSA_PKCS_PSS Sign(RsaPss, Some(Sha3_384)), RSA, SIGN;
    CKM_SHA3_512_RSA_PKCS_PSS Sign(RsaPss, Some(Sha3_512)), RSA, SIGN;
    CKM_RSA_PKCS_OAEP Encrypt(Encryption::RsaOaep), RSA, CIPHER | WRAP;
    CKM_EC_KEY_PAIR_GEN Generate(KeyClass::Ec), EC, CKF_GENERATE_KEY_PAIR | CURVES;
    CKM_ECDSA Sign(Ecdsa, None), EC, SIGN | CURVES;
    CKM_ECDSA_SHA1 Sign(Ecdsa, Some(Sha1)), EC, VERIFY | CURVES;
    CKM_ECDSA_SHA224 Sign(Ecdsa, Some(Sha224)), EC, SIGN | CURVES;
    CKM_ECDSA_SHA256 Sign(Ecdsa, Some(Sha256)), EC, SIGN | CURVES;
    CKM_ECDSA_SHA384 Sign(Ecdsa, Some(Sha384)), EC, SIGN | CURVES;
    CKM_ECDSA_SHA512 Sign(Ecdsa, Some(Sha512)), EC, SIGN | CURVES;
    CKM_ECDSA_SHA3_224 Sign(Ecdsa, Some(Sha3_224)), EC, SIGN | CURVES;
    CKM_ECDSA_SHA3_256 Sign(Ecdsa, Some(Sha3_256)), EC, SIGN | CURVES;
    CKM_ECDSA_SHA3_384 Sign(Ecdsa, Some(Sha3_384)), EC, SIGN | CURVES;
    CKM_ECDSA_SHA3_512 Sign(Ecdsa, Some(Sha3_512)), EC, SIGN | CURVES;
    CKM_EC_MONTGOMERY_KEY_PAIR_GEN Generate(KeyClass::Montgomery), EDWARDS, CKF_GENERATE_KEY_PAIR;
    // The cofactor of all curves here is 1.
    CKM_ECDH1_DERIVE Agree, AGREEMENT, CKF_DERIVE | CURVES;
    CKM_ECDH1_COFACTOR_DERIVE Agree, AGREEMENT, CKF_DERIVE | CURVES;
    CKM_EC_EDWARDS_KEY_PAIR_GEN Generate(KeyClass::Edwards), EDWARDS, CKF_GENERATE_KEY_PAIR;
    CKM_EDDSA Sign(Ed25519, None), EDWARDS, SIGN;
    CKM_ML_DSA_KEY_PAIR_GEN Generate(KeyClass::MlDsa), ML_DSA, CKF_GENERATE_KEY_PAIR;
    CKM_ML_DSA Sign(MlDsa, None), ML_DSA, SIGN;
    CKM_ML_KEM_KEY_PAIR_GEN Generate(KeyClass::MlKem), ML_KEM, CKF_GENERATE_KEY_PAIR;
    CKM_ML_KEM Encapsulate, ML_KEM, CKF_ENCAPSULATE | CKF_DECAPSULATE;
    CKM_AES_KEY_GEN Generate(KeyClass::Aes), AES, CKF_GENERATE;
    CKM_AES_ECB Encrypt(Encryption::Aes(EncryptionScheme::AesEcb)), AES, CIPHER | WRAP;
    CKM_AES_CBC Encrypt(Encryption::Aes(EncryptionScheme::AesCbc)), AES, CIPHER | WRAP;
    CKM_AES_CBC_PAD Encrypt(Encryption::Aes(EncryptionScheme::AesCbcPad)), AES, CIPHER | WRAP;
    CKM_AES_CTR Encrypt(Encryption::AesCtr), AES, CIPHER;
    CKM_AES_GCM Encrypt(Encryption::AesGcm), AES, CIPHER | WRAP | MESSAGES;
    CKM_AES_CCM Encrypt(Encryption::AesCcm), AES, CIPHER | WRAP;
    CKM_AES_KEY_WRAP Encrypt(Encryption::Aes(EncryptionScheme::AesKeyWrap)), AES, CIPHER | WRAP;
    CKM_AES_KEY_WRAP_KWP Encrypt(Encryption::Aes(EncryptionScheme::AesKeyWrapPad)), AES, CIPHER | WRAP;
    CKM_AES_CMAC Sign(AesCmac, None), AES, SIGN;
    CKM_AES_CMAC_GENERAL Sign(AesCmac, None), AES, SIGN;
    CKM_CHACHA20_KEY_GEN Generate(KeyClass::ChaCha20), CHACHA20, CKF_GENERATE;
    CKM_CHACHA20_POLY1305 Encrypt(Encryption::ChaCha20Poly1305), CHACHA20, CIPHER | WRAP;
    CKM_GENERIC_SECRET_KEY_GEN Generate(KeyClass::Generic), SECRET, CKF_GENERATE;
    CKM_SHA_1_HMAC Sign(Hmac(Sha1), None), SECRET, SIGN;
    CKM_SHA_1_HMAC_GENERAL Sign(Hmac(Sha1), None), SECRET, SIGN;
    CKM_SHA224_HMAC Sign(Hmac(Sha224), None), SECRET, SIGN;
    CKM_SHA224_HMAC_GENERAL Sign(Hmac(Sha224), None), SECRET, SIGN;
    CKM_SHA256_HMAC Sign(Hmac(Sha256), None), SECRET, SIGN;
    CKM_SHA256_HMAC_GENERAL Sign(Hmac(Sha256), None), SECRET, SIGN;
    CKM_SHA384_HMAC Sign(Hmac(Sha384), None), SECRET, SIGN;
    CKM_SHA384_HMAC_GENERAL Sign(Hmac(Sha384), None), SECRET, SIGN;
    CKM_SHA512_HMAC Sign(Hmac(Sha512), None), SECRET, SIGN;
    CKM_SHA512_HMAC_GENERAL Sign(Hmac(Sha512), None), SECRET, SIGN;
    CKM_SHA3_224_HMAC Sign(Hmac(Sha3_224), None), SECRET, SIGN;
    CKM_SHA3_224_HMAC_GENERAL Sign(Hmac(Sha3_224), None), SECRET, SIGN;
    CKM_SHA3_256_HMAC Sign(Hmac(Sha3_256), None), SECRET, SIGN;
    CKM_SHA3_256_HMAC_GENERAL Sign(Hmac(Sha3_256), None), SECRET, SIGN;
    CKM_SHA3_384_HMAC Sign(Hmac(Sha3_384), None), SECRET, SIGN;
    CKM_SHA3_384_HMAC_GENERAL Sign(Hmac(Sha3_384), None), SECRET, SIGN;
    CKM_SHA3_512_HMAC Sign(Hmac(Sha3_512), None), SECRET, SIGN;
    CKM_SHA3_512_HMAC_GENERAL Sign(Hmac(Sha3_512), None), SECRET, SIGN;
    CKM_HKDF_DERIVE Hkdf, SECRET, CKF_DERIVE;
    CKM_SHA_1 Hash(Sha1), NONE, CKF_DIGEST;
    CKM_SHA224 Hash(Sha224), NONE, CKF_DIGEST;
    CKM_SHA256 Hash(Sha256), NONE, CKF_DIGEST;
    CKM_SHA384 Hash(Sha384), NONE, CKF_DIGEST;
    CKM_SHA512 Hash(Sha512), NONE, CKF_DIGEST;
    CKM_SHA3_224 Hash(Sha3_224), NONE, CKF_DIGEST;
    CKM_SHA3_256 Hash(Sha3_256), NONE, CKF_DIGEST;
    CKM_SHA3_384 Hash(Sha3_384), NONE, CKF_DIGEST;
    CKM_SHA3_512 Hash(Sha3_512), NONE, CKF_DIGEST;
};

impl Row {
    /// The row of a mechanism.
    pub(crate) fn of(mechanism: CK_MECHANISM_TYPE) -> Result<&'static Row> {
        TABLE.iter().find(|row| row.mechanism == mechanism).ok_or(Rv(CKR_MECHANISM_INVALID))
    }

    /// Whether it makes keys like this.
    fn generates(&self, spec: KeySpec) -> bool {
        let class = match spec.class() {
            KeyClass::Hmac => KeyClass::Generic,
            class => class,
        };
        self.action == Action::Generate(class)
    }

    /// Whether keys of a token whose custodian offers this can do something by it. Hashing needs none.
    pub(crate) fn is_offered(&self, capabilities: &Capabilities) -> bool {
        match self.action {
            Action::Digest(_) => true,
            Action::Generate(_) => capabilities.generates.iter().any(|spec| self.generates(*spec)),
            _ => {
                // The backend takes a DigestInfo for its digest, where that alone is offered.
                let digests = || {
                    Digest::iter()
                        .map(|digest| Algorithm::Signature(SignatureScheme::RsaPkcs1 { digest }))
                };
                let offered = capabilities.algorithms;
                !self.algorithms().intersection(offered).is_empty()
                    || self.mechanism == CKM_RSA_PKCS && digests().any(|it| offered.contains(it))
            }
        }
    }

    /// Whether the parameter is the length of the MAC.
    pub(crate) fn is_general(&self) -> bool {
        matches!(
            self.mechanism,
            CKM_SHA_1_HMAC_GENERAL
                | CKM_SHA224_HMAC_GENERAL
                | CKM_SHA256_HMAC_GENERAL
                | CKM_SHA384_HMAC_GENERAL
                | CKM_SHA512_HMAC_GENERAL
                | CKM_SHA3_224_HMAC_GENERAL
                | CKM_SHA3_256_HMAC_GENERAL
                | CKM_SHA3_384_HMAC_GENERAL
                | CKM_SHA3_512_HMAC_GENERAL
                | CKM_AES_CMAC_GENERAL
        )
    }

    /// Refuses a mechanism that does not do what `flag` says.
    pub(crate) fn permits(&self, flag: CK_FLAGS) -> Result<()> {
        if self.flags & flag != 0 { Ok(()) } else { Err(Rv(CKR_MECHANISM_INVALID)) }
    }

    /// `C_GetMechanismInfo`.
    pub(crate) fn info(&self) -> CK_MECHANISM_INFO {
        CK_MECHANISM_INFO {
            ulMinKeySize: self.sizes.0,
            ulMaxKeySize: self.sizes.1,
            flags: self.flags,
        }
    }

    /// Whether the mechanism works with keys of a family, other than to make them.
    pub(crate) fn works_with(&self, class: KeyClass) -> bool {
        class
            == match self.action {
                Action::Generate(_) | Action::Digest(_) => return false,
                Action::Agree => return matches!(class, KeyClass::Ec | KeyClass::Montgomery),
                Action::Encapsulate => KeyClass::MlKem,
                Action::Sign(RsaPkcs1 | RsaRaw | RsaPss, _) => KeyClass::Rsa,
                Action::Sign(Ecdsa, _) => KeyClass::Ec,
                Action::Sign(Ed25519, _) => KeyClass::Edwards,
                Action::Sign(MlDsa, _) => KeyClass::MlDsa,
                Action::Sign(Hmac(_), _) => {
                    return matches!(class, KeyClass::Hmac | KeyClass::Generic);
                }
                Action::Sign(AesCmac, _) => KeyClass::Aes,
                Action::Hkdf => KeyClass::Generic,
                Action::Encrypt(
                    Encryption::RsaPkcs1 | Encryption::RsaRaw | Encryption::RsaOaep,
                ) => KeyClass::Rsa,
                Action::Encrypt(Encryption::ChaCha20Poly1305) => KeyClass::ChaCha20,
                Action::Encrypt(_) => KeyClass::Aes,
            }
    }
}

/// The mechanisms of a token whose custodian offers this, in the order of the table.
pub(crate) fn offered(capabilities: &Capabilities) -> Vec<CK_MECHANISM_TYPE> {
    TABLE.iter().filter(|row| row.is_offered(capabilities)).map(|row| row.mechanism).collect()
}

/// The mechanisms that a key works with.
pub(crate) fn for_key(spec: KeySpec) -> impl Iterator<Item = &'static Row> {
    TABLE.iter().filter(move |row| row.works_with(spec.class()))
}

/// `CKA_ALLOWED_MECHANISMS` of a key that all mechanisms are allowed for that it works with.
pub(crate) fn allowed(spec: KeySpec) -> Vec<u8> {
    for_key(spec).flat_map(|row| row.mechanism.to_ne_bytes()).collect()
}

/// The mechanism that makes keys like this.
pub(crate) fn generation(spec: KeySpec) -> Option<CK_MECHANISM_TYPE> {
    TABLE.iter().find(|row| row.generates(spec)).map(|row| row.mechanism)
}

/// The standard's names of all mechanisms.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name)
}

#[cfg(test)]
mod tests {
    use supacrypt_core::AlgorithmSet;

    use super::*;

    #[test]
    fn no_mechanism_is_listed_twice() {
        let mut all: Vec<_> = TABLE.iter().map(|row| row.mechanism).collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_token_lists_what_its_custodian_offers() {
        assert_eq!(offered(&Capabilities::all()).len(), TABLE.len());
        let few = Capabilities {
            generates: vec![KeySpec::EcP256],
            imports: Vec::new(),
            algorithms: AlgorithmSet::from_names(["ecdsa"]).unwrap(),
            one_purpose: false,
        };
        let listed = offered(&few);
        for mechanism in [CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, CKM_ECDSA_SHA256, CKM_SHA256] {
            assert!(listed.contains(&mechanism), "{mechanism:#x}");
        }
        for mechanism in [CKM_RSA_PKCS, CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_ECDH1_DERIVE, CKM_AES_CBC] {
            assert!(!listed.contains(&mechanism), "{mechanism:#x}");
        }
    }
}
