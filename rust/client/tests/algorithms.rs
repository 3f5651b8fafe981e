//! What keys of each kind do in the backend fits what their public halves do here.

mod common;

use std::sync::Arc;

use common::p256;
use supacrypt_client::{Client, Key, NewKey};
use supacrypt_core::{
    DerivationInput, DerivationScheme, Digest, EncryptionScheme, HkdfSteps, Kdf, KeySpec,
    KeyUsages, MacScheme, Reason, SignatureScheme,
};
use supacrypt_crypto::PublicComponents;
use supacrypt_testkit::Backend;

fn make(backend: &Backend, client: &Client, spec: KeySpec) -> Arc<Key> {
    let new = NewKey { spec, ..p256(&spec.to_string()) };
    client.create_key(&backend.keyring(), new).expect("a key")
}

#[test]
fn ml_dsa_signs_messages_in_a_context() {
    let backend = Backend::start();
    let client = backend.client();
    let key = make(&backend, &client, KeySpec::MlDsa65);
    let scheme = SignatureScheme::MlDsa;
    let signature = client.sign_in_context(&key.version, scheme, b"here", b"message").unwrap();
    let public = key.public_key.as_ref().unwrap();
    assert!(public.verify_in_context(scheme, b"here", b"message", &signature).unwrap());
    assert!(!public.verify(scheme, b"message", &signature).unwrap());
    let error = client.sign_in_context(&key.version, scheme, &[0; 256], b"").unwrap_err();
    assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("context")));
}

#[test]
fn ml_kem_decapsulates_what_its_public_half_encapsulated() {
    let backend = Backend::start();
    let client = backend.client();
    let key = make(&backend, &client, KeySpec::MlKem768);
    let (ciphertext, secret) = key.public_key.as_ref().unwrap().encapsulate().unwrap();
    assert_eq!(client.decapsulate(&key.version, &ciphertext).unwrap(), secret);
    let error = client.decapsulate(&key.version, &ciphertext[1..]).unwrap_err();
    assert_eq!(error.reason(), Reason::InputLength);

    let usages = KeyUsages::ENCAPSULATE;
    let new = NewKey { spec: KeySpec::MlKem768, usages, ..p256("public only") };
    let key = client.create_key(&backend.keyring(), new).unwrap();
    let (ciphertext, _) = key.public_key.as_ref().unwrap().encapsulate().unwrap();
    let error = client.decapsulate(&key.version, &ciphertext).unwrap_err();
    assert_eq!(error.reason(), Reason::UsageNotPermitted);
}

#[test]
fn two_keys_derive_the_same_secret_from_each_other() {
    let backend = Backend::start();
    let client = backend.client();
    for spec in [KeySpec::EcP256, KeySpec::X25519] {
        let make = |label: &str| {
            let new = NewKey { spec, usages: KeyUsages::DERIVE, ..p256(label) };
            client.create_key(&backend.keyring(), new).unwrap()
        };
        let (one, other) = (make("one"), make("other"));
        let kdf = Kdf::X963 { digest: Digest::Sha384 };
        for (kdf, info, length) in [(Kdf::None, &b""[..], 32), (kdf, b"info", 100)] {
            let derive = |key: &Key, peer: &Key| {
                let peer = match peer.public_key.as_ref().unwrap().components() {
                    PublicComponents::Ec { point } => point,
                    PublicComponents::X25519 { key } => key.to_vec(),
                    other => panic!("not a key for agreement: {other:?}"),
                };
                let input = DerivationInput { peer: &peer, info, length, ..Default::default() };
                client.derive(&key.version, DerivationScheme::Ecdh { kdf }, &input).unwrap()
            };
            let secret = derive(&one, &other);
            assert_eq!(secret, derive(&other, &one));
            assert_eq!(secret.len(), length);
        }
    }
}

#[test]
fn a_key_for_signing_hands_out_no_secrets_unless_it_was_asked_to() {
    let backend = Backend::start();
    let client = backend.client();
    let key = make(&backend, &client, KeySpec::EcP256);
    assert_eq!(key.usages, KeyUsages::SIGN | KeyUsages::VERIFY);
    let PublicComponents::Ec { point } = key.public_key.as_ref().unwrap().components() else {
        panic!("not an EC key");
    };
    let input = DerivationInput { peer: &point, length: 32, ..Default::default() };
    let scheme = DerivationScheme::Ecdh { kdf: Kdf::None };
    let error = client.derive(&key.version, scheme, &input).unwrap_err();
    assert_eq!(error.reason(), Reason::UsageNotPermitted);
}

