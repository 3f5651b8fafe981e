//! Signature, encryption and MAC schemes.

use supacrypt_core::{Digest, EncryptionScheme, Error, MacScheme, Reason, SignatureScheme};

use super::{not_supported, unknown};
use crate::v1;
use crate::v1::encryption_scheme::Type as EncryptionType;
use crate::v1::mac_scheme::Type as MacType;
use crate::v1::signature_scheme::Type as SignatureType;

impl From<Digest> for v1::Digest {
    fn from(digest: Digest) -> Self {
        match digest {
            Digest::Sha1 => v1::Digest::Sha1,
            Digest::Sha224 => v1::Digest::Sha224,
            Digest::Sha256 => v1::Digest::Sha256,
            Digest::Sha384 => v1::Digest::Sha384,
            Digest::Sha512 => v1::Digest::Sha512,
            Digest::Sha3_224 => v1::Digest::Sha3224,
            Digest::Sha3_256 => v1::Digest::Sha3256,
            Digest::Sha3_384 => v1::Digest::Sha3384,
            Digest::Sha3_512 => v1::Digest::Sha3512,
        }
    }
}

impl TryFrom<v1::Digest> for Digest {
    type Error = Error;

    fn try_from(digest: v1::Digest) -> Result<Self, Error> {
        match digest {
            v1::Digest::Sha1 => Ok(Digest::Sha1),
            v1::Digest::Sha224 => Ok(Digest::Sha224),
            v1::Digest::Sha256 => Ok(Digest::Sha256),
            v1::Digest::Sha384 => Ok(Digest::Sha384),
            v1::Digest::Sha512 => Ok(Digest::Sha512),
            v1::Digest::Sha3224 => Ok(Digest::Sha3_224),
            v1::Digest::Sha3256 => Ok(Digest::Sha3_256),
            v1::Digest::Sha3384 => Ok(Digest::Sha3_384),
            v1::Digest::Sha3512 => Ok(Digest::Sha3_512),
            v1::Digest::Unspecified => Err(unknown("the digest")),
        }
    }
}

/// The MGF1 digest, which follows the main one when it is not given.
fn mgf_digest(wire: v1::Digest, digest: Digest) -> Result<Digest, Error> {
    match wire {
        v1::Digest::Unspecified => Ok(digest),
        given => given.try_into(),
    }
}

impl From<SignatureScheme> for v1::SignatureScheme {
    fn from(scheme: SignatureScheme) -> Self {
        let mut wire = v1::SignatureScheme::default();
        match scheme {
            SignatureScheme::RsaPkcs1 { digest } => {
                wire.set_type(SignatureType::RsaPkcs1);
                wire.set_digest(digest.into());
            }
            SignatureScheme::RsaPkcs1Raw => wire.set_type(SignatureType::RsaPkcs1Raw),
            SignatureScheme::RsaRaw => wire.set_type(SignatureType::RsaRaw),
            SignatureScheme::RsaPss { digest, mgf_digest, salt_length } => {
                wire.set_type(SignatureType::RsaPss);
                wire.set_digest(digest.into());
                wire.set_mgf_digest(mgf_digest.into());
                wire.salt_length = Some(salt_length.into());
            }
            SignatureScheme::Ecdsa => wire.set_type(SignatureType::Ecdsa),
            SignatureScheme::Ed25519 => wire.set_type(SignatureType::Ed25519),
            SignatureScheme::MlDsa => wire.set_type(SignatureType::MlDsa),
            // The server answers AlgorithmNotSupported to a type it is not told.
            _ => {}
        }
        wire
    }
}

impl TryFrom<&v1::SignatureScheme> for SignatureScheme {
    type Error = Error;

    fn try_from(wire: &v1::SignatureScheme) -> Result<Self, Error> {
        match wire.r#type() {
            SignatureType::RsaPkcs1 => {
                Ok(SignatureScheme::RsaPkcs1 { digest: wire.digest().try_into()? })
            }
            SignatureType::RsaPkcs1Raw => Ok(SignatureScheme::RsaPkcs1Raw),
            SignatureType::RsaRaw => Ok(SignatureScheme::RsaRaw),
            SignatureType::RsaPss => {
                let digest = wire.digest().try_into()?;
                let salt_length = match wire.salt_length {
                    Some(length) => length.try_into().map_err(|_| {
                        Error::new(Reason::InvalidArgument, "the PSS salt is too long")
                            .in_field("scheme.salt_length")
                    })?,
                    None => digest_salt(digest),
                };
                let mgf_digest = mgf_digest(wire.mgf_digest(), digest)?;
                Ok(SignatureScheme::RsaPss { digest, mgf_digest, salt_length })
            }
            SignatureType::Ecdsa => Ok(SignatureScheme::Ecdsa),
            SignatureType::Ed25519 => Ok(SignatureScheme::Ed25519),
            SignatureType::MlDsa => Ok(SignatureScheme::MlDsa),
            SignatureType::Unspecified => Err(not_supported("signature")),
        }
    }
}

