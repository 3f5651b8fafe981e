//! What the token keeps of a key for its applications' sake.

use cryptoki::{
    error::RvError,
    mechanism::Mechanism,
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    types::{AuthPin, Date},
};
use supacrypt_testkit::Backend;

use crate::{
    assert_refused,
    common::{P256, end, load, open},
};

/// A Name with nothing in it but its place in this file.
fn subject(place: u8) -> Attribute {
    Attribute::Subject(vec![0x30, 0x03, 0x02, 0x01, place])
}

fn date(year: &str, month: &str, day: &str) -> Date {
    Date::new_from_str_slice(year, month, day).expect("a date")
}

/// The halves of a new key pair of the token: public, private.
pub(crate) fn pair(
    session: &Session,
    public: &[Attribute],
    private: &[Attribute],
) -> cryptoki::error::Result<(ObjectHandle, ObjectHandle)> {
    let curve = [Attribute::EcParams(P256.to_vec())];
    let public = [&curve, public].concat();
    let private = [&[Attribute::Token(true)], private].concat();
    session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
}

/// A new AES key of the token.
fn aes(session: &Session, extra: &[Attribute]) -> ObjectHandle {
    let template = [&[Attribute::Token(true), Attribute::ValueLen(16.into())], extra].concat();
    session.generate_key(&Mechanism::AesKeyGen, &template).expect("an AES key")
}

#[track_caller]
fn assert_has(session: &Session, object: ObjectHandle, expected: &[Attribute]) {
    let types: Vec<AttributeType> = expected.iter().map(Attribute::attribute_type).collect();
    assert_eq!(session.get_attributes(object, &types).expect("attributes"), expected);
}

pub(crate) fn kept(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let said = [
        Attribute::Copyable(false),
        Attribute::AlwaysAuthenticate(true),
        Attribute::WrapWithTrusted(true),
        Attribute::EndDate(date("2027", "12", "31")),
    ];
    let (public, private) = pair(&session, &[subject(1)], &said).expect("a key pair");
    assert_has(&session, private, &said);
    let both = [
        subject(1),
        Attribute::Modifiable(true),
        Attribute::Copyable(false),
        Attribute::EndDate(date("2027", "12", "31")),
    ];
    assert_has(&session, private, &both);
    assert_has(&session, public, &both);
    assert_has(&session, public, &[Attribute::Trusted(false)]);
    let confined = [
        Attribute::Destroyable(true),
        Attribute::Extractable(false),
        Attribute::NeverExtractable(true),
    ];
    assert_has(&session, private, &confined);

    let found = |template: &[Attribute]| session.find_objects(template).expect("a search");
    assert_eq!(found(&[subject(1)]), [public, private]);
    assert_eq!(found(&[subject(1), Attribute::Class(ObjectClass::SECRET_KEY)]), []);
    assert_eq!(found(&[subject(200)]), []);

    let refused = pair(&session, &[subject(1)], &[subject(2)]);
    assert_refused(refused, RvError::TemplateInconsistent);
    let no_day = [Attribute::StartDate(date("2026", "02", "30"))];
    assert_refused(pair(&session, &[], &no_day), RvError::AttributeValueInvalid);
    drop(session);
    end(context);
}

pub(crate) fn brought(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let said = [
        Attribute::StartDate(date("2026", "01", "02")),
        Attribute::Modifiable(false),
        Attribute::Trusted(true),
    ];
    let value = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Value(vec![7; 16]),
    ];
    let to_token = [&[Attribute::Token(true)], &said[..]].concat();
    let created = session.create_object(&[&value[..], &to_token].concat()).expect("a key");
    assert_has(&session, created, &said);
    assert_has(&session, created, &[Attribute::NeverExtractable(false)]);

    let of_session = session.create_object(&value).expect("a session key");
    let copied = session.copy_object(of_session, &to_token).expect("a copy on the token");
    assert_has(&session, copied, &said);
    let renamed = session.update_attributes(copied, &[Attribute::Label("new".into())]);
    assert_refused(renamed, RvError::ActionProhibited);
    drop(session);
    end(context);
}

