//! Keys of the token that were made for some mechanisms only.

use std::sync::Arc;

use cryptoki::{
    error::RvError,
    mechanism::{
        Mechanism, MechanismType,
        rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use supacrypt_client::{Key, KeyFilter, NewKey};
use supacrypt_core::{AlgorithmSet, EncryptionScheme, KeyAttributes, KeySpec, KeyUsages, Reason};
use supacrypt_testkit::Backend;

use crate::{
    assert_refused,
    common::{P256, end, load, open},
};

fn list(mechanisms: &[MechanismType]) -> Attribute {
    Attribute::AllowedMechanisms(mechanisms.to_vec())
}

/// The list of an object.
fn listed(session: &Session, object: ObjectHandle) -> Vec<MechanismType> {
    let attributes = session.get_attributes(object, &[AttributeType::AllowedMechanisms]);
    match &attributes.expect("attributes")[..] {
        [Attribute::AllowedMechanisms(mechanisms)] => mechanisms.clone(),
        other => panic!("{other:?}"),
    }
}

/// A new AES key of the token.
fn aes(session: &Session, allowed: &[MechanismType]) -> ObjectHandle {
    let template = [Attribute::Token(true), Attribute::ValueLen(16.into()), list(allowed)];
    session.generate_key(&Mechanism::AesKeyGen, &template).expect("an AES key")
}

/// The halves of a new RSA key pair of the token: public, private.
fn rsa(session: &Session, allowed: &[MechanismType]) -> (ObjectHandle, ObjectHandle) {
    let public = [Attribute::ModulusBits(2048.into())];
    let private = [Attribute::Token(true), list(allowed)];
    let pair = session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private);
    pair.expect("a key pair")
}

/// A key that another client of the keyring makes.
fn made_elsewhere(backend: &Backend, label: &str, spec: KeySpec, allowed: &str) -> Arc<Key> {
    let allowed = AlgorithmSet::from_names([allowed]).expect("an algorithm");
    let new = NewKey {
        id: None,
        label: label.into(),
        object_id: Vec::new(),
        spec,
        usages: KeyUsages::empty(),
        secret_length: None,
        attributes: KeyAttributes { allowed, ..KeyAttributes::default() },
    };
    backend.client().create_key(&backend.keyring(), new).expect("a key")
}

fn found(session: &Session, label: &str) -> Vec<ObjectHandle> {
    session.find_objects(&[Attribute::Label(label.into())]).expect("a search")
}

pub(crate) fn halves(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    // In no order, and one that no key on a curve does anything by.
    let given = [MechanismType::ECDSA_SHA256, MechanismType::AES_GCM, MechanismType::ECDSA];
    let public = [Attribute::EcParams(P256.to_vec())];
    let private = [Attribute::Token(true), list(&given)];
    let pair = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private);
    let (public, private) = pair.expect("a key pair");
    assert_eq!((listed(&session, public), listed(&session, private)), (given.into(), given.into()));

    let signature = session.sign(&Mechanism::EcdsaSha256, private, b"text").expect("signed");
    session.verify(&Mechanism::EcdsaSha256, public, b"text", &signature).expect("it verifies");
    let refused = session.sign(&Mechanism::EcdsaSha384, private, b"text");
    assert_refused(refused, RvError::MechanismInvalid);
    let refused = session.verify(&Mechanism::EcdsaSha384, public, b"text", &signature);
    assert_refused(refused, RvError::MechanismInvalid);

    session.update_attributes(private, &[list(&given)]).expect("said again, it changes nothing");
    let refused = session.update_attributes(private, &[list(&given[..1])]);
    assert_refused(refused, RvError::AttributeReadOnly);
    // What stays of the pair stays limited.
    session.destroy_object(private).expect("destroyed");
    assert_eq!(listed(&session, public), given);
    let refused = session.verify(&Mechanism::EcdsaSha384, public, b"text", &signature);
    assert_refused(refused, RvError::MechanismInvalid);
    drop(session);
    end(context);
}

pub(crate) fn backend(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    let key = aes(&session, &[MechanismType::AES_CBC_PAD]);
    let label = [Attribute::Label("padded".into())];
    session.update_attributes(key, &label).expect("labelled");
    let padded = Mechanism::AesCbcPad([0; 16]);
    session.encrypt_init(&padded, key).expect("begun");
    let pieces = [[7; 40]; 2].map(|piece| session.encrypt_update(&piece).expect("a piece"));
    let ciphertext = [&pieces.concat()[..], &session.encrypt_final().expect("an end")].concat();
    assert_eq!(session.decrypt(&padded, key, &ciphertext).expect("decrypted"), [7; 80]);
    let refused = session.encrypt(&Mechanism::AesCbc([0; 16]), key, &[0; 16]);
    assert_refused(refused, RvError::MechanismInvalid);

    // Who does not ask the module is refused by the backend.
    let client = backend.client();
    let filter = KeyFilter { label: Some("padded".into()), ..KeyFilter::default() };
    let known = client.find_keys(&backend.keyring(), &filter).expect("found").remove(0);
    let gcm = EncryptionScheme::AesGcm { tag_length: 16 };
    let error = client.encrypt(&known.version, gcm, &[0; 12], &[], b"text").expect_err("refused");
    assert_eq!(error.reason(), Reason::AlgorithmNotPermitted);
    drop(session);
    end(context);
}

