//! The mechanisms, in one table: what is listed, what `C_GetMechanismInfo` says, and what a
//! mechanism means in the backend's words.

use cryptoki_sys::*;
use supacrypt_core::{Digest, EncryptionScheme, KeyClass, KeySpec, MacScheme, SignatureScheme};

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
}

/// Kinds of signatures and MACs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signature {
    /// PKCS#1 v1.5.
    RsaPkcs1,
    /// PSS.
    RsaPss,
    /// ECDSA.
    Ecdsa,
    /// Ed25519.
    Ed25519,
    /// HMAC.
    Hmac(Digest),
}

/// Kinds of encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// PKCS#1 v1.5.
    RsaPkcs1,
    /// OAEP.
    RsaOaep,
    /// AES in a mode whose parameter is an IV or nothing.
    Aes(EncryptionScheme),
    /// AES-GCM.
    AesGcm,
    /// AES-CTR.
    AesCtr,
}

/// One mechanism.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) mechanism: CK_MECHANISM_TYPE,
    pub(crate) action: Action,
    name: &'static str,
    /// Smallest and largest key, in the unit that the standard has for the mechanism.
    sizes: (CK_ULONG, CK_ULONG),
    flags: CK_FLAGS,
}

const SIGN: CK_FLAGS = CKF_SIGN | CKF_VERIFY;
const CIPHER: CK_FLAGS = CKF_ENCRYPT | CKF_DECRYPT;
const CURVES: CK_FLAGS = CKF_EC_F_P | CKF_EC_OID | CKF_EC_UNCOMPRESS;
const RSA: (CK_ULONG, CK_ULONG) = (2048, 4096);
const EC: (CK_ULONG, CK_ULONG) = (256, 521);
const EDWARDS: (CK_ULONG, CK_ULONG) = (255, 255);
/// AES keys are counted in bytes.
const AES: (CK_ULONG, CK_ULONG) = (16, 32);
/// Generic secrets are counted in bits.
const SECRET: (CK_ULONG, CK_ULONG) = (256, 512);
const NONE: (CK_ULONG, CK_ULONG) = (0, 0);

macro_rules! table {
    ($($mechanism:ident $action:expr, $sizes:expr, $flags:expr;)*) => {
        &[$(Row {
            mechanism: $mechanism,
            action: $action,
            name: stringify!($mechanism),
            sizes: $sizes,
            flags: $flags,
        },)*]
    };
}

use Action::{Digest as Hash, Encrypt, Generate, Sign};
use Digest::{Sha1, Sha224, Sha256, Sha384, Sha512};
use Signature::{Ecdsa, Ed25519, Hmac, RsaPkcs1, RsaPss};