pub(crate) fn change(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = pair(&session, &[], &[]).expect("a key pair");
    let after = [
        subject(3),
        Attribute::EndDate(date("2028", "02", "29")),
        Attribute::Copyable(false),
        Attribute::WrapWithTrusted(true),
    ];
    session.update_attributes(private, &after).expect("changed");
    assert_has(&session, private, &after);
    assert_has(&session, public, &after[..3]);
    session.update_attributes(private, &after).expect("said again, it changes nothing");
    assert_eq!(session.find_objects(&[subject(3)]).expect("a search"), [public, private]);

    for one_way in [
        Attribute::Copyable(true),
        Attribute::WrapWithTrusted(false),
        Attribute::Extractable(true),
        Attribute::Modifiable(false),
        Attribute::AlwaysAuthenticate(true),
        Attribute::NeverExtractable(false),
    ] {
        // All of the template or nothing.
        let template = [subject(4), one_way];
        let refused = session.update_attributes(private, &template);
        assert_refused(refused, RvError::AttributeReadOnly);
    }
    let unknown = session.update_attributes(private, &[Attribute::Trusted(true)]);
    assert_refused(unknown, RvError::AttributeTypeInvalid);
    assert_has(&session, private, &[subject(3)]);
    session.update_attributes(public, &[Attribute::Trusted(true)]).expect("trusted");
    session.update_attributes(public, &[Attribute::Trusted(false)]).expect("no longer");

    session.update_attributes(private, &[Attribute::Destroyable(false)]).expect("kept for good");
    assert_refused(session.destroy_object(private), RvError::ActionProhibited);
    assert_has(&session, private, &[Attribute::Destroyable(false)]);
    drop(session);
    end(context);
}

pub(crate) fn dates(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let key = aes(&session, &[]);
    let ciphertext = session.encrypt(&Mechanism::AesEcb, key, &[1; 16]).expect("encrypted");
    let over = [Attribute::EndDate(date("2020", "12", "31"))];
    session.update_attributes(key, &over).expect("its time is over");
    let refused = session.encrypt(&Mechanism::AesEcb, key, &[1; 16]);
    assert_refused(refused, RvError::KeyFunctionNotPermitted);
    let early = [Attribute::StartDate(date("9999", "01", "01")), Attribute::Label("early".into())];
    let (public, _) = pair(&session, &[], &early).expect("a key pair");
    let refused = session.verify(&Mechanism::Ecdsa, public, &[1; 32], &[1; 64]);
    assert_refused(refused, RvError::KeyFunctionNotPermitted);
    let old = session.decrypt(&Mechanism::AesEcb, key, &ciphertext).expect("what was encrypted");
    assert_eq!(old, [1; 16]);

    // With a public key it is this process that encrypts.
    let bits = [Attribute::ModulusBits(2048.into())];
    let template = [&[Attribute::Token(true)], &over[..]].concat();
    let pair = session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &bits, &template);
    let (public, _) = pair.expect("a key pair");
    let refused = session.encrypt(&Mechanism::RsaPkcs, public, b"text");
    assert_refused(refused, RvError::KeyFunctionNotPermitted);
    end(context);
}

pub(crate) fn trusted(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let wrapping = aes(&session, &[]);
    let template = [
        Attribute::ValueLen(16.into()),
        Attribute::Extractable(true),
        Attribute::WrapWithTrusted(true),
    ];
    let key = session.generate_key(&Mechanism::AesKeyGen, &template).expect("a session key");
    let refused = session.wrap_key(&Mechanism::AesKeyWrap, wrapping, key);
    assert_refused(refused, RvError::KeyNotWrappable);
    session.update_attributes(wrapping, &[Attribute::Trusted(true)]).expect("trusted");
    session.wrap_key(&Mechanism::AesKeyWrap, wrapping, key).expect("wrapped");
    drop(session);
    end(context);
}

pub(crate) fn login(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) =
        pair(&session, &[], &[Attribute::AlwaysAuthenticate(true)]).expect("a key pair");
    let pin = AuthPin::new("anything".into());
    let early = session.login(UserType::ContextSpecific, Some(&pin));
    assert_refused(early, RvError::OperationNotInitialized);
    session.sign_init(&Mechanism::EcdsaSha256, private).expect("begun");
    session.login(UserType::ContextSpecific, Some(&pin)).expect("logged in for this one");
    session.sign_update(b"message").expect("signing");
    let signature = session.sign_final().expect("a signature");
    session.verify(&Mechanism::EcdsaSha256, public, b"message", &signature).expect("it verifies");
    drop(session);
    end(context);
}
