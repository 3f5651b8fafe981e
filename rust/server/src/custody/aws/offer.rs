//! What KMS has of the kinds of keys and algorithms that there are here.

use aws_sdk_kms::types::{KeySpec as KmsSpec, KeyUsageType};
use supacrypt_core::{
    Algorithm, AlgorithmSet, Capabilities, DerivationScheme, Digest, EncryptionScheme, Error, Kdf,
    KeyClass, KeySpec, KeyUsages, MacScheme, Reason, Result, SignatureScheme,
};

/// The kinds of keys, and what KMS calls them. Ed25519 and ML-DSA are there too; nothing but KMS itself
/// shows whether they work.
const KINDS: [(KeySpec, KmsSpec); 10] = [
    (KeySpec::Rsa2048, KmsSpec::Rsa2048),
    (KeySpec::Rsa3072, KmsSpec::Rsa3072),
    (KeySpec::Rsa4096, KmsSpec::Rsa4096),
    (KeySpec::EcP256, KmsSpec::EccNistP256),
    (KeySpec::EcP384, KmsSpec::EccNistP384),
    (KeySpec::EcP521, KmsSpec::EccNistP521),
    (KeySpec::EcSecp256k1, KmsSpec::EccSecgP256K1),
    (KeySpec::HmacSha256, KmsSpec::Hmac256),
    (KeySpec::HmacSha384, KmsSpec::Hmac384),
    (KeySpec::HmacSha512, KmsSpec::Hmac512),
];

/// The digests that signatures and MACs are made with.
pub(super) const DIGESTS: [Digest; 3] = [Digest::Sha256, Digest::Sha384, Digest::Sha512];

/// The digests inside OAEP.
const OAEP_DIGESTS: [Digest; 2] = [Digest::Sha1, Digest::Sha256];

const SIGNING: KeyUsages = KeyUsages::SIGN.union(KeyUsages::VERIFY);
const ENCRYPTION: KeyUsages = KeyUsages::ENCRYPT.union(KeyUsages::DECRYPT);

/// All of it.
pub(in crate::custody) fn capabilities() -> Capabilities {
    let signatures = DIGESTS.into_iter().flat_map(|digest| {
        let salt_length = digest.len() as u16;
        let pss = SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length };
        [SignatureScheme::RsaPkcs1 { digest }, pss, SignatureScheme::Ecdsa]
            .map(Algorithm::Signature)
    });
    let oaep = OAEP_DIGESTS.map(|digest| {
        Algorithm::Encryption(EncryptionScheme::RsaOaep { digest, mgf_digest: digest })
    });
    let macs = DIGESTS.map(|digest| Algorithm::Mac(MacScheme::hmac(digest)));
    let ecdh = Algorithm::Derivation(DerivationScheme::Ecdh { kdf: Kdf::None });
    let algorithms: AlgorithmSet = signatures.chain(oaep).chain(macs).chain([ecdh]).collect();
    let kinds: Vec<_> = KINDS.iter().map(|(spec, _)| *spec).collect();
    Capabilities { generates: kinds.clone(), imports: kinds, algorithms, one_purpose: true }
}

/// What KMS calls a kind of keys.
///
/// # Errors
/// [`Reason::AlgorithmNotSupported`].
pub(super) fn kms_spec(spec: KeySpec) -> Result<KmsSpec> {
    let found = KINDS.iter().find(|(ours, _)| *ours == spec);
    found.map(|(_, theirs)| theirs.clone()).ok_or_else(|| {
        Error::new(
            Reason::AlgorithmNotSupported,
            format!("KMS has no keys of type {spec} for this"),
        )
    })
}

/// The kind of keys that KMS calls so.
pub(super) fn our_spec(spec: &KmsSpec) -> Option<KeySpec> {
    KINDS.iter().find(|(_, theirs)| theirs == spec).map(|(ours, _)| *ours)
}

/// What a key is for when its maker does not say: RSA keys sign. Each key of KMS has one purpose.
pub(super) fn usual_usages(spec: KeySpec) -> KeyUsages {
    match spec.class() {
        KeyClass::Rsa => SIGNING,
        _ => spec.usual_usages(),
    }
}

/// The one purpose that a key with these usages has.
///
/// # Errors
/// [`Reason::InvalidArgument`] for usages that are more than one purpose.
pub(super) fn purpose(spec: KeySpec, usages: KeyUsages) -> Result<KeyUsageType> {
    let agrees = spec.class() == KeyClass::Ec && spec != KeySpec::EcSecp256k1;
    Ok(match spec.class() {
        KeyClass::Hmac if SIGNING.contains(usages) => KeyUsageType::GenerateVerifyMac,
        KeyClass::Rsa | KeyClass::Ec if SIGNING.contains(usages) => KeyUsageType::SignVerify,
        KeyClass::Rsa if ENCRYPTION.contains(usages) => KeyUsageType::EncryptDecrypt,
        KeyClass::Ec if agrees && usages == KeyUsages::DERIVE => KeyUsageType::KeyAgreement,
        _ => {
            let message = format!(
                "a key of type {spec} does one thing in KMS, signing, decrypting (RSA alone) or \
                 deriving (curves of NIST alone); choose the usages of one of them, and make another \
                 key for the others"
            );
            return Err(Error::new(Reason::InvalidArgument, message).in_field("key.usages"));
        }
    })
}

/// What a key of this purpose can do.
pub(super) fn usages(purpose: &KeyUsageType) -> Option<KeyUsages> {
    match purpose {
        KeyUsageType::SignVerify | KeyUsageType::GenerateVerifyMac => Some(SIGNING),
        KeyUsageType::EncryptDecrypt => Some(ENCRYPTION),
        KeyUsageType::KeyAgreement => Some(KeyUsages::DERIVE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_one_purpose_that_its_usages_are() {
        let decrypt = KeyUsages::DECRYPT;
        for (spec, usages, expected) in [
            (KeySpec::Rsa2048, usual_usages(KeySpec::Rsa2048), KeyUsageType::SignVerify),
            (KeySpec::Rsa2048, KeyUsages::SIGN, KeyUsageType::SignVerify),
            (KeySpec::Rsa2048, decrypt, KeyUsageType::EncryptDecrypt),
            (KeySpec::EcP256, usual_usages(KeySpec::EcP256), KeyUsageType::SignVerify),
            (KeySpec::EcP256, KeyUsages::DERIVE, KeyUsageType::KeyAgreement),
            (KeySpec::HmacSha256, KeyUsages::SIGN, KeyUsageType::GenerateVerifyMac),
        ] {
            assert_eq!(purpose(spec, usages), Ok(expected), "{spec} {usages:?}");
        }
        for (spec, usages) in [
            (KeySpec::Rsa2048, KeySpec::Rsa2048.usual_usages()),
            (KeySpec::Rsa2048, KeyUsages::SIGN.union(decrypt)),
            (KeySpec::EcP256, KeySpec::EcP256.possible_usages()),
            (KeySpec::EcSecp256k1, KeyUsages::DERIVE),
        ] {
            let error = purpose(spec, usages).unwrap_err();
            assert_eq!(error.reason(), Reason::InvalidArgument, "{spec} {usages:?}");
            assert_eq!(error.field(), Some("key.usages"));
        }
    }

    #[test]
    fn every_purpose_is_one_of_the_usages_that_lead_to_it() {
        for (spec, _) in &KINDS {
            let made = purpose(*spec, usual_usages(*spec)).unwrap();
            assert!(usages(&made).unwrap().contains(usual_usages(*spec)), "{spec}");
            assert_eq!(our_spec(&kms_spec(*spec).unwrap()), Some(*spec));
        }
    }
}
