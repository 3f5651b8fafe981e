//! Making, importing and reading keys.

use proptest::prelude::*;
use strum::IntoEnumIterator;
use supacrypt_core::{KeyClass, KeySpec, Reason};
use supacrypt_crypto::{Key, PublicComponents, PublicKey, generate, generate_secret, import};

#[test]
fn every_kind_of_key_can_be_made_and_imported_again() {
    for spec in KeySpec::iter() {
        let made = generate(spec).unwrap();
        let imported = import(spec, made.as_bytes()).unwrap();
        assert_eq!(made.as_bytes(), imported.as_bytes(), "{spec}");
        let key = Key::load(spec, &imported).unwrap();
        assert_eq!(key.spec(), spec);
        assert_eq!(key.public_key().is_some(), spec.is_asymmetric(), "{spec}");
        if let Some(public) = key.public_key() {
            let read = PublicKey::from_spki_der(public.spki_der()).unwrap();
            assert_eq!((read.spec(), &read), (spec, public));
        }
    }
}

#[test]
fn public_numbers_have_the_lengths_of_their_kind() {
    for spec in KeySpec::iter().filter(|spec| spec.is_asymmetric()) {
        let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
        match key.public_key().unwrap().components() {
            PublicComponents::Rsa { modulus, exponent } => {
                assert_eq!((modulus.len(), exponent), (spec.bytes(), vec![1, 0, 1]));
            }
            PublicComponents::Ec { point } => {
                assert_eq!((point.len(), point[0]), (1 + 2 * spec.bytes(), 4));
            }
            PublicComponents::Ed25519 { key } | PublicComponents::X25519 { key } => {
                assert_ne!(key, [0; 32]);
            }
            PublicComponents::MlDsa { key } | PublicComponents::MlKem { key } => {
                assert_eq!(key.len(), spec.bytes());
            }
        }
    }
}

#[test]
fn a_key_of_another_kind_is_refused_and_named() {
    let p384 = generate(KeySpec::EcP384).unwrap();
    let error = import(KeySpec::EcP256, p384.as_bytes()).unwrap_err();
    assert_eq!(error.reason(), Reason::InvalidKeyMaterial);
    assert!(error.message().contains("ec-p384"), "{error}");
}

#[test]
fn a_private_scalar_with_a_foreign_point_is_refused() {
    let (one, other) = (generate(KeySpec::EcP256).unwrap(), generate(KeySpec::EcP256).unwrap());
    // The point ends the PKCS#8 structure that AWS-LC writes.
    let mut mixed = one.as_bytes().to_vec();
    let start = mixed.len() - 64;
    mixed[start..].copy_from_slice(&other.as_bytes()[start..]);
    let error = import(KeySpec::EcP256, &mixed).unwrap_err();
    assert_eq!(error.reason(), Reason::InvalidKeyMaterial);
}

#[test]
fn secrets_of_the_wrong_length_are_refused() {
    for (spec, length) in
        [(KeySpec::Aes128, 24), (KeySpec::ChaCha20, 16), (KeySpec::HmacSha256, 13)]
    {
        let error = import(spec, &vec![0; length]).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidKeyMaterial, "{spec}");
    }
}

#[test]
fn a_generic_secret_is_as_long_as_asked() {
    let spec = KeySpec::GenericSecret;
    assert_eq!(generate(spec).unwrap().as_bytes().len(), 32);
    for length in [1, 20, 512] {
        assert_eq!(generate_secret(spec, length).unwrap().as_bytes().len(), length);
    }
    for (spec, length) in [(spec, 0), (spec, 513), (KeySpec::Aes128, 32), (KeySpec::EcP256, 32)] {
        let error = generate_secret(spec, length).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidArgument);
    }
}

#[test]
fn bytes_after_the_key_are_refused() {
    let made = generate(KeySpec::EcP256).unwrap();
    assert!(import(KeySpec::EcP256, &[made.as_bytes(), &[0]].concat()).is_err());
    let key = Key::load(KeySpec::EcP256, &made).unwrap();
    let spki = key.public_key().unwrap().spki_der();
    assert!(PublicKey::from_spki_der(&[spki, &[0]].concat()).is_err());
}

#[test]
fn debug_output_shows_no_secret() {
    let material = import(KeySpec::Aes128, &[0x42; 16]).unwrap();
    assert_eq!(format!("{material:?}"), "Material");
    let key = Key::load(KeySpec::Aes128, &material).unwrap();
    assert_eq!(format!("{key:?}"), "Key(aes-128)");
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for spec in KeySpec::iter().filter(|spec| spec.is_asymmetric()) {
            prop_assert!(import(spec, &bytes).is_err());
        }
        prop_assert!(PublicKey::from_spki_der(&bytes).is_err());
    }

    #[test]
    fn an_altered_encoding_never_panics(at in 0usize..138, bit in 0u8..8) {
        let made = generate(KeySpec::EcP256).unwrap();
        let mut altered = made.as_bytes().to_vec();
        let at = at % altered.len();
        altered[at] ^= 1 << bit;
        if let Ok(material) = import(KeySpec::EcP256, &altered) {
            let key = Key::load(KeySpec::EcP256, &material).unwrap();
            prop_assert!(matches!(key.spec().class(), KeyClass::Ec));
        }
    }
}
