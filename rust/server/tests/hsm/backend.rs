//! A whole backend with a keyring whose keys are in the token.

use std::fs;

use supacrypt_core::Reason;
use supacrypt_crypto::{Key, generate};
use supacrypt_proto::v1::{self, KeySpec};

use crate::common::{APP, Backend, error, reason};
use crate::done;
use crate::elsewhere::{Keyring, delete, public_key, restarted, signed};
use crate::token::Token;

const KEYRING: Keyring = Keyring("vault");

pub(crate) async fn all(token: &Token) {
    let mut backend = Backend::start_with(&token.lines()).await;
    keyring(&backend).await;
    done("a_keyring_tells_what_its_token_offers");
    for (id, spec) in [("rsa", KeySpec::Rsa2048), ("ec", KeySpec::EcP384)] {
        KEYRING.rotates(&backend, id, spec, async || token.objects().len(), 2).await;
    }
    done("keys_of_a_token_sign_rotate_and_are_destroyed");
    other_kinds(&backend).await;
    done("kinds_that_are_not_offered_are_refused");
    brought(&backend).await;
    done("material_goes_to_the_token_and_not_to_the_store");
    restarted(&mut backend, &KEYRING.key("ec"), KeySpec::EcP384).await;
    let objects = token.objects().len();
    delete(&backend, &KEYRING.key("ec")).await;
    assert_eq!(token.objects().len(), objects - 2, "it goes from the token too");
    done("a_key_signs_after_a_restart");
    backend.end().await;
}

async fn keyring(backend: &Backend) {
    let made = KEYRING.make(backend, "hsm").await.unwrap();
    assert_eq!(made.custodian, "hsm");
    let offered = made.capabilities.unwrap();
    assert!(offered.generates.contains(&KeySpec::Rsa2048.into()));
    assert!(!offered.generates.contains(&KeySpec::MlDsa65.into()));
    assert!(offered.algorithms.contains(&"ecdsa".to_owned()));
    let status = Keyring("other").make(backend, "nobody").await.unwrap_err();
    assert!(error(&status).message().contains("hsm"), "{status}");
}

async fn other_kinds(backend: &Backend) {
    for spec in [KeySpec::MlDsa65, KeySpec::X25519, KeySpec::Chacha20] {
        let status = KEYRING.create(backend, "other", spec, &[]).await.unwrap_err();
        assert_eq!(reason(&status), Reason::AlgorithmNotSupported);
        assert!(error(&status).message().contains("hsm"), "{status}");
    }
    // The kind is there, the digest of this scheme is not.
    let mut scheme = v1::EncryptionScheme::default();
    scheme.set_type(v1::encryption_scheme::Type::RsaOaep);
    scheme.set_digest(v1::Digest::Sha256);
    let request = v1::DecryptRequest {
        name: KEYRING.key("rsa"),
        scheme: Some(scheme),
        ciphertext: vec![7; 256],
        ..Default::default()
    };
    let status = backend.crypto(APP).await.decrypt(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::AlgorithmNotSupported);
}

async fn brought(backend: &Backend) {
    let spec = supacrypt_core::KeySpec::EcP256;
    let material = generate(spec).unwrap();
    let new = v1::Key { spec: KeySpec::EcP256.into(), extractable: true, ..Default::default() };
    let key = KEYRING.import(backend, "brought", new, material.as_bytes()).await;
    let version = key.primary.unwrap().name;
    signed(backend, &key.name, &version, KeySpec::EcP256).await;
    let public = public_key(backend, &version).await;
    assert_eq!(Some(&public), Key::load(spec, &material).unwrap().public_key());

    // Even a key that may leave does not leave a token.
    let kek = KEYRING.create(backend, "kek", KeySpec::Rsa2048, &[]).await.unwrap();
    let kek = public_key(backend, &kek.primary.unwrap().name).await;
    let mut scheme = v1::EncryptionScheme::default();
    scheme.set_type(v1::encryption_scheme::Type::RsaPkcs1);
    let request = v1::WrapKeyRequest {
        name: key.name,
        wrapping_key: Some(v1::wrap_key_request::WrappingKey::PublicKey(kek.spki_der().to_vec())),
        scheme: Some(scheme),
        ..Default::default()
    };
    let status = backend.keys(APP).await.wrap_key(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::UsageNotPermitted);

    // A secret is brought too, and what the store writes of it is its name.
    let secret = [0xa5; 32];
    let new = v1::Key { spec: KeySpec::Aes256.into(), ..Default::default() };
    KEYRING.import(backend, "secret", new, &secret).await;
    let mut seen = 0;
    for file in fs::read_dir(backend.data_dir()).unwrap() {
        let file = file.unwrap().path();
        if file.is_file() {
            let bytes = fs::read(&file).unwrap();
            assert!(!bytes.windows(16).any(|window| window == &secret[..16]), "{file:?}");
            seen += bytes.len();
        }
    }
    assert!(seen > 0);
}
