//! A whole backend with a keyring whose keys are in vaults, and whose store a vault seals.

use serde_json::json;
use supacrypt_core::Reason;
use supacrypt_crypto::generate;
use supacrypt_proto::v1::{self, KeySpec};

use crate::common::{APP, Backend, error, reason, sign};
use crate::elsewhere::{Keyring, delete, restarted, signed};
use crate::standin::Cloud;

pub(crate) const KEYRING: Keyring = Keyring("cloud");

/// A configuration with the cloud, where a key seals the store.
fn lines(cloud: &Cloud) -> String {
    let seal = "[seal]\ntype = \"custodian\"\ncustodian = \"cloud\"\nkey = \"seal\"\n";
    format!("{}{seal}", cloud.lines())
}

/// A backend with the keyring, that a key of the cloud seals.
pub(crate) async fn started(cloud: &Cloud) -> Backend {
    let sealing = json!({"kty": "RSA", "key_size": 2048, "key_ops": ["unwrapKey"]});
    cloud.vaults[0].keys.operate("POST", "/keys/seal/create", sealing);
    let backend = Backend::start_with(&lines(cloud)).await;
    KEYRING.make(&backend, "cloud").await.unwrap();
    backend
}

fn held(cloud: &Cloud) -> usize {
    let names = cloud.vaults.iter().flat_map(|vault| vault.keys.names());
    names.filter(|name| name.starts_with("supacrypt-")).count()
}

#[tokio::test]
async fn keys_of_vaults_sign_rotate_and_are_destroyed_and_outlive_a_restart() {
    let cloud = Cloud::start().await;
    let sealing = json!({"kty": "RSA", "key_size": 3072, "key_ops": ["unwrapKey"]});
    cloud.vaults[0].keys.operate("POST", "/keys/seal/create", sealing);
    let mut backend = Backend::start_with(&lines(&cloud)).await;

    let keyring = KEYRING.make(&backend, "cloud").await.unwrap();
    let offered = keyring.capabilities.unwrap();
    assert!(offered.generates.contains(&KeySpec::EcSecp256k1.into()));
    assert!(!offered.generates.contains(&KeySpec::Ed25519.into()));
    assert!(offered.algorithms.contains(&"rsa-pss-sha384".to_owned()));
    assert!(!offered.algorithms.contains(&"rsa-pkcs1-sha1".to_owned()));

    for (id, spec) in [("rsa", KeySpec::Rsa2048), ("ec", KeySpec::EcP384)] {
        KEYRING.rotates(&backend, id, spec, async || held(&cloud), 1).await;
    }

    let material = generate(supacrypt_core::KeySpec::EcP256).unwrap();
    let new = v1::Key { spec: KeySpec::EcP256.into(), ..Default::default() };
    let key = KEYRING.import(&backend, "brought", new, material.as_bytes()).await;
    signed(&backend, &key.name, &key.primary.unwrap().name, KeySpec::EcP256).await;

    restarted(&mut backend, &KEYRING.key("ec"), KeySpec::EcP384).await;
    // What the store itself keeps was opened by the vault's key.
    let software = backend.make_key("own", KeySpec::EcP256).await;
    backend.crypto(APP).await.sign(sign(&software)).await.unwrap();

    let before = held(&cloud);
    delete(&backend, &KEYRING.key("ec")).await;
    assert_eq!(held(&cloud), before - 1);
    assert!(
        backend.metrics().await.contains("supacrypt_custodian_calls_total{custodian=\"cloud\"")
    );
}

#[tokio::test]
async fn a_vault_that_is_away_takes_nothing_from_other_keys() {
    let cloud = Cloud::start().await;
    let backend = started(&cloud).await;
    let one = KEYRING.create(&backend, "one", KeySpec::EcP256, &[]).await.unwrap();
    let two = KEYRING.create(&backend, "two", KeySpec::EcP256, &[]).await.unwrap();
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
