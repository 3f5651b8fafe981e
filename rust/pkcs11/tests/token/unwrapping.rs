//! Keys that come to the token wrapped by another key of it.

use cryptoki::{
    error::RvError,
    mechanism::Mechanism,
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use supacrypt_testkit::Backend;

use crate::{
    assert_refused,
    common::{P256, end, load, open},
    wrapping::{aes, unwrapped},
};

/// A pair of the token whose private half may leave.
fn pair(session: &Session) -> (ObjectHandle, ObjectHandle) {
    let curve = [Attribute::EcParams(P256.to_vec())];
    let free = [Attribute::Token(true), Attribute::Extractable(true)];
    let pair = session.generate_key_pair(&Mechanism::EccKeyPairGen, &curve, &free);
    pair.expect("a key pair")
}

fn on_token(class: ObjectClass, kind: KeyType, extra: &[Attribute]) -> Vec<Attribute> {
    [&unwrapped(class, kind)[..], &[Attribute::Token(true)], extra].concat()
}

/// How often the backend was asked for each of the two, and all that unwrapped.
fn recorded(backend: &Backend) -> (usize, Vec<String>) {
    let entries = backend.audit();
    let decrypted = entries.iter().filter(|entry| entry.action == "Decrypt").count();
    let imported = entries.into_iter().filter(|entry| entry.action == "ImportKey");
    let wrapped = imported.filter(|entry| !entry.wrapping_key.is_empty());
    (decrypted, wrapped.map(|entry| entry.algorithm).collect())
}

fn is_same(session: &Session, key: ObjectHandle, same: ObjectHandle) {
    let ciphertext = session.encrypt(&Mechanism::AesEcb, key, &[5; 16]).expect("encrypted");
    let plaintext = session.decrypt(&Mechanism::AesEcb, same, &ciphertext).expect("decrypted");
    assert_eq!(plaintext, [5; 16]);
}

pub(crate) fn unseen(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    let kek = aes(&session, &[]);
    let bits = [Attribute::ModulusBits(2048.into())];
    let token = [Attribute::Token(true)];
    let transport = session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &bits, &token);
    let (transport, opens) = transport.expect("a transport key");
    let key = aes(&session, &[Attribute::Extractable(true)]);
    let (public, private) = pair(&session);
    let (decrypted, before) = recorded(backend);

    let secret = on_token(ObjectClass::SECRET_KEY, KeyType::AES, &[]);
    let sized = [&secret[..], &[Attribute::ValueLen(32.into())]].concat();
    let mut came = Vec::new();
    for (mechanism, with, by, template) in [
        (Mechanism::AesKeyWrap, kek, kek, &secret),
        (Mechanism::AesEcb, kek, kek, &secret),
        (Mechanism::AesCbc([7; 16]), kek, kek, &sized),
        (Mechanism::RsaPkcs, transport, opens, &sized),
    ] {
        let wrapped = session.wrap_key(&mechanism, with, key).expect("wrapped");
        came.push(session.unwrap_key(&mechanism, by, &wrapped, template).expect("unwrapped"));
    }
    let half = on_token(ObjectClass::PRIVATE_KEY, KeyType::EC, &[]);
    let mechanism = Mechanism::AesCbcPad([7; 16]);
    let wrapped = session.wrap_key(&mechanism, kek, private).expect("wrapped");
    let back = session.unwrap_key(&mechanism, kek, &wrapped, &half).expect("unwrapped");

    let (after, all) = recorded(backend);
    assert_eq!(after, decrypted, "nothing was decrypted for the process");
    let expected = ["aes-kw", "aes-ecb", "aes-cbc", "rsa-pkcs1", "aes-cbc-pad"];
    assert_eq!(all[before.len()..], expected);
    came.into_iter().for_each(|same| is_same(&session, key, same));
    let signature = session.sign(&Mechanism::Ecdsa, back, &[1; 32]).expect("a signature");
    session.verify(&Mechanism::Ecdsa, public, &[1; 32], &signature).expect("the same key");
    end(context);
}

pub(crate) fn padded(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    let bits = [Attribute::ModulusBits(2048.into())];
    let token = [Attribute::Token(true)];
    let pair = session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &bits, &token);
    let (public, private) = pair.expect("a key pair");
    let key = aes(&session, &[Attribute::Extractable(true)]);
    let wrapped = session.wrap_key(&Mechanism::RsaX509, public, key).expect("wrapped");
    let (before, _) = recorded(backend);
    let size = [Attribute::ValueLen(32.into())];
    let template = on_token(ObjectClass::SECRET_KEY, KeyType::AES, &size);
    let same = session.unwrap_key(&Mechanism::RsaX509, private, &wrapped, &template);
    let same = same.expect("unwrapped");
    assert_eq!(recorded(backend).0, before + 1);
    is_same(&session, key, same);
    end(context);
}

