//! Certificates and data of the token: kept by the backend, seen by every client of the keyring.

mod common;

use std::{thread, time::Duration};

use cryptoki::{
    error::{Error, RvError},
    object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle},
    session::Session,
};
use supacrypt_client::{NewObject, NewObjectContent};
use supacrypt_core::CertificateCategory;
use supacrypt_testkit::Backend;

use common::{end, load, open};

fn main() {
    common::run(&[
        ("a_certificate_is_found_by_what_it_says", certificates),
        ("a_template_that_contradicts_the_certificate_is_refused", contradictions),
        ("data_is_kept_changed_and_destroyed", data),
        ("what_another_client_makes_is_seen_in_an_open_session", visibility),
        ("a_session_that_reads_changes_nothing", read_only),
    ]);
}

/// A certificate that nobody signed but its own key, DER.
fn certificate(name: &str) -> Vec<u8> {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut parameters = rcgen::CertificateParams::new([name.to_owned()]).expect("a name");
    parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
    parameters.self_signed(&key).expect("a certificate").der().to_vec()
}

fn template(der: &[u8], label: &str) -> Vec<Attribute> {
    vec![
        Attribute::Token(true),
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Subject(subject(der)),
        Attribute::Value(der.to_vec()),
        Attribute::Label(label.into()),
    ]
}

/// The subject as the certificate has it.
fn subject(der: &[u8]) -> Vec<u8> {
    supacrypt_crypto::Certificate::from_der(der).expect("a certificate").subject
}

fn find(session: &Session, template: &[Attribute]) -> Vec<ObjectHandle> {
    session.find_objects(template).expect("a search")
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T, Error>, expected: RvError) {
    match result {
        Err(Error::Pkcs11(error, _)) => assert_eq!(error, expected),
        other => panic!("{other:?} instead of {expected:?}"),
    }
}

fn certificates(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (first, second) = (certificate("first.example"), certificate("second.example"));
    let handle = session.create_object(&template(&first, "first")).expect("a certificate");
    session.create_object(&template(&second, "second")).expect("another");
    let parts = [AttributeType::Issuer, AttributeType::SerialNumber];
    let parts = session.get_attributes(handle, &parts).expect("what it says");
    assert_eq!(find(&session, &parts), [handle], "by issuer and serial number");
    assert_eq!(find(&session, &[Attribute::Subject(subject(&first))]), [handle]);
    assert_eq!(find(&session, &[Attribute::Value(first.clone())]), [handle]);
    assert_eq!(find(&session, &[Attribute::Class(ObjectClass::CERTIFICATE)]).len(), 2);
    assert!(find(&session, &[Attribute::Issuer(vec![])]).is_empty());

    session.update_attributes(handle, &[Attribute::Id(vec![0x61])]).expect("an id");
    assert_eq!(find(&session, &[Attribute::Id(vec![0x61])]), [handle]);
    let other = session.update_attributes(handle, &[Attribute::Value(second)]);
    assert_refused(other, RvError::AttributeReadOnly);

    let copy = session
        .copy_object(handle, &[Attribute::Label("a copy".into()), Attribute::Id(vec![0x62])])
        .expect("a copy");
    assert_eq!(find(&session, &[Attribute::Value(first)]).len(), 2);
    session.destroy_object(copy).expect("destroyed");
    session.destroy_object(handle).expect("destroyed");
    assert!(find(&session, &[Attribute::Label("first".into())]).is_empty());
    end(context);
}

fn contradictions(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let der = certificate("contradiction.example");
    let mut wrong = template(&der, "wrong");
    wrong[3] = Attribute::Subject(vec![0x30, 0]);
    assert_refused(session.create_object(&wrong), RvError::TemplateInconsistent);
    let mut none = template(&der, "none");
    none[4] = Attribute::Value(b"no certificate".to_vec());
    assert_refused(session.create_object(&none), RvError::AttributeValueInvalid);
    end(context);
}

fn data(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let template = [
        Attribute::Token(true),
        Attribute::Class(ObjectClass::DATA),
        Attribute::Application(b"an application".into()),
        Attribute::Value(b"old".into()),
    ];
    let handle = session.create_object(&template).expect("data");
    session.update_attributes(handle, &[Attribute::Value(b"new".into())]).expect("changed");
    let value = session.get_attributes(handle, &[AttributeType::Value]).expect("its value");
    assert_eq!(value, [Attribute::Value(b"new".into())]);
    assert_eq!(find(&session, &[template[2].clone()]), [handle]);

    let kept = [&template[..], &[Attribute::Destroyable(false)]].concat();
    let kept = session.create_object(&kept).expect("data that stays");
    assert_refused(session.destroy_object(kept), RvError::ActionProhibited);
    let fixed = [&template[..], &[Attribute::Modifiable(false)]].concat();
    let fixed = session.create_object(&fixed).expect("data that does not change");
    let change = session.update_attributes(fixed, &[Attribute::Value(b"new".into())]);
    assert_refused(change, RvError::ActionProhibited);
    session.destroy_object(handle).expect("destroyed");
    end(context);
}

fn visibility(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    let label = [Attribute::Label("elsewhere".into())];
    assert!(find(&session, &label).is_empty());
    let admin = backend.admin();
    let content = NewObjectContent::Certificate {
        der: certificate("elsewhere.example"),
        category: CertificateCategory::Authority,
        trusted: false,
    };
    let new = NewObject { label: "elsewhere".into(), ..NewObject::new(content) };
    let made = admin.create_object(&backend.keyring(), new).expect("made");
    let found = find(&session, &label);
    assert_eq!(found.len(), 1, "a search asks the backend");
    let subject = [AttributeType::Subject];
    assert_eq!(session.get_attributes(found[0], &subject).expect("a subject").len(), 1);

    // What was read is believed until the backend tells otherwise, and that takes less than a second.
    admin.delete_object(&made.name).expect("deleted");
    let gone = (0..20).any(|_| {
        thread::sleep(Duration::from_millis(50));
        session.get_attributes(found[0], &subject).is_err()
    });
    assert!(gone, "its handle is no good any more");
    end(context);
}

fn read_only(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let der = certificate("reading.example");
    let handle = session.create_object(&template(&der, "reading")).expect("a certificate");
    let slot = context.get_slots_with_token().expect("slots")[0];
    let reading = context.open_ro_session(slot).expect("a session");
    let again = reading.create_object(&template(&der, "again"));
    assert_refused(again, RvError::SessionReadOnly);
    assert_refused(reading.destroy_object(handle), RvError::SessionReadOnly);
    let change = reading.update_attributes(handle, &[Attribute::Label("changed".into())]);
    assert_refused(change, RvError::SessionReadOnly);
    end(context);
}
