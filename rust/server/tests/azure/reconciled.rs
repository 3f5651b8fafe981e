//! What others do at a vault, and how the server comes to agree with it.

use std::time::Duration;

use serde_json::json;
use supacrypt_core::Reason;
use supacrypt_proto::v1::{self, DifferenceKind, KeySpec};

use crate::backend::{KEYRING, started};
use crate::common::{ADMIN, APP, Backend, reason, sign};
use crate::elsewhere::{differences, signed};
use crate::standin::Cloud;

async fn told(backend: &Backend, repair: bool) -> Vec<(DifferenceKind, String, bool)> {
    differences(backend, "cloud", repair).await.0
}

/// The vault that has the one key of the store, and what the key is called there.
fn place(cloud: &Cloud) -> (usize, String) {
    let vaults = cloud.vaults.iter().enumerate();
    let mut names =
        vaults.flat_map(|(at, vault)| vault.keys.names().into_iter().map(move |it| (at, it)));
    names.find(|(_, name)| name.starts_with("supacrypt-")).unwrap()
}

#[tokio::test]
async fn what_others_disable_or_delete_is_disabled_or_taken_back() {
    let cloud = Cloud::start().await;
    let backend = started(&cloud).await;
    let key = KEYRING.create(&backend, "key", KeySpec::EcP256, &[]).await.unwrap();
    let version = key.primary.unwrap().name;
    assert_eq!(told(&backend, true).await, []);

    let (at, name) = place(&cloud);
    let operate =
        |method: &str, target: &str, body| cloud.vaults[at].keys.operate(method, target, body);
    let kid = operate("GET", &format!("/keys/{name}/"), json!({}))["key"]["kid"].clone();
    let path = kid.as_str().unwrap().split_once("/keys/").unwrap().1.to_owned();
    operate("PATCH", &format!("/keys/{path}"), json!({"attributes": {"enabled": false}}));
    let found = |kind, repaired| vec![(kind, version.clone(), repaired)];
    assert_eq!(told(&backend, false).await, found(DifferenceKind::Disabled, false));
    assert_eq!(told(&backend, true).await, found(DifferenceKind::Disabled, true));
    assert_eq!(told(&backend, false).await, []);
    let status = backend.crypto(APP).await.sign(sign(&key.name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::KeyVersionDisabled);
    // What is disabled here alone, others could use there.
    operate("PATCH", &format!("/keys/{path}"), json!({"attributes": {"enabled": true}}));
    assert_eq!(told(&backend, true).await, found(DifferenceKind::Enabled, true));
    assert_eq!(told(&backend, false).await, []);
    let request = v1::EnableKeyVersionRequest { name: version.clone() };
    backend.keys(ADMIN).await.enable_key_version(request).await.unwrap();
    signed(&backend, &key.name, &version, KeySpec::EcP256).await;

    operate("DELETE", &format!("/keys/{name}"), json!({}));
    let status = backend.crypto(APP).await.sign(sign(&key.name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::KeyVersionDestroyed);
    assert_eq!(told(&backend, false).await, found(DifferenceKind::Deleted, false));
    assert_eq!(told(&backend, true).await, found(DifferenceKind::Deleted, true));
    assert_eq!(told(&backend, false).await, []);
    signed(&backend, &key.name, &version, KeySpec::EcP256).await;

    operate("DELETE", &format!("/keys/{name}"), json!({}));
    operate("DELETE", &format!("/deletedkeys/{name}"), json!({}));
    assert_eq!(told(&backend, true).await, found(DifferenceKind::Missing, true));
    assert_eq!(told(&backend, false).await, []);
}

#[tokio::test]
async fn what_is_being_deleted_is_not_given_up() {
    let cloud = Cloud::start().await;
    let backend = started(&cloud).await;
    let key = KEYRING.create(&backend, "key", KeySpec::EcP256, &[]).await.unwrap();
    let version = key.primary.unwrap().name;
    let (at, name) = place(&cloud);
    let keys = &cloud.vaults[at].keys;
    keys.operate("DELETE", &format!("/keys/{name}"), json!({}));
    // It looks as if it were gone for good, and when it is looked for again it is in the bin.
    keys.hide(Duration::from_secs(5));
    let found = |kind, repaired| vec![(kind, version.clone(), repaired)];
    assert_eq!(told(&backend, true).await, found(DifferenceKind::Missing, false));

    // The recovery takes its time, too.
    keys.delay_recovery(Duration::from_secs(1));
    assert_eq!(told(&backend, true).await, found(DifferenceKind::Deleted, true));
    signed(&backend, &key.name, &version, KeySpec::EcP256).await;

    // What was disabled when it was deleted is disabled when it is back, on both sides.
    let kid = keys.operate("GET", &format!("/keys/{name}/"), json!({}))["key"]["kid"].clone();
    let path = kid.as_str().unwrap().split_once("/keys/").unwrap().1.to_owned();
    keys.operate("PATCH", &format!("/keys/{path}"), json!({"attributes": {"enabled": false}}));
    keys.operate("DELETE", &format!("/keys/{name}"), json!({}));
    assert_eq!(told(&backend, true).await, found(DifferenceKind::Deleted, true));
    assert_eq!(told(&backend, false).await, []);
    let status = backend.crypto(APP).await.sign(sign(&key.name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::KeyVersionDisabled);
}

#[tokio::test]
async fn versions_that_a_vault_makes_of_an_adopted_key_are_taken_up() {
    let cloud = Cloud::start().await;
    let backend = started(&cloud).await;
    let pair = json!({"kty": "EC", "crv": "P-256", "key_ops": ["sign", "verify"]});
    // As a rotation policy of the vault does.
    let rotate = |body| cloud.vaults[0].keys.operate("POST", "/keys/theirs/create", body);
    let first = rotate(pair.clone())["key"]["kid"].as_str().unwrap().to_owned();
    let (_, version) = first.rsplit_once('/').unwrap();
    let first = format!("{}/keys/theirs/{version}", cloud.vaults[0].https.url());
    let mut keys = backend.keys(ADMIN).await;
    let followed = KEYRING.adopt(&mut keys, "followed", "theirs").await.unwrap();
    let alone = KEYRING.adopt(&mut keys, "alone", &first).await.unwrap();
    assert_eq!(told(&backend, true).await, []);

    rotate(pair.clone());
    rotate(pair.clone());
    let newer = (DifferenceKind::Newer, followed.name.clone(), false);
    assert_eq!(told(&backend, false).await, [newer.clone(), newer.clone()]);
    assert!(told(&backend, true).await.iter().all(|(_, _, repaired)| *repaired));
    assert_eq!(told(&backend, false).await, []);
    let third = format!("{}/versions/3", followed.name);
    signed(&backend, &followed.name, &third, KeySpec::EcP256).await;
    let only = format!("{}/versions/1", alone.name);
    signed(&backend, &alone.name, &only, KeySpec::EcP256).await;

    // What was destroyed here is not taken up again.
    keys.destroy_key_version(v1::DestroyKeyVersionRequest { name: third }).await.unwrap();
    assert_eq!(told(&backend, false).await, []);
    // Nor is one that was left out when the key was adopted, or that has expired.
    let old =
        rotate(pair.clone())["key"]["kid"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
    let change = |attributes| {
        let body = json!({"attributes": attributes});
        cloud.vaults[0].keys.operate("PATCH", &format!("/keys/theirs/{old}"), body)
    };
    change(json!({"exp": 1_700_000_000}));
    assert_eq!(told(&backend, false).await, []);
    let later = KEYRING.adopt(&mut keys, "later", "theirs").await.unwrap();
    rotate(pair.clone());
    told(&backend, true).await;
    change(json!({"exp": 4_102_444_800_u64}));
    assert_eq!(told(&backend, false).await, []);
    let newest = later.primary.as_ref().unwrap().name.clone();
    assert!(newest.ends_with("/versions/3"), "{newest}");

    // Also while nothing can be used that is later.
    let others: Vec<String> =
        cloud.vaults[0].keys.operate("GET", "/keys/theirs/versions", json!({}))["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["kid"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned())
            .filter(|it| *it != old)
            .collect();
    let enable = |enabled: bool| {
        for version in &others {
            let body = json!({"attributes": {"enabled": enabled}});
            cloud.vaults[0].keys.operate("PATCH", &format!("/keys/theirs/{version}"), body);
        }
    };
    enable(false);
    let found = told(&backend, false).await;
    assert!(found.iter().all(|(kind, ..)| *kind == DifferenceKind::Disabled), "{found:?}");
    enable(true);

    // One that does not do what the key does, and one of another kind, are not followed.
    for other in [
        json!({"kty": "EC", "crv": "P-256", "key_ops": ["verify"]}),
        json!({"kty": "EC", "crv": "P-384", "key_ops": ["sign"]}),
    ] {
        rotate(other);
        let mut found = told(&backend, true).await;
        found.sort_by(|one, other| one.1.cmp(&other.1));
        let unfollowed = |key: &v1::Key| (DifferenceKind::Unfollowed, key.name.clone(), false);
        assert_eq!(found, [unfollowed(&followed), unfollowed(&later)]);
    }
}
