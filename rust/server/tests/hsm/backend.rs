//! A whole backend with a keyring whose keys are in the token.

use std::fs;

use supacrypt_core::{Digest, Reason, SignatureScheme};
use supacrypt_crypto::{Key, PublicKey, generate};
use supacrypt_proto::v1::{self, KeySpec, keyring_service_client::KeyringServiceClient};
use tonic::Status;

use crate::common::{ADMIN, APP, Backend, error, reason, sign, sign_rsa};
use crate::done;
use crate::token::Token;

const KEYRING: &str = "keyrings/vault";

pub(crate) async fn all(token: &Token) {
    let mut backend = Backend::start_with(&token.lines()).await;
    keyring(&backend).await;
    done("a_keyring_tells_what_its_token_offers");
    signs(&backend, token).await;
    done("keys_of_a_token_sign_rotate_and_are_destroyed");
    other_kinds(&backend).await;
    done("kinds_that_are_not_offered_are_refused");
    brought(&backend).await;
    done("material_goes_to_the_token_and_not_to_the_store");
    restarted(&mut backend, token).await;
    done("a_key_signs_after_a_restart");
}

async fn keyring(backend: &Backend) {
    let grants = vec![v1::Grant { principal: APP.into(), role: v1::Role::User.into() }];
    let request = |id: &str, custodian: &str| v1::CreateKeyringRequest {
        keyring_id: id.into(),
        keyring: Some(v1::Keyring {
            grants: grants.clone(),
            custodian: custodian.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut keyrings = KeyringServiceClient::new(backend.channel(ADMIN).await);
    let made = keyrings.create_keyring(request("vault", "hsm")).await.unwrap().into_inner();
    assert_eq!(made.custodian, "hsm");
    let offered = made.capabilities.unwrap();
    assert!(offered.generates.contains(&KeySpec::Rsa2048.into()));
    assert!(!offered.generates.contains(&KeySpec::MlDsa65.into()));
    assert!(offered.algorithms.contains(&"ecdsa".to_owned()));
    let status = keyrings.create_keyring(request("other", "nobody")).await.unwrap_err();
    assert!(error(&status).message().contains("hsm"), "{status}");
}

async fn create(backend: &Backend, id: &str, spec: KeySpec) -> Result<v1::Key, Status> {
    let request = v1::CreateKeyRequest {
        parent: KEYRING.into(),
        key_id: id.into(),
        key: Some(v1::Key { spec: spec.into(), ..Default::default() }),
        ..Default::default()
    };
    Ok(backend.keys(ADMIN).await.create_key(request).await?.into_inner())
}

async fn public_key(backend: &Backend, name: &str) -> PublicKey {
    let request = v1::GetPublicKeyRequest { name: name.into() };
    let key = backend.keys(APP).await.get_public_key(request).await.unwrap().into_inner();
    PublicKey::from_spki_der(&key.der).unwrap()
}

/// Signs with a key or a version of it, and verifies here.
async fn signed(backend: &Backend, name: &str, version: &str, spec: KeySpec) {
    let (scheme, request) = match spec {
        KeySpec::Rsa2048 => (SignatureScheme::RsaPkcs1 { digest: Digest::Sha256 }, sign_rsa(name)),
        _ => (SignatureScheme::Ecdsa, sign(name)),
    };
    let answer = backend.crypto(APP).await.sign(request).await.unwrap().into_inner();
    assert_eq!(answer.name, version);
    let public = public_key(backend, version).await;
    assert!(public.verify(scheme, &[7; 32], &answer.signature).unwrap(), "{name}");
}

async fn signs(backend: &Backend, token: &Token) {
    for (id, spec) in [("rsa", KeySpec::Rsa2048), ("ec", KeySpec::EcP384)] {
        let key = create(backend, id, spec).await.unwrap();
        let first = key.primary.unwrap().name;
        signed(backend, &key.name, &first, spec).await;
        let mut keys = backend.keys(ADMIN).await;
        let request =
            v1::CreateKeyVersionRequest { parent: key.name.clone(), ..Default::default() };
        let second = keys.create_key_version(request).await.unwrap().into_inner().name;
        signed(backend, &key.name, &second, spec).await;
        signed(backend, &first, &first, spec).await;
        let objects = token.objects().len();
        let request = v1::DestroyKeyVersionRequest { name: first.clone() };
        keys.destroy_key_version(request).await.unwrap();
        assert_eq!(token.objects().len(), objects - 2);
        let status = backend.crypto(APP).await.sign(sign(&first)).await.unwrap_err();
        assert_eq!(reason(&status), Reason::KeyVersionDestroyed);
        signed(backend, &key.name, &second, spec).await;
    }
}

async fn other_kinds(backend: &Backend) {
    for spec in [KeySpec::MlDsa65, KeySpec::X25519, KeySpec::Chacha20] {
        let status = create(backend, "other", spec).await.unwrap_err();
        assert_eq!(reason(&status), Reason::AlgorithmNotSupported);
        assert!(error(&status).message().contains("hsm"), "{status}");
    }
    // The kind is there, the digest of this scheme is not.
    let mut scheme = v1::EncryptionScheme::default();
    scheme.set_type(v1::encryption_scheme::Type::RsaOaep);
    scheme.set_digest(v1::Digest::Sha256);
    let request = v1::DecryptRequest {
        name: format!("{KEYRING}/keys/rsa"),
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
    let request = v1::ImportKeyRequest {
        parent: KEYRING.into(),
        key_id: "brought".into(),
        key: Some(v1::Key {
            spec: KeySpec::EcP256.into(),
            extractable: true,
            ..Default::default()
        }),
        material: material.as_bytes().to_vec(),
        ..Default::default()
    };
    let mut keys = backend.keys(ADMIN).await;
    let key = keys.import_key(request).await.unwrap().into_inner();
    let version = key.primary.unwrap().name;
    signed(backend, &key.name, &version, KeySpec::EcP256).await;
    let public = public_key(backend, &version).await;
    assert_eq!(Some(&public), Key::load(spec, &material).unwrap().public_key());

    // Even a key that may leave does not leave a token.
    let kek = create(backend, "kek", KeySpec::Rsa2048).await.unwrap();
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
    let request = v1::ImportKeyRequest {
        parent: KEYRING.into(),
        key_id: "secret".into(),
        key: Some(v1::Key { spec: KeySpec::Aes256.into(), ..Default::default() }),
        material: secret.to_vec(),
        ..Default::default()
    };
    keys.import_key(request).await.unwrap();
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

async fn restarted(backend: &mut Backend, token: &Token) {
    let objects = token.objects().len();
    backend.begin_shutdown();
    backend.ended().await;
    backend.restart().await;
    let name = format!("{KEYRING}/keys/ec");
    signed(backend, &name, &format!("{name}/versions/2"), KeySpec::EcP384).await;
    // What is deleted for good goes from the token too.
    let request = v1::DeleteKeyRequest {
        name,
        recovery_window: Some(prost_types::Duration::default()),
        ..Default::default()
    };
    backend.keys(ADMIN).await.delete_key(request).await.unwrap();
    assert_eq!(token.objects().len(), objects - 2);
}
