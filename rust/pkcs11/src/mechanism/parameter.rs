//! A mechanism with its parameter, and what the two mean in the backend's words.

use cryptoki_sys::*;
use supacrypt_core::{
    DerivationInput, DerivationScheme,
    Digest::{self, Sha1, Sha3_224, Sha3_256, Sha3_384, Sha3_512, Sha224, Sha256, Sha384, Sha512},
    EncryptionScheme, HkdfSteps, Kdf, MacScheme, SignatureScheme,
};

use super::{
    Action, Encryption, Row,
    Signature::{AesCmac, Ecdsa, Ed25519, Hmac, MlDsa, RsaPkcs1, RsaPss, RsaRaw},
};
use crate::error::{Result, Rv};

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
    /// `CK_CCM_PARAMS` and `CK_SALSA20_CHACHA20_POLY1305_PARAMS`; the length of the tag in bytes.
    Aead { nonce: Vec<u8>, aad: Vec<u8>, tag_length: CK_ULONG },
    /// `CK_AES_CTR_PARAMS`.
    Ctr { counter_bits: CK_ULONG, block: [u8; 16] },
    /// `CK_MAC_GENERAL_PARAMS`, bytes.
    MacLength(CK_ULONG),
    /// `CK_HKDF_PARAMS`.
    Hkdf { hash: CK_MECHANISM_TYPE, steps: HkdfSteps, salt: Vec<u8>, info: Vec<u8> },
    /// `CK_SIGN_ADDITIONAL_CONTEXT`.
    Context(Vec<u8>),
    /// `CK_ECDH1_DERIVE_PARAMS`.
    Ecdh { kdf: CK_EC_KDF_TYPE, info: Vec<u8>, peer: Vec<u8> },
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
            (MlDsa, Parameter::Context(_)) => Scheme::Signature(SignatureScheme::MlDsa),
            (Hmac(_) | AesCmac, Parameter::MacLength(length)) => {
                let length = u8::try_from(*length).map_err(|_| BAD_PARAMETER)?;
                let (scheme, whole) = match signature {
                    Hmac(digest) => (MacScheme::Hmac { digest, length }, digest.len()),
                    _ => (MacScheme::AesCmac { length }, MacScheme::aes_cmac().mac_len()),
                };
                if usize::from(length) > whole {
                    return Err(BAD_PARAMETER);
                }
                Scheme::Mac(scheme)
            }
            (_, Parameter::Bytes(bytes)) if bytes.is_empty() => match signature {
                Hmac(digest) => Scheme::Mac(MacScheme::hmac(digest)),
                AesCmac => Scheme::Mac(MacScheme::aes_cmac()),
                Ecdsa => Scheme::Signature(SignatureScheme::Ecdsa),
                RsaRaw => Scheme::Signature(SignatureScheme::RsaRaw),
                Ed25519 => Scheme::Signature(SignatureScheme::Ed25519),
                MlDsa => Scheme::Signature(SignatureScheme::MlDsa),
                _ => Scheme::Signature(match hashed {
                    Some(digest) => SignatureScheme::RsaPkcs1 { digest },
                    None => SignatureScheme::RsaPkcs1Raw,
                }),
            },
            _ => return Err(BAD_PARAMETER),
        };
        Ok((hashed, scheme))
    }

    /// What a signature is bound to beside the message; empty where nothing was said.
    pub(crate) fn context(&self) -> Vec<u8> {
        match &self.parameter {
            Parameter::Context(context) => context.clone(),
            _ => Vec::new(),
        }
    }

    /// How a secret is derived, and from what beside the key. The length is for the caller to fill in.
    pub(crate) fn derivation(&self) -> Result<(DerivationScheme, DerivationInput<'_>)> {
        match &self.parameter {
            Parameter::Ecdh { kdf, info, peer } => agreement(*kdf, info, peer),
            Parameter::Hkdf { hash, steps, salt, info } => {
                let scheme = DerivationScheme::Hkdf { digest: digest(*hash)?, steps: *steps };
                Ok((scheme, DerivationInput { salt, info, ..Default::default() }))
            }
            _ => Err(BAD_PARAMETER),
        }
    }

    /// How to encrypt.
    pub(crate) fn cipher(&self) -> Result<Cipher> {
        let encryption = match self.row.action {
            Action::Encrypt(encryption) => encryption,
            // CKM_RSA_PKCS and CKM_RSA_X_509 are both.
            Action::Sign(RsaPkcs1, None) => Encryption::RsaPkcs1,
            Action::Sign(RsaRaw, None) => Encryption::RsaRaw,
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
            (Encryption::RsaRaw, Parameter::Bytes(bytes)) if bytes.is_empty() => {
                Ok(plain(EncryptionScheme::RsaRaw, &[], &[]))
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
            (Encryption::AesCcm, Parameter::Aead { nonce, aad, tag_length })
                if (7..=13).contains(&nonce.len())
                    && (4..=16).contains(tag_length)
                    && tag_length % 2 == 0 =>
            {
                let tag_length = u8::try_from(*tag_length).map_err(|_| BAD_PARAMETER)?;
                Ok(plain(EncryptionScheme::AesCcm { tag_length }, nonce, aad))
            }
            (Encryption::ChaCha20Poly1305, Parameter::Aead { nonce, aad, .. })
                if nonce.len() == 12 =>
            {
                Ok(plain(EncryptionScheme::ChaCha20Poly1305, nonce, aad))
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

fn agreement<'a>(
    kdf: CK_EC_KDF_TYPE,
    info: &'a [u8],
    peer: &'a [u8],
) -> Result<(DerivationScheme, DerivationInput<'a>)> {
    let digest = |digest| Kdf::X963 { digest };
    let kdf = match kdf {
        CKD_NULL => Kdf::None,
        CKD_SHA1_KDF => digest(Sha1),
        CKD_SHA224_KDF => digest(Sha224),
        CKD_SHA256_KDF => digest(Sha256),
        CKD_SHA384_KDF => digest(Sha384),
        CKD_SHA512_KDF => digest(Sha512),
        CKD_SHA3_224_KDF => digest(Sha3_224),
        CKD_SHA3_256_KDF => digest(Sha3_256),
        CKD_SHA3_384_KDF => digest(Sha3_384),
        CKD_SHA3_512_KDF => digest(Sha3_512),
        _ => return Err(BAD_PARAMETER),
    };
    let input = DerivationInput { peer, info, ..Default::default() };
    Ok((DerivationScheme::Ecdh { kdf }, input))
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
        CKG_MGF1_SHA3_224 => Ok(Sha3_224),
        CKG_MGF1_SHA3_256 => Ok(Sha3_256),
        CKG_MGF1_SHA3_384 => Ok(Sha3_384),
        CKG_MGF1_SHA3_512 => Ok(Sha3_512),
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
