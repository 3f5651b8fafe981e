//! Certificates and data objects, over the wire.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{ADMIN, APP, Backend, error, reason};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use supacrypt_core::Reason;
use supacrypt_proto::v1;
use supacrypt_proto::v1::keyring_service_client::KeyringServiceClient;
use supacrypt_proto::v1::object::Content;
use supacrypt_proto::v1::object_service_client::ObjectServiceClient;
use tonic::transport::Channel;

/// A self-signed certificate of `name`.
fn certificate(name: &str) -> rcgen::Certificate {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap()
}

fn certificate_object(label: &str, der: &[u8]) -> v1::Object {
    v1::Object {
        label: label.into(),
        object_id: label.as_bytes().to_vec(),
        content: Some(Content::Certificate(v1::Certificate {
            der: der.to_vec(),
            category: v1::CertificateCategory::TokenUser.into(),
            ..Default::default()
        })),
        ..Default::default()
    }
}

fn data_object(label: &str, application: &str) -> v1::Object {
    v1::Object {
        label: label.into(),
        content: Some(Content::Data(v1::Data {
            application: application.into(),
            oid: vec![6, 1, 42],
            value: b"value".to_vec(),
        })),
        ..Default::default()
    }
}

fn create(id: &str, object: v1::Object) -> v1::CreateObjectRequest {
    v1::CreateObjectRequest {
        parent: "keyrings/dev".into(),
        id: id.into(),
        object: Some(object),
        ..Default::default()
    }
}

fn update(object: v1::Object, paths: &[&str]) -> v1::UpdateObjectRequest {
    let paths = paths.iter().map(ToString::to_string).collect();
    let update_mask = Some(prost_types::FieldMask { paths });
    v1::UpdateObjectRequest { object: Some(object), update_mask }
}

fn delete(name: &str) -> v1::DeleteObjectRequest {
    v1::DeleteObjectRequest { name: name.into(), ..Default::default() }
}

fn get(name: &str) -> v1::GetObjectRequest {
    v1::GetObjectRequest { name: name.into() }
}

async fn objects(backend: &Backend, principal: &str) -> ObjectServiceClient<Channel> {
    ObjectServiceClient::new(backend.channel(principal).await)
}

