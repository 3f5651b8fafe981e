//! Schemes of ours as mechanisms of PKCS#11.

use std::borrow::Cow;
use std::ffi::c_ulong;

use cryptoki::mechanism::aead::GcmParams;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams};
use cryptoki::mechanism::vendor_defined::VendorDefinedMechanism;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::types::Ulong;
use supacrypt_core::{
    Digest, EncryptionScheme, Error, KeySpec, MacScheme, Reason, Result, SignatureScheme,
};

use super::fault::Fault;

/// `CK_AES_CTR_PARAMS` (PKCS#11 v3.1, section 6.13.1), which the crate does not have.
#[repr(C)]
struct CtrParams {
    counter_bits: c_ulong,
    block: [u8; 16],
}

/// A digest as parameters name it: alone, and inside of MGF1. Those of SHA-3 are younger than most
/// modules.
pub(super) fn digest(digest: Digest) -> Option<(MechanismType, PkcsMgfType)> {
    match digest {
        Digest::Sha1 => Some((MechanismType::SHA1, PkcsMgfType::MGF1_SHA1)),
        Digest::Sha224 => Some((MechanismType::SHA224, PkcsMgfType::MGF1_SHA224)),
        Digest::Sha256 => Some((MechanismType::SHA256, PkcsMgfType::MGF1_SHA256)),
        Digest::Sha384 => Some((MechanismType::SHA384, PkcsMgfType::MGF1_SHA384)),
        Digest::Sha512 => Some((MechanismType::SHA512, PkcsMgfType::MGF1_SHA512)),
        _ => None,
    }
}

fn parameters(of: Digest) -> Result<(MechanismType, PkcsMgfType)> {
    digest(of).ok_or_else(|| not_offered(of))
}

/// The mechanism of a signature scheme, and what it signs.
pub(super) fn signature(
    scheme: SignatureScheme,
    spec: KeySpec,
    input: &[u8],
) -> Result<(Mechanism<'static>, Cow<'_, [u8]>)> {
    let whole = Cow::Borrowed(input);
    Ok(match scheme {
        // The token pads; what it pads is made here, so that it may be of any digest.
        SignatureScheme::RsaPkcs1 { digest } => {
            let info = [digest.digest_info_prefix(), input].concat();
            (Mechanism::RsaPkcs, Cow::Owned(info))
        }
        SignatureScheme::RsaPkcs1Raw => (Mechanism::RsaPkcs, whole),
        SignatureScheme::RsaRaw => (Mechanism::RsaX509, whole),
        SignatureScheme::RsaPss { digest, mgf_digest, salt_length } => {
            let (hash_alg, _) = parameters(digest)?;
            let (_, mgf) = parameters(mgf_digest)?;
            let s_len = Ulong::new(salt_length.into());
            (Mechanism::RsaPkcsPss(PkcsPssParams { hash_alg, mgf, s_len }), whole)
        }
        // Cut by the standard's rule (FIPS 186-5, section 6.4.1). Not every token does that itself.
        // The order of each curve that is shorter than a digest has whole bytes.
        SignatureScheme::Ecdsa => {
            let cut = &input[..input.len().min(spec.bytes())];
            (Mechanism::Ecdsa, Cow::Borrowed(cut))
        }
        SignatureScheme::Ed25519 => {
            let params = EddsaParams::new(EddsaSignatureScheme::Ed25519);
            (Mechanism::Eddsa(params), whole)
        }
        _ => return Err(not_offered(scheme)),
    })
}

/// The mechanism of a MAC. It makes the whole of it.
pub(super) fn mac(scheme: MacScheme) -> Result<Mechanism<'static>> {
    Ok(match scheme {
        MacScheme::Hmac { digest: Digest::Sha1, .. } => Mechanism::Sha1Hmac,
        MacScheme::Hmac { digest: Digest::Sha224, .. } => Mechanism::Sha224Hmac,
        MacScheme::Hmac { digest: Digest::Sha256, .. } => Mechanism::Sha256Hmac,
        MacScheme::Hmac { digest: Digest::Sha384, .. } => Mechanism::Sha384Hmac,
        MacScheme::Hmac { digest: Digest::Sha512, .. } => Mechanism::Sha512Hmac,
        MacScheme::AesCmac { .. } => Mechanism::AesCMac,
        _ => return Err(not_offered(scheme)),
    })
}