static TABLE: &[Row] = table! {
    CKM_RSA_PKCS_KEY_PAIR_GEN Generate(KeyClass::Rsa), RSA, CKF_GENERATE_KEY_PAIR;
    CKM_RSA_PKCS Sign(RsaPkcs1, None), RSA, SIGN | CIPHER;
    // New signatures are never made with SHA-1; old ones can be verified.
    CKM_SHA1_RSA_PKCS Sign(RsaPkcs1, Some(Sha1)), RSA, CKF_VERIFY;
    CKM_SHA224_RSA_PKCS Sign(RsaPkcs1, Some(Sha224)), RSA, SIGN;
    CKM_SHA256_RSA_PKCS Sign(RsaPkcs1, Some(Sha256)), RSA, SIGN;
    CKM_SHA384_RSA_PKCS Sign(RsaPkcs1, Some(Sha384)), RSA, SIGN;
    CKM_SHA512_RSA_PKCS Sign(RsaPkcs1, Some(Sha512)), RSA, SIGN;
    CKM_RSA_PKCS_PSS Sign(RsaPss, None), RSA, SIGN;
    CKM_SHA224_RSA_PKCS_PSS Sign(RsaPss, Some(Sha224)), RSA, SIGN;
    CKM_SHA256_RSA_PKCS_PSS Sign(RsaPss, Some(Sha256)), RSA, SIGN;
    CKM_SHA384_RSA_PKCS_PSS Sign(RsaPss, Some(Sha384)), RSA, SIGN;
    CKM_SHA512_RSA_PKCS_PSS Sign(RsaPss, Some(Sha512)), RSA, SIGN;
    CKM_RSA_PKCS_OAEP Encrypt(Encryption::RsaOaep), RSA, CIPHER;
    CKM_EC_KEY_PAIR_GEN Generate(KeyClass::Ec), EC, CKF_GENERATE_KEY_PAIR | CURVES;
    CKM_ECDSA Sign(Ecdsa, None), EC, SIGN | CURVES;
    CKM_ECDSA_SHA1 Sign(Ecdsa, Some(Sha1)), EC, CKF_VERIFY | CURVES;
    CKM_ECDSA_SHA224 Sign(Ecdsa, Some(Sha224)), EC, SIGN | CURVES;
    CKM_ECDSA_SHA256 Sign(Ecdsa, Some(Sha256)), EC, SIGN | CURVES;
    CKM_ECDSA_SHA384 Sign(Ecdsa, Some(Sha384)), EC, SIGN | CURVES;
    CKM_ECDSA_SHA512 Sign(Ecdsa, Some(Sha512)), EC, SIGN | CURVES;
    CKM_EC_EDWARDS_KEY_PAIR_GEN Generate(KeyClass::Edwards), EDWARDS, CKF_GENERATE_KEY_PAIR;
    CKM_EDDSA Sign(Ed25519, None), EDWARDS, SIGN;
    CKM_AES_KEY_GEN Generate(KeyClass::Aes), AES, CKF_GENERATE;
    CKM_AES_CBC Encrypt(Encryption::Aes(EncryptionScheme::AesCbc)), AES, CIPHER;
    CKM_AES_CBC_PAD Encrypt(Encryption::Aes(EncryptionScheme::AesCbcPad)), AES, CIPHER;
    CKM_AES_CTR Encrypt(Encryption::AesCtr), AES, CIPHER;
    CKM_AES_GCM Encrypt(Encryption::AesGcm), AES, CIPHER;
    CKM_AES_KEY_WRAP Encrypt(Encryption::Aes(EncryptionScheme::AesKeyWrap)), AES, CIPHER;
    CKM_AES_KEY_WRAP_KWP Encrypt(Encryption::Aes(EncryptionScheme::AesKeyWrapPad)), AES, CIPHER;
    CKM_GENERIC_SECRET_KEY_GEN Generate(KeyClass::Hmac), SECRET, CKF_GENERATE;
    CKM_SHA256_HMAC Sign(Hmac(Sha256), None), SECRET, SIGN;
    CKM_SHA384_HMAC Sign(Hmac(Sha384), None), SECRET, SIGN;
    CKM_SHA512_HMAC Sign(Hmac(Sha512), None), SECRET, SIGN;
    CKM_SHA_1 Hash(Sha1), NONE, CKF_DIGEST;
    CKM_SHA224 Hash(Sha224), NONE, CKF_DIGEST;
    CKM_SHA256 Hash(Sha256), NONE, CKF_DIGEST;
    CKM_SHA384 Hash(Sha384), NONE, CKF_DIGEST;
    CKM_SHA512 Hash(Sha512), NONE, CKF_DIGEST;
};

impl Row {
    /// The row of a mechanism.
    pub(crate) fn of(mechanism: CK_MECHANISM_TYPE) -> Result<&'static Row> {
        TABLE.iter().find(|row| row.mechanism == mechanism).ok_or(Rv(CKR_MECHANISM_INVALID))
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

    fn key_class(&self) -> Option<KeyClass> {
        Some(match self.action {
            Action::Generate(_) | Action::Digest(_) => return None,
            Action::Sign(RsaPkcs1 | RsaPss, _) => KeyClass::Rsa,
            Action::Sign(Ecdsa, _) => KeyClass::Ec,
            Action::Sign(Ed25519, _) => KeyClass::Edwards,
            Action::Sign(Hmac(_), _) => KeyClass::Hmac,
            Action::Encrypt(Encryption::RsaPkcs1 | Encryption::RsaOaep) => KeyClass::Rsa,
            Action::Encrypt(_) => KeyClass::Aes,
        })
    }
}

/// All mechanisms, in the order of the table.
pub(crate) fn all() -> Vec<CK_MECHANISM_TYPE> {
    TABLE.iter().map(|row| row.mechanism).collect()
}