fn as_certificate(object: &v1::Object) -> &v1::Certificate {
    match &object.content {
        Some(Content::Certificate(certificate)) => certificate,
        other => panic!("not a certificate: {other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_is_made_read_changed_and_deleted() {
    let backend = Backend::start().await;
    let (mut admin, mut app) = (objects(&backend, ADMIN).await, objects(&backend, APP).await);
    let der = certificate("tls").der().to_vec();
    let request = create("tls", certificate_object("TLS", &der));
    let made = admin.create_object(request).await.unwrap().into_inner();
    assert_eq!(made.name, "keyrings/dev/objects/tls");
    assert_eq!(
        (made.modifiable, made.copyable, made.destroyable),
        (Some(true), Some(true), Some(true))
    );
    let read = as_certificate(&made);
    assert_eq!(read.der, der);
    assert_eq!(read.subject, read.issuer);
    assert!(!read.serial_number.is_empty());
    assert_eq!(app.get_object(get(&made.name)).await.unwrap().into_inner(), made);

    let change = v1::Object {
        name: made.name.clone(),
        label: "new".into(),
        etag: made.etag.clone(),
        content: Some(Content::Certificate(v1::Certificate {
            trusted: true,
            ..Default::default()
        })),
        ..Default::default()
    };
    let request = update(change.clone(), &["label", "certificate.trusted"]);
    let changed = admin.update_object(request.clone()).await.unwrap().into_inner();
    assert_eq!((changed.label.as_str(), &changed.object_id), ("new", &made.object_id));
    let read = as_certificate(&changed);
    assert!(read.trusted);
    assert_eq!(read.category(), v1::CertificateCategory::TokenUser, "what was not named stays");
    let status = admin.update_object(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::EtagMismatch);
    let status = admin.update_object(update(change, &["data.value"])).await.unwrap_err();
    assert_eq!(reason(&status), Reason::EtagMismatch);
    let other = v1::Object { name: made.name.clone(), ..Default::default() };
    let status = admin.update_object(update(other, &["data.value"])).await.unwrap_err();
    assert_eq!(error(&status).field(), Some("update_mask"));

    admin.delete_object(delete(&made.name)).await.unwrap();
    let status = app.get_object(get(&made.name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ObjectNotFound);
    for action in ["CreateObject", "GetObject", "UpdateObject", "DeleteObject"] {
        let entry = backend.recorded(action, "").await;
        assert_eq!(entry.resource, made.name);
    }
}

#[tokio::test]
async fn what_is_no_certificate_is_refused_with_its_field() {
    let backend = Backend::start().await;
    let mut admin = objects(&backend, ADMIN).await;
    let certificate = certificate("a");
    let twice = [&certificate.der()[..], certificate.der()].concat();
    for (bytes, word) in [
        (certificate.pem().as_bytes(), "PEM"),
        (&twice, "on its own"),
        (b"", "missing"),
        (&certificate.der()[1..], "not an X.509 certificate"),
    ] {
        let request = create("c", certificate_object("c", bytes));
        let error = error(&admin.create_object(request).await.unwrap_err());
        assert_eq!(error.reason(), Reason::InvalidArgument);
        assert_eq!(error.field(), Some("object.certificate.der"));
        assert!(error.message().contains(word), "{error}");
    }
    backend.recorded("CreateObject", "INVALID_ARGUMENT").await;
}

#[tokio::test]
async fn data_is_kept_as_it_is_sent_and_every_field_of_it_can_change() {
    let backend = Backend::start().await;
    let mut admin = objects(&backend, ADMIN).await;
    let object = v1::Object { private: true, ..data_object("d", "app") };
    let made = admin.create_object(create("", object.clone())).await.unwrap().into_inner();
    assert!(made.name.starts_with("keyrings/dev/objects/d-"), "{}", made.name);
    assert!(made.private);
    assert_eq!(made.content, object.content);
    let data = v1::Data { application: "b".into(), oid: Vec::new(), value: Vec::new() };
    let content = Some(Content::Data(data));
    let change =
        v1::Object { name: made.name.clone(), content: content.clone(), ..Default::default() };
    let mask = ["data.application", "data.oid", "data.value"];
    let changed = admin.update_object(update(change, &mask)).await.unwrap().into_inner();
    assert_eq!(changed.content, content);
    assert_eq!(admin.get_object(get(&made.name)).await.unwrap().into_inner(), changed);
}

#[tokio::test]
async fn each_filter_finds_what_it_names_page_by_page() {
    let backend = Backend::start().await;
    let mut admin = objects(&backend, ADMIN).await;
    for name in ["a", "b", "c"] {
        let object = certificate_object(name, certificate(name).der());
        admin.create_object(create(name, object)).await.unwrap();
    }
    admin.create_object(create("d", data_object("a", "app"))).await.unwrap();
    let made = admin.get_object(get("keyrings/dev/objects/b")).await.unwrap().into_inner();
    let b = as_certificate(&made).clone();
    let client = admin.clone();
    let list = async |filter: v1::ObjectFilter, page_size: i32| {
        let mut request = v1::ListObjectsRequest {
            parent: "keyrings/dev".into(),
            page_size,
            filter: Some(filter),
            ..Default::default()
        };
        let mut ids = String::new();
        loop {
            let page = client.clone().list_objects(request.clone()).await.unwrap().into_inner();
            ids.extend(page.objects.iter().filter_map(|object| object.name.chars().last()));
            if page.next_page_token.is_empty() {
                return ids;
            }
            ids.push('|');
            request.page_token = page.next_page_token;
        }
    };
    let any = v1::ObjectFilter::default;
    assert_eq!(list(any(), 0).await, "abcd");
    assert_eq!(list(any(), 3).await, "abc|d");
    assert_eq!(list(v1::ObjectFilter { label: Some("a".into()), ..any() }, 0).await, "ad");
    assert_eq!(list(v1::ObjectFilter { object_id: Some(b"c".to_vec()), ..any() }, 0).await, "c");
    let kind = |kind: v1::ObjectKind| v1::ObjectFilter { kind: kind.into(), ..any() };
    assert_eq!(list(kind(v1::ObjectKind::Certificate), 2).await, "ab|c");
    assert_eq!(list(kind(v1::ObjectKind::Data), 0).await, "d");
    let subject = v1::ObjectFilter { subject: Some(b.subject.clone()), ..any() };
    assert_eq!(list(subject, 0).await, "b");
    let issued = v1::ObjectFilter {
        issuer: Some(b.issuer),
        serial_number: Some(b.serial_number.clone()),
        ..any()
    };
    assert_eq!(list(issued, 0).await, "b");
    let serial = v1::ObjectFilter { serial_number: Some(b.serial_number), ..any() };
    assert_eq!(list(serial, 0).await, "b");
    let application = v1::ObjectFilter { application: Some("app".into()), ..any() };
    assert_eq!(list(application, 0).await, "d");
    let label = Some("c".into());
    assert_eq!(list(v1::ObjectFilter { label, subject: Some(b.subject), ..any() }, 0).await, "");
}

#[tokio::test]
async fn a_user_reads_and_changes_nothing_and_a_stranger_sees_nothing() {
    let backend = Backend::start().await;
    let mut admin = objects(&backend, ADMIN).await;
    let name = admin.create_object(create("d", data_object("d", ""))).await.unwrap();
    let name = name.into_inner().name;
    let mut app = objects(&backend, APP).await;
    app.get_object(get(&name)).await.unwrap();
    let object = v1::Object { name: name.clone(), ..Default::default() };
    let refused = [
        app.create_object(create("e", data_object("e", ""))).await.map(drop),
        app.update_object(update(object, &["label"])).await.map(drop),
        app.delete_object(delete(&name)).await.map(drop),
    ];
    for result in refused {
        assert_eq!(reason(&result.unwrap_err()), Reason::RoleInsufficient);
    }
    let mut stranger = objects(&backend, "spiffe://example.org/stranger").await;
    let status = stranger.get_object(get(&name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::KeyringNotGranted);
    backend.recorded("GetObject", "KEYRING_NOT_GRANTED").await;
}

#[tokio::test]
async fn what_was_made_immutable_stays_as_it_is() {
    let backend = Backend::start().await;
    let mut admin = objects(&backend, ADMIN).await;
    let fixed = v1::Object { modifiable: Some(false), ..data_object("fixed", "") };
    let fixed = admin.create_object(create("fixed", fixed)).await.unwrap().into_inner();
    let change = v1::Object { name: fixed.name.clone(), ..Default::default() };
    let status = admin.update_object(update(change, &["label"])).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ObjectImmutable);
    admin.delete_object(delete(&fixed.name)).await.unwrap();

    let made = admin.create_object(create("o", data_object("o", ""))).await.unwrap();
    let name = made.into_inner().name;
    for field in ["copyable", "destroyable"] {
        let set = |value| v1::Object {
            name: name.clone(),
            copyable: Some(value),
            destroyable: Some(value),
            ..Default::default()
        };
        admin.update_object(update(set(false), &[field])).await.unwrap();
        let status = admin.update_object(update(set(true), &[field])).await.unwrap_err();
        assert_eq!(reason(&status), Reason::ObjectImmutable);
        assert_eq!(error(&status).field(), Some(&*format!("object.{field}")));
    }
    let status = admin.delete_object(delete(&name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ObjectImmutable);
    backend.recorded("DeleteObject", "OBJECT_IMMUTABLE").await;
}

#[tokio::test]
async fn a_keyring_with_an_object_is_not_empty() {
    let backend = Backend::start().await;
    let mut admin = objects(&backend, ADMIN).await;
    admin.create_object(create("d", data_object("d", ""))).await.unwrap();
    let mut keyrings = KeyringServiceClient::new(backend.channel(ADMIN).await);
    let request = || v1::DeleteKeyringRequest { name: "keyrings/dev".into(), ..Default::default() };
    let status = keyrings.delete_keyring(request()).await.unwrap_err();
    assert_eq!(reason(&status), Reason::KeyringNotEmpty);
    admin.delete_object(delete("keyrings/dev/objects/d")).await.unwrap();
    keyrings.delete_keyring(request()).await.unwrap();
}

#[tokio::test]
async fn a_retry_makes_nothing_twice() {
    let backend = Backend::start().await;
    let mut admin = objects(&backend, ADMIN).await;
    let request =
        v1::CreateObjectRequest { request_id: "1".into(), ..create("", data_object("d", "")) };
    let first = admin.create_object(request.clone()).await.unwrap().into_inner();
    let again = admin.create_object(request).await.unwrap().into_inner();
    assert_eq!(first, again);
    let other =
        v1::CreateObjectRequest { request_id: "1".into(), ..create("", data_object("e", "")) };
    let status = admin.create_object(other).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RequestIdReused);
}

#[tokio::test]
async fn the_watch_of_a_keyring_tells_of_keys_and_objects() {
    let backend = Backend::start().await;
    let request = v1::WatchKeysRequest { parent: "keyrings/dev".into() };
    let mut watch = backend.keys(APP).await.watch_keys(request).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap(), v1::WatchKeysResponse::default());
    backend.make_key("k", v1::KeySpec::EcP256).await;
    objects(&backend, ADMIN).await.create_object(create("d", data_object("d", ""))).await.unwrap();
    let key = v1::WatchKeysResponse { key: "keyrings/dev/keys/k".into(), ..Default::default() };
    assert_eq!(watch.message().await.unwrap().unwrap(), key);
    let object =
        v1::WatchKeysResponse { object: "keyrings/dev/objects/d".into(), ..Default::default() };
    assert_eq!(watch.message().await.unwrap().unwrap(), object);
}