/// A salt as long as the digest, the usual choice (RFC 8017, section 9.1, note 4).
fn digest_salt(digest: Digest) -> u16 {
    u16::try_from(digest.len()).expect("invariant: digests have at most 64 bytes")
}

impl From<EncryptionScheme> for v1::EncryptionScheme {
    fn from(scheme: EncryptionScheme) -> Self {
        let mut wire = v1::EncryptionScheme::default();
        match scheme {
            EncryptionScheme::RsaPkcs1 => wire.set_type(EncryptionType::RsaPkcs1),
            EncryptionScheme::RsaOaep { digest, mgf_digest } => {
                wire.set_type(EncryptionType::RsaOaep);
                wire.set_digest(digest.into());
                wire.set_mgf_digest(mgf_digest.into());
            }
            EncryptionScheme::AesGcm { tag_length } => {
                wire.set_type(EncryptionType::AesGcm);
                wire.tag_length = tag_length.into();
            }
            EncryptionScheme::AesCcm { tag_length } => {
                wire.set_type(EncryptionType::AesCcm);
                wire.tag_length = tag_length.into();
            }
            EncryptionScheme::AesEcb => wire.set_type(EncryptionType::AesEcb),
            EncryptionScheme::ChaCha20Poly1305 => wire.set_type(EncryptionType::Chacha20Poly1305),
            EncryptionScheme::RsaRaw => wire.set_type(EncryptionType::RsaRaw),
            EncryptionScheme::AesCbc => wire.set_type(EncryptionType::AesCbc),
            EncryptionScheme::AesCbcPad => wire.set_type(EncryptionType::AesCbcPad),
            EncryptionScheme::AesCtr => wire.set_type(EncryptionType::AesCtr),
            EncryptionScheme::AesKeyWrap => wire.set_type(EncryptionType::AesKeyWrap),
            EncryptionScheme::AesKeyWrapPad => wire.set_type(EncryptionType::AesKeyWrapPad),
            // As for signatures.
            _ => {}
        }
        wire
    }
}

impl TryFrom<&v1::EncryptionScheme> for EncryptionScheme {
    type Error = Error;

    fn try_from(wire: &v1::EncryptionScheme) -> Result<Self, Error> {
        match wire.r#type() {
            EncryptionType::RsaPkcs1 => Ok(EncryptionScheme::RsaPkcs1),
            EncryptionType::RsaOaep => {
                let digest = wire.digest().try_into()?;
                let mgf_digest = mgf_digest(wire.mgf_digest(), digest)?;
                Ok(EncryptionScheme::RsaOaep { digest, mgf_digest })
            }
            EncryptionType::AesGcm => {
                Ok(EncryptionScheme::AesGcm { tag_length: tag_length(wire.tag_length)? })
            }
            EncryptionType::AesCcm => {
                Ok(EncryptionScheme::AesCcm { tag_length: tag_length(wire.tag_length)? })
            }
            EncryptionType::AesEcb => Ok(EncryptionScheme::AesEcb),
            EncryptionType::Chacha20Poly1305 => Ok(EncryptionScheme::ChaCha20Poly1305),
            EncryptionType::RsaRaw => Ok(EncryptionScheme::RsaRaw),
            EncryptionType::AesCbc => Ok(EncryptionScheme::AesCbc),
            EncryptionType::AesCbcPad => Ok(EncryptionScheme::AesCbcPad),
            EncryptionType::AesCtr => Ok(EncryptionScheme::AesCtr),
            EncryptionType::AesKeyWrap => Ok(EncryptionScheme::AesKeyWrap),
            EncryptionType::AesKeyWrapPad => Ok(EncryptionScheme::AesKeyWrapPad),
            EncryptionType::Unspecified => Err(not_supported("encryption")),
        }
    }
}

/// The length of a tag, 16 bytes when it is not given.
fn tag_length(wire: u32) -> Result<u8, Error> {
    match wire {
        0 => Ok(16),
        given => given.try_into().map_err(|_| {
            Error::new(Reason::InvalidArgument, "a tag has at most 16 bytes")
                .in_field("scheme.tag_length")
        }),
    }
}