/// Does something with the mechanism of an encryption scheme. Its parameters live as long as that
/// takes.
pub(super) fn with_encryption<T>(
    scheme: EncryptionScheme,
    iv: &[u8],
    aad: &[u8],
    act: impl FnOnce(&Mechanism<'_>) -> Result<T, cryptoki::error::Error>,
) -> Result<T, Fault> {
    let block = || {
        <[u8; 16]>::try_from(iv).map_err(|_| {
            Error::new(Reason::InvalidArgument, format!("{scheme} takes an IV of 16 bytes"))
        })
    };
    let done = match scheme {
        EncryptionScheme::RsaPkcs1 => act(&Mechanism::RsaPkcs),
        EncryptionScheme::RsaRaw => act(&Mechanism::RsaX509),
        EncryptionScheme::RsaOaep { digest, mgf_digest } => {
            let (hash, _) = parameters(digest)?;
            let (_, mgf) = parameters(mgf_digest)?;
            // Some modules want no source at all rather than an empty one.
            let label = match aad {
                [] => PkcsOaepSource::empty(),
                label => PkcsOaepSource::data_specified(label),
            };
            act(&PkcsOaepParams::new(hash, mgf, label).into())
        }
        EncryptionScheme::AesGcm { tag_length } => {
            let mut iv = iv.to_vec();
            let tag_bits = Ulong::new(c_ulong::from(tag_length) * 8);
            act(&Mechanism::AesGcm(GcmParams::new(&mut iv, aad, tag_bits)?))
        }
        EncryptionScheme::AesEcb => act(&Mechanism::AesEcb),
        EncryptionScheme::AesCbc => act(&Mechanism::AesCbc(block()?)),
        EncryptionScheme::AesCbcPad => act(&Mechanism::AesCbcPad(block()?)),
        EncryptionScheme::AesCtr => {
            let params = CtrParams { counter_bits: 128, block: block()? };
            let mechanism = VendorDefinedMechanism::new(MechanismType::AES_CTR, Some(&params));
            act(&Mechanism::VendorDefined(mechanism))
        }
        _ => return Err(not_offered(scheme).into()),
    };
    Ok(done?)
}

fn not_offered(what: impl std::fmt::Display) -> Error {
    Error::new(Reason::AlgorithmNotSupported, format!("{what} is not asked of tokens"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pkcs1_signs_a_digest_info_and_ecdsa_what_fits_the_curve() {
        let scheme = SignatureScheme::RsaPkcs1 { digest: Digest::Sha3_256 };
        let (_, signed) = signature(scheme, KeySpec::Rsa2048, &[7; 32]).unwrap();
        assert_eq!(signed.len(), Digest::Sha3_256.digest_info_prefix().len() + 32);
        let cut = |spec, len| {
            let input = vec![7; len];
            signature(SignatureScheme::Ecdsa, spec, &input).unwrap().1.len()
        };
        assert_eq!(cut(KeySpec::EcP256, 64), 32);
        assert_eq!(cut(KeySpec::EcP256, 20), 20);
        assert_eq!(cut(KeySpec::EcP521, 64), 64);
    }

    #[test]
    fn what_has_no_mechanism_is_refused() {
        let digest = Digest::Sha3_256;
        let pss = SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length: 32 };
        for scheme in [pss, SignatureScheme::MlDsa] {
            let error = signature(scheme, KeySpec::Rsa2048, &[7; 32]).err().unwrap();
            assert_eq!(error.reason(), Reason::AlgorithmNotSupported);
        }
        assert!(mac(MacScheme::hmac(digest)).is_err());
    }
}