/// The mechanisms that a key works with.
pub(crate) fn for_key(spec: KeySpec) -> impl Iterator<Item = CK_MECHANISM_TYPE> {
    TABLE.iter().filter(move |row| row.key_class() == Some(spec.class())).map(|row| row.mechanism)
}

/// The mechanism that makes keys like this.
pub(crate) fn generation(spec: KeySpec) -> CK_MECHANISM_TYPE {
    match spec.class() {
        KeyClass::Rsa => CKM_RSA_PKCS_KEY_PAIR_GEN,
        KeyClass::Ec => CKM_EC_KEY_PAIR_GEN,
        KeyClass::Edwards => CKM_EC_EDWARDS_KEY_PAIR_GEN,
        KeyClass::Aes => CKM_AES_KEY_GEN,
        KeyClass::Hmac => CKM_GENERIC_SECRET_KEY_GEN,
    }
}

/// The standard's names of all mechanisms, for the documentation's test.
pub fn mechanism_names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.name)
}

/// A mechanism's parameter, copied out of the caller's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    /// Nothing, or the bytes of an IV.
    Bytes(Vec<u8>),
    /// `CK_RSA_PKCS_PSS_PARAMS`.
    Pss { hash: CK_MECHANISM_TYPE, mgf: CK_RSA_PKCS_MGF_TYPE, salt_length: CK_ULONG },
    /// `CK_RSA_PKCS_OAEP_PARAMS`.
    Oaep { hash: CK_MECHANISM_TYPE, mgf: CK_RSA_PKCS_MGF_TYPE, label: Vec<u8> },
    /// `CK_GCM_PARAMS`.
    Gcm { iv: Vec<u8>, aad: Vec<u8>, tag_bits: CK_ULONG },
    /// `CK_AES_CTR_PARAMS`.
    Ctr { counter_bits: CK_ULONG, block: [u8; 16] },
}

/// A mechanism with its parameter, as a caller chose it.
#[derive(Clone, Debug)]
pub(crate) struct Mechanism {
    pub(crate) row: &'static Row,
    pub(crate) parameter: Parameter,
}

/// How a signature or MAC is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// With the private key.
    Signature(SignatureScheme),
    /// With a secret key.
    Mac(MacScheme),
}

/// How bytes are encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cipher {
    pub(crate) scheme: EncryptionScheme,
    pub(crate) iv: Vec<u8>,
    pub(crate) aad: Vec<u8>,
    /// How often an AES-CTR counter of fewer than 128 bits can be counted on before it would begin
    /// again, in blocks.
    pub(crate) blocks: Option<u128>,
}

const BAD_PARAMETER: Rv = Rv(CKR_MECHANISM_PARAM_INVALID);

impl Mechanism {
    /// What is to be hashed first, and how the result is signed.
    pub(crate) fn signature(&self) -> Result<(Option<Digest>, Scheme)> {
        let Action::Sign(signature, hashed) = self.row.action else {
            return Err(Rv(CKR_MECHANISM_INVALID));
        };
        let scheme = match (signature, &self.parameter) {
            (RsaPss, Parameter::Pss { hash, mgf, salt_length }) => {
                let digest = digest(*hash)?;
                if hashed.is_some_and(|hashed| hashed != digest) {
                    return Err(BAD_PARAMETER);
                }
                Scheme::Signature(SignatureScheme::RsaPss {
                    digest,
                    mgf_digest: mgf_digest(*mgf)?,
                    salt_length: u16::try_from(*salt_length).map_err(|_| BAD_PARAMETER)?,
                })
            }
            (RsaPss, _) => return Err(BAD_PARAMETER),
            (_, Parameter::Bytes(bytes)) if bytes.is_empty() => match signature {
                Hmac(digest) => Scheme::Mac(MacScheme::Hmac { digest }),
                Ecdsa => Scheme::Signature(SignatureScheme::Ecdsa),
                Ed25519 => Scheme::Signature(SignatureScheme::Ed25519),
                _ => Scheme::Signature(match hashed {
                    Some(digest) => SignatureScheme::RsaPkcs1 { digest },
                    None => SignatureScheme::RsaPkcs1Raw,
                }),
            },
            _ => return Err(BAD_PARAMETER),
        };
        Ok((hashed, scheme))
    }

