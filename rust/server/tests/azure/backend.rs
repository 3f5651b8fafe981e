//! A whole backend with a keyring whose keys are in vaults, and whose store a vault seals.

use serde_json::json;
use supacrypt_core::{Digest, Reason, SignatureScheme};
use supacrypt_crypto::{PublicKey, generate};
use supacrypt_proto::v1::{self, KeySpec, keyring_service_client::KeyringServiceClient};

use crate::common::{ADMIN, APP, Backend, error, reason, sign, sign_rsa};
use crate::standin::{CLIENT, Cloud, SECRET, TENANT};

const KEYRING: &str = "keyrings/cloud";

/// The cloud as lines of the server's configuration.
fn lines(cloud: &Cloud) -> String {
    let [first, second] = cloud.vaults.each_ref().map(|vault| vault.https.url());
    format!(
        "[custodians.cloud]\ntype = \"azure\"\nvaults = [{first:?}, {second:?}]\n\
         ca = {:?}\nauthority = {:?}\n\
         [custodians.cloud.credential]\ntype = \"client_secret\"\ntenant_id = {TENANT:?}\n\
         client_id = {CLIENT:?}\nsecret_file = {:?}\n\
         [seal]\ntype = \"custodian\"\ncustodian = \"cloud\"\nkey = \"seal\"\n",
        cloud.dir.path().join("ca.pem"),
        cloud.entra.url(),
        cloud.secret_file(SECRET, 0o600),
    )
}

fn held(cloud: &Cloud) -> usize {
    let names = cloud.vaults.iter().flat_map(|vault| vault.keys.names());
    names.filter(|name| name.starts_with("supacrypt-")).count()
}

async fn create(backend: &Backend, id: &str, spec: KeySpec) -> v1::Key {
    let request = v1::CreateKeyRequest {
        parent: KEYRING.into(),
        key_id: id.into(),
        key: Some(v1::Key { spec: spec.into(), ..Default::default() }),
        ..Default::default()
    };
    backend.keys(ADMIN).await.create_key(request).await.unwrap().into_inner()
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
    let key = backend.keys(APP).await.get_public_key(request).await.unwrap().into_inner();
    let public = PublicKey::from_spki_der(&key.der).unwrap();
    assert!(public.verify(scheme, &[7; 32], &answer.signature).unwrap(), "{name}");
}