impl From<MacScheme> for v1::MacScheme {
    fn from(scheme: MacScheme) -> Self {
        let mut wire = v1::MacScheme::default();
        match scheme {
            MacScheme::Hmac { digest, length } => {
                wire.set_type(MacType::Hmac);
                wire.set_digest(digest.into());
                wire.length = length.into();
            }
            MacScheme::AesCmac { length } => {
                wire.set_type(MacType::AesCmac);
                wire.length = length.into();
            }
            // As for signatures.
            _ => {}
        }
        wire
    }
}

impl TryFrom<&v1::MacScheme> for MacScheme {
    type Error = Error;

    fn try_from(wire: &v1::MacScheme) -> Result<Self, Error> {
        match wire.r#type() {
            MacType::Hmac => {
                let digest = wire.digest().try_into()?;
                match mac_length(wire.length)? {
                    0 => Ok(MacScheme::hmac(digest)),
                    length => Ok(MacScheme::Hmac { digest, length }),
                }
            }
            MacType::AesCmac => match mac_length(wire.length)? {
                0 => Ok(MacScheme::aes_cmac()),
                length => Ok(MacScheme::AesCmac { length }),
            },
            MacType::Unspecified => Err(not_supported("MAC")),
        }
    }
}

fn mac_length(wire: u32) -> Result<u8, Error> {
    wire.try_into().map_err(|_| {
        Error::new(Reason::InvalidArgument, "a MAC has at most 64 bytes").in_field("scheme.length")
    })
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_signature_scheme_survives_the_wire() {
        let mut schemes = vec![
            SignatureScheme::RsaPkcs1Raw,
            SignatureScheme::RsaRaw,
            SignatureScheme::Ecdsa,
            SignatureScheme::Ed25519,
            SignatureScheme::MlDsa,
        ];
        for digest in Digest::iter() {
            schemes.push(SignatureScheme::RsaPkcs1 { digest });
            let mgf_digest = Digest::Sha1;
            schemes.push(SignatureScheme::RsaPss { digest, mgf_digest, salt_length: 7 });
        }
        for scheme in schemes {
            assert_eq!(SignatureScheme::try_from(&v1::SignatureScheme::from(scheme)), Ok(scheme));
        }
    }

    #[test]
    fn every_encryption_scheme_survives_the_wire() {
        for scheme in [
            EncryptionScheme::RsaPkcs1,
            EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha1 },
            EncryptionScheme::RsaRaw,
            EncryptionScheme::AesGcm { tag_length: 12 },
            EncryptionScheme::AesCcm { tag_length: 4 },
            EncryptionScheme::AesEcb,
            EncryptionScheme::ChaCha20Poly1305,
            EncryptionScheme::AesCbc,
            EncryptionScheme::AesCbcPad,
            EncryptionScheme::AesCtr,
            EncryptionScheme::AesKeyWrap,
            EncryptionScheme::AesKeyWrapPad,
        ] {
            assert_eq!(EncryptionScheme::try_from(&v1::EncryptionScheme::from(scheme)), Ok(scheme));
        }
    }

    #[test]
    fn every_mac_scheme_survives_the_wire() {
        for scheme in [
            MacScheme::hmac(Digest::Sha3_224),
            MacScheme::Hmac { digest: Digest::Sha1, length: 10 },
            MacScheme::aes_cmac(),
            MacScheme::AesCmac { length: 8 },
        ] {
            assert_eq!(MacScheme::try_from(&v1::MacScheme::from(scheme)), Ok(scheme));
        }
        let wire = v1::MacScheme { length: 0, ..MacScheme::aes_cmac().into() };
        assert_eq!(MacScheme::try_from(&wire), Ok(MacScheme::aes_cmac()));
        let wire = v1::MacScheme { length: 256, ..MacScheme::aes_cmac().into() };
        assert_eq!(MacScheme::try_from(&wire).unwrap_err().field(), Some("scheme.length"));
    }

    #[test]
    fn what_is_left_out_takes_the_documented_default() {
        let mut wire = v1::SignatureScheme::default();
        wire.set_type(SignatureType::RsaPss);
        wire.set_digest(v1::Digest::Sha384);
        let expected = SignatureScheme::RsaPss {
            digest: Digest::Sha384,
            mgf_digest: Digest::Sha384,
            salt_length: 48,
        };
        assert_eq!(SignatureScheme::try_from(&wire), Ok(expected));
    }

    #[test]
    fn an_unspecified_scheme_is_not_supported() {
        let error = SignatureScheme::try_from(&v1::SignatureScheme::default()).unwrap_err();
        assert_eq!(error.reason(), Reason::AlgorithmNotSupported);
    }
}
