//! The halves of a key pair of the token, each as an object of its own.

use cryptoki::{
    error::RvError,
    mechanism::Mechanism,
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use supacrypt_testkit::Backend;

use crate::{
    assert_refused,
    common::{P256, end, load, open, p256},
};

fn find(session: &Session, label: &str) -> Vec<ObjectHandle> {
    session.find_objects(&[Attribute::Label(label.into())]).expect("a search")
}

pub(crate) fn destroyed(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = p256(&session, "private first");
    let signature = session.sign(&Mechanism::Ecdsa, private, &[1; 32]).expect("a signature");
    session.destroy_object(private).expect("gone");
    assert_refused(session.destroy_object(private), RvError::ObjectHandleInvalid);
    let signed = session.sign(&Mechanism::Ecdsa, private, &[1; 32]);
    assert_refused(signed, RvError::KeyHandleInvalid);
    assert_eq!(find(&session, "private first"), [public], "by the handle it always had");
    session.verify(&Mechanism::Ecdsa, public, &[1; 32], &signature).expect("it still verifies");
    session.destroy_object(public).expect("gone");
    assert_eq!(find(&session, "private first"), []);

    let (public, private) = p256(&session, "public first");
    session.destroy_object(public).expect("gone");
    assert_refused(session.destroy_object(public), RvError::ObjectHandleInvalid);
    assert_eq!(find(&session, "public first"), [private]);
    session.sign(&Mechanism::Ecdsa, private, &[1; 32]).expect("it still signs");
    session.destroy_object(private).expect("gone");
    assert_eq!(find(&session, "public first"), []);
    end(context);
}

pub(crate) fn undestroyable(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let public = [Attribute::EcParams(P256.to_vec())];
    let label = Attribute::Label("undestroyable".into());
    let private = [Attribute::Token(true), Attribute::Destroyable(false), label];
    let pair = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private);
    let (public, private) = pair.expect("a key pair");
    for half in [public, private] {
        assert_refused(session.destroy_object(half), RvError::ActionProhibited);
    }
    assert_eq!(find(&session, "undestroyable"), [public, private]);
    end(context);
}

pub(crate) fn public_alone(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    // A pair that the token does not have.
    let curve = [Attribute::EcParams(P256.to_vec())];
    let (public, private) = session
        .generate_key_pair(&Mechanism::EccKeyPairGen, &curve, &[])
        .expect("a pair of the session");
    let wanted = [AttributeType::EcPoint, AttributeType::EcParams];
    let parts = session.get_attributes(public, &wanted).expect("a point and its curve");
    let others = [
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::Token(true),
        Attribute::Label("public alone".into()),
        Attribute::Id(vec![8, 1]),
    ];
    let template = [&others[..], &parts].concat();
    let stored = session.create_object(&template).expect("a public key of the token");
    assert_eq!(find(&session, "public alone"), [stored]);
    assert_eq!(session.create_object(&template).expect("it is known"), stored);
    let signature = session.sign(&Mechanism::Ecdsa, private, &[1; 32]).expect("a signature");
    session.verify(&Mechanism::Ecdsa, stored, &[1; 32], &signature).expect("it verifies");
    let signed = session.sign(&Mechanism::Ecdsa, stored, &[1; 32]);
    assert_refused(signed, RvError::KeyFunctionNotPermitted);

    // Its private half comes later, and does not bring a second public key.
    let changed = [Attribute::Token(true), Attribute::Id(vec![8, 1])];
    let kept = session.copy_object(private, &changed).expect("a private key of the token");
    let found = session.find_objects(&[Attribute::Id(vec![8, 1])]).expect("a search");
    assert!(found.len() == 2 && found.contains(&stored) && found.contains(&kept), "{found:?}");
    end(context);
}
