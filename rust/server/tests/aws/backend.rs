//! A whole backend, sealed by a key of KMS, with a keyring whose keys are there.

use aws_sdk_kms::types::{KeySpec as KmsSpec, KeyState, KeyUsageType};
use supacrypt_core::{Digest, Reason, SignatureScheme};
use supacrypt_crypto::{PublicKey, generate};
use supacrypt_proto::v1::{self, KeySpec, KeyUsage, keyring_service_client::KeyringServiceClient};
use tonic::Status;

use crate::common::{ADMIN, APP, Backend, error, reason, sign, sign_rsa};
use crate::done;
use crate::place::Place;

const KEYRING: &str = "keyrings/cloud";

pub(crate) async fn all(place: &Place) {
    let seal = place.others_key(KmsSpec::SymmetricDefault, KeyUsageType::EncryptDecrypt).await;
    let lines = format!(
        "{}[seal]\ntype = \"custodian\"\ncustodian = \"kms\"\nkey = {seal:?}\n",
        place.lines()
    );
    let before = enabled(place).await;
    let mut backend = Backend::start_with(&lines).await;
    keyring(&backend).await;
    done("a_keyring_tells_what_kms_offers");
    signs(&backend, place).await;
    done("keys_of_kms_sign_rotate_and_are_destroyed");
    purposes(&backend).await;
    done("usages_are_those_of_one_purpose");
    brought(&backend).await;
    done("material_goes_to_kms");
    restarted(&mut backend).await;
    done("a_key_signs_after_a_restart");
    assert_eq!(enabled(place).await, before, "all that was made is destroyed");
    place.forget(&seal).await;
}

async fn keyring(backend: &Backend) {
    let grants = vec![v1::Grant { principal: APP.into(), role: v1::Role::User.into() }];
    let request = v1::CreateKeyringRequest {
        keyring_id: "cloud".into(),
        keyring: Some(v1::Keyring { grants, custodian: "kms".into(), ..Default::default() }),
        ..Default::default()
    };
    let mut keyrings = KeyringServiceClient::new(backend.channel(ADMIN).await);
    let made = keyrings.create_keyring(request).await.unwrap().into_inner();
    let offered = made.capabilities.unwrap();
    assert!(offered.generates.contains(&KeySpec::Rsa2048.into()));
    assert!(!offered.generates.contains(&KeySpec::Aes256.into()));
    assert!(offered.imports.contains(&KeySpec::EcP256.into()));
    assert!(offered.algorithms.contains(&"ecdsa".to_owned()));
}

async fn create(
    backend: &Backend,
    id: &str,
    spec: KeySpec,
    usages: &[KeyUsage],
) -> Result<v1::Key, Status> {
    let usages = usages.iter().map(|usage| (*usage).into()).collect();
    let request = v1::CreateKeyRequest {
        parent: KEYRING.into(),
        key_id: id.into(),
        key: Some(v1::Key { spec: spec.into(), usages, ..Default::default() }),
        ..Default::default()
    };
    Ok(backend.keys(ADMIN).await.create_key(request).await?.into_inner())
}

/// Signs with a key or a version of it, and verifies here.
async fn signed(backend: &Backend, name: &str, version: &str, spec: KeySpec) {
    let (scheme, request) = match spec {
        KeySpec::Rsa2048 => (SignatureScheme::RsaPkcs1 { digest: Digest::Sha256 }, sign_rsa(name)),
        _ => (SignatureScheme::Ecdsa, sign(name)),
    };
    let answer = backend.crypto(APP).await.sign(request).await.unwrap().into_inner();
    assert_eq!(answer.name, version);
    let request = v1::GetPublicKeyRequest { name: version.into() };
    let public = backend.keys(APP).await.get_public_key(request).await.unwrap().into_inner();
    let public = PublicKey::from_spki_der(&public.der).unwrap();
    assert!(public.verify(scheme, &[7; 32], &answer.signature).unwrap(), "{name}");
}

