//! Keys and objects in the client's cache: used without asking, as long as nobody changes them.

mod common;

use supacrypt_client::{
    Client, DataObject, KeyChange, KeyFilter, NewObject, NewObjectContent, ObjectChange,
    ObjectContent, ObjectFilter,
};
use supacrypt_core::{KeyAttributes, KeyAttributesChange, KeyFlags, KeyName, Reason};
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
    let change = KeyChange { label: Some("after".into()), ..Default::default() };
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
    let change = KeyChange { label: Some("after".into()), ..Default::default() };
    writer.update_key(&made.name, change).unwrap();
    // Nobody told the reader, but that the connection ended.
    read_until(&reader, &made.name, "after");
}

#[test]
fn attributes_of_a_key_are_made_changed_and_found() {
    let backend = Backend::start();
    let client = backend.client();
    let mut new = p256("k");
    new.attributes.flags |= KeyFlags::EXTRACTABLE;
    new.attributes.start_date = Some("2026-01-01".parse().unwrap());
    let made = client.create_key(&backend.keyring(), new.clone()).unwrap();
    assert_eq!(made.attributes, new.attributes);

    let attributes = KeyAttributesChange {
        subject: Some(vec![0x30, 0]),
        start_date: Some(None),
        end_date: None,
        given: KeyFlags::TRUSTED,
        taken: KeyFlags::EXTRACTABLE | KeyFlags::DESTROYABLE,
    };
    let change = KeyChange { attributes, ..Default::default() };
    let changed = client.update_key(&made.name, change).unwrap();
    let expected = KeyAttributes {
        subject: vec![0x30, 0],
        flags: KeyFlags::MODIFIABLE | KeyFlags::COPYABLE | KeyFlags::TRUSTED,
        ..Default::default()
    };
    assert_eq!((&changed.attributes, changed.label.as_str()), (&expected, "k"));
    let filter = KeyFilter { subject: Some(vec![0x30, 0]), ..Default::default() };
    let found = client.find_keys(&backend.keyring(), &filter).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].attributes, expected);
    let error = client.delete_key(&made.name).unwrap_err();
    assert_eq!(error.reason(), Reason::ObjectImmutable);
}

/// Data of an application.
fn data(value: &[u8]) -> NewObject {
    NewObject::new(NewObjectContent::Data(DataObject {
        application: "test".into(),
        oid: Vec::new(),
        value: value.to_vec().into(),
    }))
}

#[test]
fn a_found_object_is_read_without_asking_again() {
    let backend = Backend::start();
    let (reader, writer) = (backend.client(), backend.client());
    let made = writer.create_object(&backend.keyring(), data(b"1")).unwrap();
    let found = reader.find_objects(&backend.keyring(), &ObjectFilter::default()).unwrap();
    assert_eq!(found.len(), 1);
    let ObjectContent::Data(content) = &reader.object(&made.name).unwrap().content else {
        panic!("not data");
    };
    assert_eq!((content.application.as_str(), &content.value[..]), ("test", &b"1"[..]));
    let asked: Vec<_> =
        backend.audit().into_iter().filter(|entry| entry.action == "GetObject").collect();
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn a_change_of_an_object_by_somebody_else_is_seen() {
    let backend = Backend::start();
    let (reader, writer) = (backend.client(), backend.client());
    let new = NewObject { label: "before".into(), ..data(b"1") };
    let made = writer.create_object(&backend.keyring(), new).unwrap();
    assert_eq!(reader.object(&made.name).unwrap().label, "before");
    // Keys and objects share the watch that the reader has by now.
    let key = writer.create_key(&backend.keyring(), p256("before")).unwrap();
    assert_eq!(reader.key(&key.name).unwrap().label, "before");

    let change = ObjectChange { label: Some("after".into()), ..Default::default() };
    writer.update_object(&made.name, change).unwrap();
    let changed = |_| {
        reader.keyrings().expect("keyrings");
        reader.object(&made.name).expect("the object").label == "after"
    };
    assert!((0..CALLS).any(changed), "the change is not seen in {CALLS} calls");

    writer.delete_object(&made.name).unwrap();
    let refusal = (0..CALLS).find_map(|_| {
        reader.keyrings().expect("keyrings");
        reader.object(&made.name).err()
    });
    let error = refusal.unwrap_or_else(|| panic!("the deletion is not seen in {CALLS} calls"));
    assert_eq!(error.reason(), Reason::ObjectNotFound);
    let watches = backend.audit().into_iter().filter(|entry| entry.action == "WatchKeys");
    assert_eq!(watches.count(), 1);
}

#[test]
fn a_change_for_two_kinds_at_once_is_refused() {
    let backend = Backend::start();
    let client = backend.client();
    let made = client.create_object(&backend.keyring(), data(b"1")).unwrap();
    let change = ObjectChange { trusted: Some(true), oid: Some(Vec::new()), ..Default::default() };
    let error = client.update_object(&made.name, change).unwrap_err();
    assert_eq!(error.reason(), Reason::InvalidArgument);
    let change = ObjectChange { value: Some(b"2".to_vec().into()), ..Default::default() };
    let changed = client.update_object(&made.name, change).unwrap();
    let ObjectContent::Data(content) = &changed.content else { panic!("not data") };
    assert_eq!((content.application.as_str(), &content.value[..]), ("test", &b"2"[..]));
}