#[tokio::test]
async fn keys_of_vaults_sign_rotate_and_are_destroyed_and_outlive_a_restart() {
    let cloud = Cloud::start().await;
    let sealing = json!({"kty": "RSA", "key_size": 3072, "key_ops": ["unwrapKey"]});
    cloud.vaults[0].keys.operate("POST", "/keys/seal/create", sealing);
    let mut backend = Backend::start_with(&lines(&cloud)).await;

    let request = v1::CreateKeyringRequest {
        keyring_id: "cloud".into(),
        keyring: Some(v1::Keyring {
            grants: vec![v1::Grant { principal: APP.into(), role: v1::Role::User.into() }],
            custodian: "cloud".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut keyrings = KeyringServiceClient::new(backend.channel(ADMIN).await);
    let keyring = keyrings.create_keyring(request).await.unwrap().into_inner();
    let offered = keyring.capabilities.unwrap();
    assert!(offered.generates.contains(&KeySpec::EcSecp256k1.into()));
    assert!(!offered.generates.contains(&KeySpec::Ed25519.into()));
    assert!(offered.algorithms.contains(&"rsa-pss-sha384".to_owned()));
    assert!(!offered.algorithms.contains(&"rsa-pkcs1-sha1".to_owned()));

    for (id, spec) in [("rsa", KeySpec::Rsa2048), ("ec", KeySpec::EcP384)] {
        let key = create(&backend, id, spec).await;
        let first = key.primary.unwrap().name;
        signed(&backend, &key.name, &first, spec).await;
        let mut keys = backend.keys(ADMIN).await;
        let request =
            v1::CreateKeyVersionRequest { parent: key.name.clone(), ..Default::default() };
        let second = keys.create_key_version(request).await.unwrap().into_inner().name;
        signed(&backend, &key.name, &second, spec).await;
        signed(&backend, &first, &first, spec).await;
        let before = held(&cloud);
        let request = v1::DestroyKeyVersionRequest { name: first.clone() };
        keys.destroy_key_version(request).await.unwrap();
        assert_eq!(held(&cloud), before - 1);
        let status = backend.crypto(APP).await.sign(sign(&first)).await.unwrap_err();
        assert_eq!(reason(&status), Reason::KeyVersionDestroyed);
        signed(&backend, &key.name, &second, spec).await;
    }

    let material = generate(supacrypt_core::KeySpec::EcP256).unwrap();
    let request = v1::ImportKeyRequest {
        parent: KEYRING.into(),
        key_id: "brought".into(),
        key: Some(v1::Key { spec: KeySpec::EcP256.into(), ..Default::default() }),
        material: material.as_bytes().to_vec(),
        ..Default::default()
    };
    let key = backend.keys(ADMIN).await.import_key(request).await.unwrap().into_inner();
    signed(&backend, &key.name, &key.primary.unwrap().name, KeySpec::EcP256).await;

    backend.begin_shutdown();
    backend.ended().await;
    backend.restart().await;
    let name = format!("{KEYRING}/keys/ec");
    signed(&backend, &name, &format!("{name}/versions/2"), KeySpec::EcP384).await;
    // What the store itself keeps was opened by the vault's key.
    let software = backend.make_key("own", KeySpec::EcP256).await;
    backend.crypto(APP).await.sign(sign(&software)).await.unwrap();

    let before = held(&cloud);
    let request = v1::DeleteKeyRequest {
        name,
        recovery_window: Some(prost_types::Duration::default()),
        ..Default::default()
    };
    backend.keys(ADMIN).await.delete_key(request).await.unwrap();
    assert_eq!(held(&cloud), before - 1);
    assert!(
        backend.metrics().await.contains("supacrypt_custodian_calls_total{custodian=\"cloud\"")
    );
}

#[tokio::test]
async fn a_vault_that_is_away_takes_nothing_from_other_keys() {
    let cloud = Cloud::start().await;
    let sealing = json!({"kty": "RSA", "key_size": 2048, "key_ops": ["unwrapKey"]});
    cloud.vaults[0].keys.operate("POST", "/keys/seal/create", sealing);
    let backend = Backend::start_with(&lines(&cloud)).await;
    let request = v1::CreateKeyringRequest {
        keyring_id: "cloud".into(),
        keyring: Some(v1::Keyring {
            grants: vec![v1::Grant { principal: APP.into(), role: v1::Role::User.into() }],
            custodian: "cloud".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    KeyringServiceClient::new(backend.channel(ADMIN).await).create_keyring(request).await.unwrap();
    let (one, two) = (
        create(&backend, "one", KeySpec::EcP256).await,
        create(&backend, "two", KeySpec::EcP256).await,
    );
    for key in [&one, &two] {
        signed(&backend, &key.name, &key.primary.as_ref().unwrap().name, KeySpec::EcP256).await;
    }
    let software = backend.make_key("own", KeySpec::EcP256).await;
    cloud.vaults[0].https.spoil(crate::faults::Fault::Reset);
    let mut away = 0;
    for key in [&one, &two] {
        if let Err(status) = backend.crypto(APP).await.sign(sign(&key.name)).await {
            assert_eq!(reason(&status), Reason::CustodianUnavailable);
            assert!(error(&status).message().contains(&cloud.vaults[0].https.url()), "{status}");
            away += 1;
        }
    }
    assert_eq!(away, 1, "the other key is in the other vault");
    backend.crypto(APP).await.sign(sign(&software)).await.unwrap();
}
