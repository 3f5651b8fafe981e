//! Keys of the token that may leave it, and how.

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
};

pub(crate) fn aes(session: &Session, extra: &[Attribute]) -> ObjectHandle {
    let template = [&[Attribute::Token(true), Attribute::ValueLen(32.into())], extra].concat();
    session.generate_key(&Mechanism::AesKeyGen, &template).expect("an AES key")
}

pub(crate) fn unwrapped(class: ObjectClass, kind: KeyType) -> [Attribute; 2] {
    [Attribute::Class(class), Attribute::KeyType(kind)]
}

pub(crate) fn secret(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let kek = aes(&session, &[]);
    let key = aes(&session, &[Attribute::Extractable(true)]);
    let wrapped = session.wrap_key(&Mechanism::AesKeyWrap, kek, key).expect("wrapped");
    assert_eq!(wrapped.len(), 40);
    let template = unwrapped(ObjectClass::SECRET_KEY, KeyType::AES);
    let same = session.unwrap_key(&Mechanism::AesKeyWrap, kek, &wrapped, &template);
    let same = same.expect("a session key");
    let ciphertext = session.encrypt(&Mechanism::AesEcb, key, &[5; 16]).expect("encrypted");
    let plaintext = session.decrypt(&Mechanism::AesEcb, same, &ciphertext).expect("decrypted");
    assert_eq!(plaintext, [5; 16]);

    // The value itself does not show, and of a session's secret the backend knows nothing.
    assert!(session.get_attributes(key, &[AttributeType::Value]).expect("none").is_empty());
    let refused = session.wrap_key(&Mechanism::AesKeyWrap, same, key);
    assert_refused(refused, RvError::KeyNotWrappable);
    let refused = session.wrap_key(&Mechanism::AesKeyWrap, key, kek);
    assert_refused(refused, RvError::KeyUnextractable);

    session.update_attributes(key, &[Attribute::Extractable(false)]).expect("confined for good");
    let refused = session.wrap_key(&Mechanism::AesKeyWrap, kek, key);
    assert_refused(refused, RvError::KeyUnextractable);
    end(context);
}

pub(crate) fn private(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let kek = aes(&session, &[]);
    let public = [Attribute::EcParams(P256.to_vec())];
    let template = [Attribute::Token(true), Attribute::Extractable(true)];
    let pair = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &template);
    let (public, private) = pair.expect("a key pair");
    let wrapped = session.wrap_key(&Mechanism::AesCbcPad([7; 16]), kek, private).expect("wrapped");
    let template = unwrapped(ObjectClass::PRIVATE_KEY, KeyType::EC);
    let same = session.unwrap_key(&Mechanism::AesCbcPad([7; 16]), kek, &wrapped, &template);
    let same = same.expect("a session key");
    let signature = session.sign(&Mechanism::Ecdsa, same, &[1; 32]).expect("a signature");
    session.verify(&Mechanism::Ecdsa, public, &[1; 32], &signature).expect("the same key");
    let refused = session.wrap_key(&Mechanism::AesCbcPad([7; 16]), kek, public);
    assert_refused(refused, RvError::KeyNotWrappable);
    end(context);
}

pub(crate) fn by_public_key(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let bits = [Attribute::ModulusBits(2048.into())];
    let pair = session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &bits, &[]);
    let (public, private) = pair.expect("a pair of the session");
    let key = aes(&session, &[Attribute::Extractable(true)]);
    for mechanism in [Mechanism::RsaPkcs, Mechanism::RsaX509] {
        let wrapped = session.wrap_key(&mechanism, public, key).expect("wrapped");
        let size = [Attribute::ValueLen(32.into())];
        let template = [&unwrapped(ObjectClass::SECRET_KEY, KeyType::AES)[..], &size].concat();
        let same = session.unwrap_key(&mechanism, private, &wrapped, &template).expect("a key");
        let ciphertext = session.encrypt(&Mechanism::AesEcb, key, &[5; 16]).expect("encrypted");
        let plaintext = session.decrypt(&Mechanism::AesEcb, same, &ciphertext).expect("decrypted");
        assert_eq!(plaintext, [5; 16]);
    }

    // A private key that is short enough, as the end of the number and at its own length.
    let curve = [Attribute::EcParams(P256.to_vec())];
    let free = [Attribute::Token(true), Attribute::Extractable(true)];
    let pair = session.generate_key_pair(&Mechanism::EccKeyPairGen, &curve, &free);
    let (half, leaves) = pair.expect("a key pair");
    for mechanism in [Mechanism::RsaPkcs, Mechanism::RsaX509] {
        let wrapped = session.wrap_key(&mechanism, public, leaves).expect("wrapped");
        let template = unwrapped(ObjectClass::PRIVATE_KEY, KeyType::EC);
        let same = session.unwrap_key(&mechanism, private, &wrapped, &template).expect("a key");
        let signature = session.sign(&Mechanism::Ecdsa, same, &[1; 32]).expect("a signature");
        session.verify(&Mechanism::Ecdsa, half, &[1; 32], &signature).expect("the same key");
    }
    end(context);
}

pub(crate) fn trusted(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let confined = [Attribute::Extractable(true), Attribute::WrapWithTrusted(true)];
    let key = aes(&session, &confined);
    // Who may decrypt with a key would get what it wrapped, and counter mode shows it as well.
    let decrypts = aes(&session, &[Attribute::Trusted(true)]);
    let trusted = aes(&session, &[Attribute::Trusted(true), Attribute::Decrypt(false)]);
    for wrapping_key in [aes(&session, &[]), decrypts] {
        let refused = session.wrap_key(&Mechanism::AesKeyWrap, wrapping_key, key);
        assert_refused(refused, RvError::KeyNotWrappable);
    }
    let refused = session.wrap_key(&Mechanism::AesCbc([0; 16]), trusted, key);
    assert_refused(refused, RvError::KeyNotWrappable);
    assert_eq!(session.wrap_key(&Mechanism::AesKeyWrap, trusted, key).expect("wrapped").len(), 40);
    end(context);
}