pub(crate) fn public_half(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (hash, mgf) = (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256);
    let oaep = PkcsOaepParams::new(hash, mgf, PkcsOaepSource::empty());
    let oaep = Mechanism::RsaPkcsOaep(oaep);
    let (public, private) = rsa(&session, &[MechanismType::RSA_PKCS_OAEP]);
    let ciphertext = session.encrypt(&oaep, public, b"text").expect("encrypted");
    assert_eq!(session.decrypt(&oaep, private, &ciphertext).expect("decrypted"), b"text");
    let refused = session.encrypt(&Mechanism::RsaPkcs, public, b"text");
    assert_refused(refused, RvError::MechanismInvalid);

    let free =
        [Attribute::Token(true), Attribute::ValueLen(16.into()), Attribute::Extractable(true)];
    let key = session.generate_key(&Mechanism::AesKeyGen, &free).expect("an extractable key");
    let wrapped = session.wrap_key(&oaep, public, key).expect("wrapped");
    let refused = session.wrap_key(&Mechanism::RsaPkcs, public, key);
    assert_refused(refused, RvError::MechanismInvalid);
    let template = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::KeyType(KeyType::AES)];
    session.unwrap_key(&oaep, private, &wrapped, &template).expect("unwrapped");
    let refused = session.unwrap_key(&Mechanism::RsaPkcs, private, &wrapped, &template);
    assert_refused(refused, RvError::MechanismInvalid);
    drop(session);
    end(context);
}

pub(crate) fn algorithms_alone(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    made_elsewhere(backend, "pss only", KeySpec::Rsa2048, "rsa-pss-sha256");
    let [public, private] = found(&session, "pss only")[..] else { panic!("a key pair") };
    let able = [MechanismType::RSA_PKCS_PSS, MechanismType::SHA256_RSA_PKCS_PSS];
    assert_eq!((listed(&session, public), listed(&session, private)), (able.into(), able.into()));
    let pss = |hash_alg, mgf, length: u64| {
        Mechanism::RsaPkcsPss(PkcsPssParams { hash_alg, mgf, s_len: length.into() })
    };
    let sha256 = pss(MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32);
    let signature = session.sign(&sha256, private, &[1; 32]).expect("signed");
    session.verify(&sha256, public, &[1; 32], &signature).expect("it verifies");
    let sha384 = pss(MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48);
    assert_refused(session.sign(&sha384, private, &[1; 48]), RvError::MechanismInvalid);
    let refused = session.verify(&sha384, public, &[1; 48], &signature);
    assert_refused(refused, RvError::MechanismInvalid);
    let refused = session.sign(&Mechanism::Sha256RsaPkcs, private, b"text");
    assert_refused(refused, RvError::MechanismInvalid);

    // Without the scheme that pieces are done by they are done together.
    made_elsewhere(backend, "pads only", KeySpec::Aes128, "aes-cbc-pad");
    let [key] = found(&session, "pads only")[..] else { panic!("a key") };
    assert_eq!(listed(&session, key), [MechanismType::AES_CBC_PAD]);
    session.encrypt_init(&Mechanism::AesCbcPad([0; 16]), key).expect("begun");
    assert_eq!(session.encrypt_update(&[7; 40]).expect("a piece").len(), 0);
    assert_eq!(session.encrypt_final().expect("an end").len(), 48);
    drop(session);
    end(context);
}

pub(crate) fn brought(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let value = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Value(vec![7; 16]),
    ];
    let ecb = list(&[MechanismType::AES_ECB]);
    let of_session = session.create_object(&[&value[..], &[ecb]].concat()).expect("a key");
    let label = Attribute::Label("brought".into());
    let on_token = [Attribute::Token(true), label.clone()];
    let key = session.copy_object(of_session, &on_token).expect("a key of the token");
    assert_eq!(listed(&session, key), [MechanismType::AES_ECB]);
    session.encrypt(&Mechanism::AesEcb, key, &[0; 16]).expect("encrypted");
    let refused = session.encrypt(&Mechanism::AesKeyWrap, key, &[0; 16]);
    assert_refused(refused, RvError::MechanismInvalid);

    for nothing in [&[][..], &[MechanismType::ECDSA]] {
        let template = [&value[..], &on_token, &[list(nothing)]].concat();
        assert_refused(session.create_object(&template), RvError::TemplateInconsistent);
    }
    drop(session);
    end(context);
}

pub(crate) fn derives(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    // Signatures only, though its usages are those of a key that derives as well.
    let public = [Attribute::EcParams(P256.to_vec())];
    let given = list(&[MechanismType::ECDSA]);
    let private = [Attribute::Token(true), Attribute::Derive(true), given];
    let pair = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private);
    let (public, private) = pair.expect("a key pair");
    let point = session.get_attributes(public, &[AttributeType::EcPoint]).expect("a point");
    let [Attribute::EcPoint(point)] = &point[..] else { panic!("{point:?}") };
    let kdf = cryptoki::mechanism::elliptic_curve::EcKdf::null();
    let parameters = cryptoki::mechanism::elliptic_curve::Ecdh1DeriveParams::new(kdf, point);
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::ValueLen(32.into()),
    ];
    let refused = session.derive_key(&Mechanism::Ecdh1Derive(parameters), private, &template);
    assert_refused(refused, RvError::MechanismInvalid);
    let filter = KeyFilter { specs: vec![KeySpec::EcP256], ..KeyFilter::default() };
    let keys = backend.client().find_keys(&backend.keyring(), &filter).expect("keys");
    let key = keys.iter().find(|key| key.usages.contains(KeyUsages::DERIVE)).expect("the key");
    assert_eq!(key.attributes.allowed.names().collect::<Vec<_>>(), ["ecdsa"]);
    drop(session);
    end(context);
}
