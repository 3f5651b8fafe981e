//! What others do in KMS, and how the server comes to agree with it.

use aws_sdk_kms::types::{KeySpec as KmsSpec, KeyState, KeyUsageType};
use supacrypt_core::Reason;
use supacrypt_proto::v1::{DifferenceKind, KeySpec};

use crate::common::{ADMIN, APP, Backend, reason, sign};
use crate::done;
use crate::elsewhere::{Keyring, delete, differences, signed};
use crate::place::{Place, new_id};

const KEYRING: Keyring = Keyring("others");

pub(crate) async fn all(place: &Place) {
    let backend = Backend::start_with(&place.lines()).await;
    KEYRING.make(&backend, "kms").await.unwrap();
    disabled_and_deleted(&backend, place).await;
    done("what_others_disable_or_delete_is_disabled_or_taken_back");
    followed(&backend, place).await;
    done("an_alias_that_means_another_key_is_followed");
}

async fn told(backend: &Backend, repair: bool) -> Vec<(DifferenceKind, String, bool)> {
    differences(backend, "kms", repair).await.0
}

async fn disabled_and_deleted(backend: &Backend, place: &Place) {
    let client = place.client().await;
    let before: Vec<_> = place.keys().await;
    let key = KEYRING.create(backend, "key", KeySpec::EcP256, &[]).await.unwrap();
    let version = key.primary.unwrap().name;
    let id = place.keys().await.into_iter().find(|id| !before.contains(id)).unwrap();
    let found = |kind, repaired| vec![(kind, version.clone(), repaired)];

    client.disable_key().key_id(&id).send().await.unwrap();
    assert_eq!(told(backend, true).await, found(DifferenceKind::Disabled, true));
    assert_eq!(told(backend, false).await, []);
    let status = backend.crypto(APP).await.sign(sign(&key.name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::KeyVersionDisabled);

    // It was disabled here when it was deleted there, and stays so.
    place.forget(&id).await;
    assert_eq!(told(backend, true).await, found(DifferenceKind::Deleted, true));
    assert_eq!(told(backend, false).await, []);
    assert_eq!(place.describe(&id).await.key_state, Some(KeyState::Disabled));
    let request = supacrypt_proto::v1::EnableKeyVersionRequest { name: version.clone() };
    backend.keys(ADMIN).await.enable_key_version(request).await.unwrap();
    signed(backend, &key.name, &version, KeySpec::EcP256).await;

    // KMS has it disabled when it is back, and so has the server.
    place.forget(&id).await;
    assert_eq!(told(backend, true).await, found(DifferenceKind::Deleted, true));
    assert_eq!(told(backend, false).await, []);
    let status = backend.crypto(APP).await.sign(sign(&key.name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::KeyVersionDisabled);
    let request = supacrypt_proto::v1::EnableKeyVersionRequest { name: version.clone() };
    backend.keys(ADMIN).await.enable_key_version(request).await.unwrap();
    signed(backend, &key.name, &version, KeySpec::EcP256).await;
    delete(backend, &key.name).await;
    assert_eq!(told(backend, false).await, []);
}

async fn followed(backend: &Backend, place: &Place) {
    let client = place.client().await;
    let alias = format!("alias/supacrypt-test-{}", new_id());
    let make = async || place.others_key(KmsSpec::EccNistP256, KeyUsageType::SignVerify).await;
    let theirs = [make().await, make().await];
    client.create_alias().alias_name(&alias).target_key_id(&theirs[0]).send().await.unwrap();
    let mut keys = backend.keys(ADMIN).await;
    let key = KEYRING.adopt(&mut keys, "followed", &alias).await.unwrap();
    KEYRING.adopt(&mut keys, "alone", &theirs[0]).await.unwrap();
    assert_eq!(told(backend, true).await, []);
    client.update_alias().alias_name(&alias).target_key_id(&theirs[1]).send().await.unwrap();
    assert_eq!(told(backend, true).await, [(DifferenceKind::Newer, key.name.clone(), true)]);
    assert_eq!(told(backend, false).await, []);
    let second = format!("{}/versions/2", key.name);
    signed(backend, &key.name, &second, KeySpec::EcP256).await;
    // The first one is still what its own versions are.
    let first = format!("{}/versions/1", key.name);
    signed(backend, &first, &first, KeySpec::EcP256).await;
    client.disable_key().key_id(&theirs[1]).send().await.unwrap();
    assert_eq!(told(backend, true).await, [(DifferenceKind::Disabled, second, true)]);
    client.delete_alias().alias_name(&alias).send().await.unwrap();
    assert_eq!(told(backend, false).await, []);
    for key in theirs {
        place.forget(&key).await;
    }
}