pub(crate) fn described(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let kek = aes(&session, &[]);
    let key = aes(&session, &[Attribute::Extractable(true)]);
    let wrapped = session.wrap_key(&Mechanism::AesKeyWrap, kek, key).expect("wrapped");
    let said = [
        Attribute::Label(b"came back".to_vec()),
        Attribute::Id(vec![7]),
        Attribute::Encrypt(false),
        Attribute::Extractable(true),
    ];
    let template = on_token(ObjectClass::SECRET_KEY, KeyType::AES, &said);
    let back = session.unwrap_key(&Mechanism::AesKeyWrap, kek, &wrapped, &template);
    let expected = [&said[..], &[Attribute::Local(false), Attribute::ValueLen(32.into())]].concat();
    let types: Vec<AttributeType> = expected.iter().map(Attribute::attribute_type).collect();
    let told = session.get_attributes(back.expect("unwrapped"), &types).expect("attributes");
    assert_eq!(told, expected);

    let generic = on_token(ObjectClass::SECRET_KEY, KeyType::GENERIC_SECRET, &[]);
    let back = session.unwrap_key(&Mechanism::AesKeyWrap, kek, &wrapped, &generic);
    let length = session.get_attributes(back.expect("a secret"), &[AttributeType::ValueLen]);
    assert_eq!(length.expect("a length"), [Attribute::ValueLen(32.into())]);
    end(context);
}

pub(crate) fn refused(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let kek = aes(&session, &[]);
    let key = aes(&session, &[Attribute::Extractable(true)]);
    let (_, private) = pair(&session);
    let (for_secret, for_pair) = (Mechanism::AesKeyWrap, Mechanism::AesCbcPad([7; 16]));
    let secret = session.wrap_key(&for_secret, kek, key).expect("wrapped");
    let pair = session.wrap_key(&for_pair, kek, private).expect("wrapped");
    let unwrap = |mechanism: &Mechanism<'_>, wrapped: &[u8], class, kind, extra: &[Attribute]| {
        session.unwrap_key(mechanism, kek, wrapped, &on_token(class, kind, extra))
    };
    let (secrets, private) = (ObjectClass::SECRET_KEY, ObjectClass::PRIVATE_KEY);
    let mut altered = secret.clone();
    altered[9] ^= 1;
    // Nobody is told at which of these steps it ended.
    for (mechanism, wrapped, class, kind, extra) in [
        (&for_secret, &altered, secrets, KeyType::AES, &[][..]),
        (&for_pair, &pair, secrets, KeyType::AES, &[]),
        (&for_secret, &secret, private, KeyType::EC, &[]),
        (&for_pair, &pair, private, KeyType::RSA, &[]),
        (&for_secret, &secret, secrets, KeyType::AES, &[Attribute::ValueLen(16.into())]),
        (&for_secret, &secret, secrets, KeyType::GENERIC_SECRET, &[Attribute::ValueLen(31.into())]),
    ] {
        let refused = unwrap(mechanism, wrapped, class, kind, extra);
        assert_refused(refused, RvError::WrappedKeyInvalid);
    }
    let odd = unwrap(&for_secret, &secret[..21], secrets, KeyType::AES, &[]);
    assert_refused(odd, RvError::WrappedKeyLenRange);
    let size = [Attribute::ValueLen(17.into())];
    let none = unwrap(&for_secret, &secret, secrets, KeyType::AES, &size);
    assert_refused(none, RvError::TemplateInconsistent);
    let value = [Attribute::Value(vec![1; 32])];
    let said = unwrap(&for_pair, &pair, private, KeyType::EC, &value);
    assert_refused(said, RvError::AttributeTypeInvalid);
    let confined = aes(&session, &[Attribute::Decrypt(false)]);
    let template = on_token(secrets, KeyType::AES, &[]);
    let refused = session.unwrap_key(&for_secret, confined, &secret, &template);
    assert_refused(refused, RvError::KeyFunctionNotPermitted);
    end(context);
}

pub(crate) fn halves(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let kek = aes(&session, &[]);
    let (_, private) = pair(&session);
    let wrapped = session.wrap_key(&Mechanism::AesCbcPad([7; 16]), kek, private).expect("wrapped");
    // What can never be destroyed cannot be hidden either.
    for (label, destroyable, shown) in [("one half", true, 1), ("both halves", false, 2)] {
        let said = [Attribute::Label(label.into()), Attribute::Destroyable(destroyable)];
        let template = on_token(ObjectClass::PRIVATE_KEY, KeyType::EC, &said);
        let back = session.unwrap_key(&Mechanism::AesCbcPad([7; 16]), kek, &wrapped, &template);
        let back = back.expect("unwrapped");
        let found = session.find_objects(&[Attribute::Label(label.into())]).expect("a search");
        assert!(found.len() == shown && found.contains(&back), "{label}: {found:?}");
    }
    end(context);
}
