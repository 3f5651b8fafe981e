//! Keys in the client's cache: used without asking, as long as nobody changes them.

mod common;

use supacrypt_client::{Client, KeyChange, KeyFilter};
use supacrypt_core::KeyName;
use supacrypt_testkit::Backend;

use common::{p256, sign_and_verify};

/// Calls after which a client has heard of a change many times over.
const CALLS: usize = 10_000;

/// Reads a key until its label is `expected`, with other calls in between.
fn read_until(client: &Client, key: &KeyName, expected: &str) {
    let seen = (0..CALLS).any(|_| {
        client.keyrings().expect("keyrings");
        client.key(key).expect("the key").label == expected
    });
    assert!(seen, "the change is not seen in {CALLS} calls");
}

#[test]
fn a_found_key_is_used_without_asking_again() {
    let backend = Backend::start();
    let (reader, writer) = (backend.client(), backend.client());
    for number in 0..3 {
        writer.create_key(&backend.keyring(), p256(&format!("key {number}"))).unwrap();
    }
    let found = reader.find_keys(&backend.keyring(), &KeyFilter::default()).unwrap();
    assert_eq!(found.len(), 3);
    for key in &found {
        let cached = reader.key(&key.name).unwrap();
        assert_eq!(cached.label, key.label);
        sign_and_verify(&reader, &cached, 0);
    }
    let asked: Vec<_> =
        backend.audit().into_iter().filter(|entry| entry.action == "GetKey").collect();
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn a_change_by_somebody_else_is_seen() {
    let backend = Backend::start();
    let (reader, writer) = (backend.client(), backend.client());
    let made = writer.create_key(&backend.keyring(), p256("before")).unwrap();
    assert_eq!(reader.key(&made.name).unwrap().label, "before");
    let change = KeyChange { label: Some("after".into()), object_id: None };
    writer.update_key(&made.name, change).unwrap();
    read_until(&reader, &made.name, "after");
}

#[test]
fn the_cache_is_filled_anew_after_a_restart() {
    let mut backend = Backend::start();
    let (reader, writer) = (backend.client(), backend.client());
    let made = writer.create_key(&backend.keyring(), p256("before")).unwrap();
    assert_eq!(reader.key(&made.name).unwrap().label, "before");
    backend.restart();
    let change = KeyChange { label: Some("after".into()), object_id: None };
    writer.update_key(&made.name, change).unwrap();
    // Nobody told the reader, but that the connection ended.
    read_until(&reader, &made.name, "after");
}