#[test]
fn authenticated_encryption_takes_its_nonce_and_opens_with_no_other() {
    let backend = Backend::start();
    let client = backend.client();
    for (spec, scheme, nonce) in [
        (KeySpec::ChaCha20, EncryptionScheme::ChaCha20Poly1305, &[3; 12][..]),
        (KeySpec::Aes192, EncryptionScheme::AesCcm { tag_length: 8 }, &[3; 13]),
        (KeySpec::Aes256, EncryptionScheme::AesCcm { tag_length: 16 }, &[3; 7]),
    ] {
        let key = make(&backend, &client, spec);
        let sealed = client.encrypt(&key.version, scheme, nonce, b"aad", b"secret").unwrap();
        let open = |nonce: &[u8]| client.decrypt(&key.version, scheme, nonce, b"aad", &sealed);
        assert_eq!(**open(nonce).unwrap(), *b"secret");
        let error = open(&vec![4; nonce.len()]).unwrap_err();
        assert_eq!(error.reason(), Reason::DecryptionFailed);
    }
}

#[test]
fn a_generic_secret_has_the_length_asked_for_and_makes_macs_of_every_digest() {
    let backend = Backend::start();
    let client = backend.client();
    let spec = KeySpec::GenericSecret;
    let key = make(&backend, &client, spec);
    assert_eq!(key.secret_length, Some(32));
    let new = NewKey { spec, secret_length: Some(20), ..p256("short") };
    let key = client.create_key(&backend.keyring(), new).unwrap();
    assert_eq!(key.secret_length, Some(20));
    assert_eq!(backend.client().key(&key.name).unwrap().secret_length, Some(20));
    for scheme in [
        MacScheme::hmac(Digest::Sha1),
        MacScheme::hmac(Digest::Sha3_512),
        MacScheme::Hmac { digest: Digest::Sha256, length: 10 },
    ] {
        let mac = client.mac(&key.version, scheme, b"message").unwrap();
        assert_eq!(mac.len(), scheme.mac_len());
        assert!(client.verify_mac(&key.version, scheme, b"message", &mac).unwrap());
        assert!(!client.verify_mac(&key.version, scheme, b"massage", &mac).unwrap());
    }
}

#[test]
fn an_aes_key_makes_macs_when_that_was_asked_for() {
    let backend = Backend::start();
    let client = backend.client();
    let usages = KeyUsages::SIGN | KeyUsages::VERIFY;
    let new = NewKey { spec: KeySpec::Aes128, usages, ..p256("mac") };
    let key = client.create_key(&backend.keyring(), new).unwrap();
    let scheme = MacScheme::AesCmac { length: 8 };
    let mac = client.mac(&key.version, scheme, b"message").unwrap();
    assert!(client.verify_mac(&key.version, scheme, b"message", &mac).unwrap());

    let key = make(&backend, &client, KeySpec::Aes256);
    assert_eq!(key.usages, KeyUsages::ENCRYPT | KeyUsages::DECRYPT);
    let error = client.mac(&key.version, scheme, b"message").unwrap_err();
    assert_eq!(error.reason(), Reason::UsageNotPermitted);
}

#[test]
fn hkdf_derives_from_a_generic_secret_when_that_was_asked_for() {
    let backend = Backend::start();
    let client = backend.client();
    let spec = KeySpec::GenericSecret;
    let new = NewKey { spec, usages: KeyUsages::DERIVE, ..p256("derive") };
    let key = client.create_key(&backend.keyring(), new).unwrap();
    let derive = |key: &Key, steps, salt, info, length| {
        let input = DerivationInput { salt, info, length, ..Default::default() };
        let scheme = DerivationScheme::Hkdf { digest: Digest::Sha256, steps };
        client.derive(&key.version, scheme, &input)
    };
    let one = derive(&key, HkdfSteps::Both, b"salt", b"one", 100).unwrap();
    assert_eq!(one.len(), 100);
    assert_eq!(one, derive(&key, HkdfSteps::Both, b"salt", b"one", 100).unwrap());
    assert_ne!(one, derive(&key, HkdfSteps::Both, b"salt", b"other", 100).unwrap());
    let error = derive(&key, HkdfSteps::Expand, b"salt", b"", 32).unwrap_err();
    assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("salt")));

    let key = make(&backend, &client, spec);
    let error = derive(&key, HkdfSteps::Both, b"", b"", 32).unwrap_err();
    assert_eq!(error.reason(), Reason::UsageNotPermitted);
}
