//! Objects that live in the application's process: made there, used there, gone with their session;
//! and how they come to the token.

mod common;

use cryptoki::{
    error::{Error, RvError},
    mechanism::{Mechanism, MechanismType, aead::GcmParams},
    object::{Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use supacrypt_testkit::Backend;

use common::{P256, end, load, open};

fn main() {
    common::run(&[
        ("a_session_key_goes_with_its_session", lifetime),
        ("session_keys_work_as_those_of_the_token_do", operations),
        ("a_key_works_by_the_mechanisms_it_allows", allowed_mechanisms),
        ("a_public_key_from_outside_verifies", public_key),
        ("a_secret_shows_only_when_it_may", sensitive),
        ("a_copy_of_a_session_key_on_the_token_is_a_key_of_the_token", copy_to_token),
        ("a_key_from_outside_comes_to_the_token", import),
        ("certificates_and_data_are_held_for_a_session", plain_objects),
    ]);
}

fn find(session: &Session, template: &[Attribute]) -> Vec<ObjectHandle> {
    session.find_objects(template).expect("a search")
}

/// A key pair that is not of the token: public, private.
fn pair(session: &Session, label: &str) -> (ObjectHandle, ObjectHandle) {
    let label = Attribute::Label(label.into());
    let public = [Attribute::EcParams(P256.to_vec()), label.clone()];
    session
        .generate_key_pair(&Mechanism::EccKeyPairGen, &public, &[label])
        .expect("a session key pair")
}

fn aes(session: &Session, extra: &[Attribute]) -> Result<ObjectHandle, Error> {
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Value(vec![7; 16]),
    ];
    session.create_object(&[&template, extra].concat())
}

fn lifetime(_: &mut Backend) {
    let context = load();
    let (first, second) = (open(&context), open(&context));
    let label = [Attribute::Label("session-life".into())];
    pair(&first, "session-life");
    assert_eq!(find(&second, &label).len(), 2, "other sessions with the token see it");
    let not_token = [label[0].clone(), Attribute::Token(true)];
    assert!(find(&second, &not_token).is_empty());
    first.close().expect("closed");
    assert!(find(&second, &label).is_empty(), "it is gone with its session");
    end(context);
}

fn operations(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = pair(&session, "session-sign");
    let signature = session.sign(&Mechanism::Ecdsa, private, &[1; 32]).expect("a signature");
    session.verify(&Mechanism::Ecdsa, public, &[1; 32], &signature).expect("it verifies");
    assert!(session.verify(&Mechanism::Ecdsa, public, &[2; 32], &signature).is_err());

    let key = aes(&session, &[]).expect("an AES key");
    let mut iv = [3; 12];
    let parameters = GcmParams::new(&mut iv, b"aad", 128.into()).expect("parameters");
    let gcm = Mechanism::AesGcm(parameters);
    let ciphertext = session.encrypt(&gcm, key, b"text").expect("encrypted");
    assert_eq!(session.decrypt(&gcm, key, &ciphertext).expect("decrypted"), b"text");

    let no_decryption = aes(&session, &[Attribute::Decrypt(false)]).expect("a key");
    match session.decrypt(&gcm, no_decryption, &ciphertext) {
        Err(Error::Pkcs11(RvError::KeyFunctionNotPermitted, _)) => {}
        other => panic!("{other:?}"),
    }
    end(context);
}

fn allowed_mechanisms(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let only = Attribute::AllowedMechanisms(vec![MechanismType::AES_CBC_PAD]);
    let key = aes(&session, &[only]).expect("a key");
    session.encrypt(&Mechanism::AesCbcPad([0; 16]), key, b"text").expect("it is allowed");
    match session.encrypt(&Mechanism::AesEcb, key, &[0; 16]) {
        Err(Error::Pkcs11(RvError::MechanismInvalid, _)) => {}
        other => panic!("{other:?}"),
    }
    end(context);
}

fn public_key(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = common::p256(&session, "session-public");
    let wanted = [AttributeType::EcPoint, AttributeType::EcParams];
    let parts = session.get_attributes(public, &wanted).expect("a point and its curve");
    let class = [Attribute::Class(ObjectClass::PUBLIC_KEY), Attribute::KeyType(KeyType::EC)];
    let copy = session.create_object(&[&class[..], &parts].concat()).expect("a public key");
    let signature = session.sign(&Mechanism::Ecdsa, private, &[1; 32]).expect("a signature");
    session.verify(&Mechanism::Ecdsa, copy, &[1; 32], &signature).expect("it verifies");

    // On the token it has its place already.
    let token = [&class[..], &parts, &[Attribute::Token(true)]].concat();
    assert_eq!(session.create_object(&token).expect("it is known"), public);
    end(context);
}

fn sensitive(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let free = [Attribute::Sensitive(false), Attribute::Extractable(true)];
    let value = [AttributeType::Value];
    let shown = aes(&session, &free).expect("a key");
    assert_eq!(
        session.get_attributes(shown, &value).expect("the value"),
        [Attribute::Value(vec![7; 16])]
    );
    session.update_attributes(shown, &[Attribute::Sensitive(true)]).expect("made sensitive");
    assert!(session.get_attributes(shown, &value).expect("no value").is_empty());
    match session.update_attributes(shown, &[Attribute::Sensitive(false)]) {
        Err(Error::Pkcs11(RvError::AttributeReadOnly, _)) => {}
        other => panic!("{other:?}"),
    }
    let hidden = aes(&session, &[]).expect("a key");
    assert!(session.get_attributes(hidden, &value).expect("no value").is_empty());
    end(context);
}

/// What Java does: it makes the pair for the session, and stores it once it has a certificate.
fn copy_to_token(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = pair(&session, "session-kept");
    let to_token = [Attribute::Token(true), Attribute::Id(vec![0x51])];
    let kept = session.copy_object(private, &to_token).expect("a key of the token");
    session.close().expect("closed");

    let session = open(&context);
    let of_token = [Attribute::Id(vec![0x51]), Attribute::Token(true)];
    let found = find(&session, &of_token);
    assert_eq!(found.len(), 2, "both halves");
    assert!(found.contains(&kept) && !found.contains(&public));
    let signature = session.sign(&Mechanism::Ecdsa, kept, &[1; 32]).expect("a signature");
    let half = find(&session, &[of_token[0].clone(), Attribute::Verify(true)])[0];
    session.verify(&Mechanism::Ecdsa, half, &[1; 32], &signature).expect("it verifies");
    end(context);
}

fn import(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let token = [Attribute::Token(true), Attribute::Label("session-import".into())];
    let key = aes(&session, &token).expect("a key of the token");
    let mut iv = [3; 12];
    let parameters = GcmParams::new(&mut iv, b"", 128.into()).expect("parameters");
    let gcm = Mechanism::AesGcm(parameters);
    let ciphertext = session.encrypt(&gcm, key, b"text").expect("encrypted");
    let same = aes(&session, &[]).expect("the same key");
    assert_eq!(session.decrypt(&gcm, same, &ciphertext).expect("decrypted"), b"text");
    let origin = session.get_attributes(key, &[AttributeType::Local]).expect("its origin");
    assert_eq!(origin, [Attribute::Local(false)]);
    end(context);
}

fn plain_objects(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let certificate = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Subject(vec![0x30, 0]),
        Attribute::Value(vec![0x30, 0]),
    ];
    let handle = session.create_object(&certificate).expect("a certificate");
    assert_eq!(find(&session, &[Attribute::Class(ObjectClass::CERTIFICATE)]), [handle]);
    let data = [
        Attribute::Class(ObjectClass::DATA),
        Attribute::Application(b"an application".into()),
        Attribute::Value(b"old".into()),
    ];
    let handle = session.create_object(&data).expect("data");
    session.update_attributes(handle, &[Attribute::Value(b"new".into())]).expect("changed");
    assert_eq!(find(&session, &[Attribute::Value(b"new".into())]), [handle]);
    session.destroy_object(handle).expect("destroyed");
    assert!(find(&session, &[Attribute::Class(ObjectClass::DATA)]).is_empty());
    end(context);
}