/// How many keys of servers like this one are in KMS, those that are about to be deleted left out.
async fn enabled(place: &Place) -> usize {
    let client = place.client().await;
    let mut count = 0;
    let mut pages = client.list_aliases().into_paginator().items().send();
    while let Some(alias) = pages.next().await {
        let alias = alias.unwrap();
        let ours = alias.alias_name().is_some_and(|name| name.starts_with("alias/supacrypt/"));
        if let Some(key) = alias.target_key_id().filter(|_| ours) {
            count += usize::from(place.describe(key).await.key_state == Some(KeyState::Enabled));
        }
    }
    count
}

async fn signs(backend: &Backend, place: &Place) {
    for (id, spec) in [("rsa", KeySpec::Rsa2048), ("ec", KeySpec::EcP256)] {
        let key = create(backend, id, spec, &[]).await.unwrap();
        assert_eq!(key.usages, [KeyUsage::Sign, KeyUsage::Verify].map(i32::from));
        let first = key.primary.unwrap().name;
        signed(backend, &key.name, &first, spec).await;
        let mut keys = backend.keys(ADMIN).await;
        let request =
            v1::CreateKeyVersionRequest { parent: key.name.clone(), ..Default::default() };
        let second = keys.create_key_version(request).await.unwrap().into_inner().name;
        signed(backend, &key.name, &second, spec).await;
        signed(backend, &first, &first, spec).await;
        let before = enabled(place).await;
        let request = v1::DestroyKeyVersionRequest { name: first.clone() };
        keys.destroy_key_version(request).await.unwrap();
        assert_eq!(enabled(place).await, before - 1);
        let status = backend.crypto(APP).await.sign(sign(&first)).await.unwrap_err();
        assert_eq!(reason(&status), Reason::KeyVersionDestroyed);
        signed(backend, &key.name, &second, spec).await;
    }
}

async fn purposes(backend: &Backend) {
    let both = [KeyUsage::Sign, KeyUsage::Decrypt];
    let status = create(backend, "both", KeySpec::Rsa2048, &both).await.unwrap_err();
    assert_eq!(error(&status).field(), Some("key.usages"));
    let decrypts = create(backend, "decrypts", KeySpec::Rsa2048, &[KeyUsage::Decrypt]).await;
    let name = decrypts.unwrap().name;
    let status = backend.crypto(APP).await.sign(sign_rsa(&name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::UsageNotPermitted);
    let status = create(backend, "aes", KeySpec::Aes256, &[]).await.unwrap_err();
    assert_eq!(reason(&status), Reason::AlgorithmNotSupported);
    delete(backend, &name).await;
}

async fn brought(backend: &Backend) {
    let spec = supacrypt_core::KeySpec::EcP256;
    let material = generate(spec).unwrap();
    let request = v1::ImportKeyRequest {
        parent: KEYRING.into(),
        key_id: "brought".into(),
        key: Some(v1::Key { spec: KeySpec::EcP256.into(), ..Default::default() }),
        material: material.as_bytes().to_vec(),
        ..Default::default()
    };
    let key = backend.keys(ADMIN).await.import_key(request).await.unwrap().into_inner();
    signed(backend, &key.name, &key.primary.unwrap().name, KeySpec::EcP256).await;
    delete(backend, &key.name).await;
}

async fn delete(backend: &Backend, name: &str) {
    let request = v1::DeleteKeyRequest {
        name: name.into(),
        recovery_window: Some(prost_types::Duration::default()),
        ..Default::default()
    };
    backend.keys(ADMIN).await.delete_key(request).await.unwrap();
}

async fn restarted(backend: &mut Backend) {
    backend.begin_shutdown();
    backend.ended().await;
    backend.restart().await;
    let name = format!("{KEYRING}/keys/ec");
    signed(backend, &name, &format!("{name}/versions/2"), KeySpec::EcP256).await;
    for id in ["ec", "rsa"] {
        delete(backend, &format!("{KEYRING}/keys/{id}")).await;
    }
}