    /// How to encrypt.
    pub(crate) fn cipher(&self) -> Result<Cipher> {
        let encryption = match self.row.action {
            Action::Encrypt(encryption) => encryption,
            // CKM_RSA_PKCS is both.
            Action::Sign(RsaPkcs1, None) => Encryption::RsaPkcs1,
            _ => return Err(Rv(CKR_MECHANISM_INVALID)),
        };
        let plain = |scheme, iv: &[u8], aad: &[u8]| Cipher {
            scheme,
            iv: iv.to_vec(),
            aad: aad.to_vec(),
            blocks: None,
        };
        match (encryption, &self.parameter) {
            (Encryption::RsaPkcs1, Parameter::Bytes(bytes)) if bytes.is_empty() => {
                Ok(plain(EncryptionScheme::RsaPkcs1, &[], &[]))
            }
            (Encryption::RsaOaep, Parameter::Oaep { hash, mgf, label }) => {
                let (digest, mgf_digest) = (digest(*hash)?, mgf_digest(*mgf)?);
                Ok(plain(EncryptionScheme::RsaOaep { digest, mgf_digest }, &[], label))
            }
            (Encryption::AesGcm, Parameter::Gcm { iv, aad, tag_bits })
                if iv.len() == 12 && tag_bits % 8 == 0 && (96..=128).contains(tag_bits) =>
            {
                let tag_length = u8::try_from(tag_bits / 8).map_err(|_| BAD_PARAMETER)?;
                Ok(plain(EncryptionScheme::AesGcm { tag_length }, iv, aad))
            }
            (Encryption::AesCtr, Parameter::Ctr { counter_bits, block })
                if (1..=128).contains(counter_bits) =>
            {
                let mut cipher = plain(EncryptionScheme::AesCtr, block, &[]);
                if *counter_bits < 128 {
                    let size = 1_u128 << counter_bits;
                    cipher.blocks = Some(size - u128::from_be_bytes(*block) % size);
                }
                Ok(cipher)
            }
            // No IV is the standard's word for the default one of RFC 3394 and RFC 5649.
            (Encryption::Aes(scheme), Parameter::Bytes(iv)) if iv.len() == scheme.iv_len() => {
                Ok(plain(scheme, iv, &[]))
            }
            _ => Err(BAD_PARAMETER),
        }
    }
}

fn digest(mechanism: CK_MECHANISM_TYPE) -> Result<Digest> {
    match Row::of(mechanism) {
        Ok(Row { action: Action::Digest(digest), .. }) => Ok(*digest),
        _ => Err(BAD_PARAMETER),
    }
}

fn mgf_digest(mgf: CK_RSA_PKCS_MGF_TYPE) -> Result<Digest> {
    match mgf {
        CKG_MGF1_SHA1 => Ok(Sha1),
        CKG_MGF1_SHA224 => Ok(Sha224),
        CKG_MGF1_SHA256 => Ok(Sha256),
        CKG_MGF1_SHA384 => Ok(Sha384),
        CKG_MGF1_SHA512 => Ok(Sha512),
        _ => Err(BAD_PARAMETER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mechanism(mechanism: CK_MECHANISM_TYPE, parameter: Parameter) -> Mechanism {
        Mechanism { row: Row::of(mechanism).unwrap(), parameter }
    }

    #[test]
    fn no_mechanism_is_listed_twice() {
        let mut all = all();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn pss_with_two_different_digests_is_refused() {
        let pss = Parameter::Pss { hash: CKM_SHA384, mgf: CKG_MGF1_SHA384, salt_length: 48 };
        assert!(mechanism(CKM_SHA384_RSA_PKCS_PSS, pss.clone()).signature().is_ok());
        let refused = mechanism(CKM_SHA256_RSA_PKCS_PSS, pss).signature();
        assert_eq!(refused, Err(Rv(CKR_MECHANISM_PARAM_INVALID)));
    }

    #[test]
    fn a_short_counter_tells_how_far_it_counts() {
        let mut block = [0xff; 16];
        block[15] = 0xfe;
        let ctr = |counter_bits| {
            mechanism(CKM_AES_CTR, Parameter::Ctr { counter_bits, block }).cipher().unwrap().blocks
        };
        assert_eq!(ctr(32), Some(2));
        assert_eq!(ctr(128), None);
    }
}
