//! A whole backend, sealed by a key of KMS, with a keyring whose keys are there.

use aws_sdk_kms::types::{KeySpec as KmsSpec, KeyState, KeyUsageType};
use supacrypt_core::Reason;
use supacrypt_crypto::generate;
use supacrypt_proto::v1::{self, KeySpec, KeyUsage};

use crate::common::{APP, Backend, error, reason, sign_rsa};
use crate::done;
use crate::elsewhere::{Keyring, delete, restarted, signed};
use crate::place::Place;

const KEYRING: Keyring = Keyring("cloud");

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
    for (id, spec) in [("rsa", KeySpec::Rsa2048), ("ec", KeySpec::EcP256)] {
        let key = KEYRING.rotates(&backend, id, spec, async || enabled(place).await, 1).await;
        assert_eq!(key.usages, [KeyUsage::Sign, KeyUsage::Verify].map(i32::from));
    }
    done("keys_of_kms_sign_rotate_and_are_destroyed");
    purposes(&backend).await;
    done("usages_are_those_of_one_purpose");
    brought(&backend).await;
    done("material_goes_to_kms");
    restarted(&mut backend, &KEYRING.key("ec"), KeySpec::EcP256).await;
    for id in ["ec", "rsa"] {
        delete(&backend, &KEYRING.key(id)).await;
    }
    done("a_key_signs_after_a_restart");
    assert_eq!(enabled(place).await, before, "all that was made is destroyed");
    place.forget(&seal).await;
}

async fn keyring(backend: &Backend) {
    let made = KEYRING.make(backend, "kms").await.unwrap();
    let offered = made.capabilities.unwrap();
    assert!(offered.generates.contains(&KeySpec::Rsa2048.into()));
    assert!(!offered.generates.contains(&KeySpec::Aes256.into()));
    assert!(offered.imports.contains(&KeySpec::EcP256.into()));
    assert!(offered.algorithms.contains(&"ecdsa".to_owned()));
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

async fn purposes(backend: &Backend) {
    let both = [KeyUsage::Sign, KeyUsage::Decrypt];
    let status = KEYRING.create(backend, "both", KeySpec::Rsa2048, &both).await.unwrap_err();
    assert_eq!(error(&status).field(), Some("key.usages"));
    let decrypts =
        KEYRING.create(backend, "decrypts", KeySpec::Rsa2048, &[KeyUsage::Decrypt]).await;
    let name = decrypts.unwrap().name;
    let status = backend.crypto(APP).await.sign(sign_rsa(&name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::UsageNotPermitted);
    let status = KEYRING.create(backend, "aes", KeySpec::Aes256, &[]).await.unwrap_err();
    assert_eq!(reason(&status), Reason::AlgorithmNotSupported);
    delete(backend, &name).await;
}

async fn brought(backend: &Backend) {
    let material = generate(supacrypt_core::KeySpec::EcP256).unwrap();
    let new = v1::Key { spec: KeySpec::EcP256.into(), ..Default::default() };
    let key = KEYRING.import(backend, "brought", new, material.as_bytes()).await;
    signed(backend, &key.name, &key.primary.unwrap().name, KeySpec::EcP256).await;
    delete(backend, &key.name).await;
}
