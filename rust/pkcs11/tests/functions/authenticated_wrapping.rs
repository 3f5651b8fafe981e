//! Keys that are wrapped with associated data, and with their tag apart, of v3.2.

use std::ptr::null_mut;

use cryptoki::{
    mechanism::{Mechanism, aead::GcmParams},
    object::{Attribute, AttributeType, ObjectClass, ObjectHandle},
    session::Session,
};
use cryptoki_sys::*;
use supacrypt_testkit::Backend;

use crate::{
    aes,
    common::{P256, end, functions_3_2, load, open},
    mechanism, raw,
};

/// What is kept apart from a wrapped key, and who makes the nonce.
#[derive(Clone)]
struct Apart {
    nonce: [u8; 13],
    tag: [u8; 16],
    generator: CK_GENERATOR_FUNCTION,
}

impl Apart {
    fn new(generator: CK_GENERATOR_FUNCTION) -> Apart {
        Apart { nonce: [9; 13], tag: [0; 16], generator }
    }

    /// Calls with a mechanism whose parameter names these places.
    fn with<T>(&mut self, kind: CK_MECHANISM_TYPE, call: impl FnOnce(*mut CK_MECHANISM) -> T) -> T {
        let (nonce, tag) = (self.nonce.as_mut_ptr(), self.tag.as_mut_ptr());
        let mut gcm = CK_GCM_MESSAGE_PARAMS {
            pIv: nonce,
            ulIvLen: 12,
            ulIvFixedBits: 32,
            ivGenerator: self.generator,
            pTag: tag,
            ulTagBits: 128,
        };
        let mut ccm = CK_CCM_MESSAGE_PARAMS {
            ulDataLen: 0,
            pNonce: nonce,
            ulNonceLen: 13,
            ulNonceFixedBits: 32,
            nonceGenerator: self.generator,
            pMAC: tag,
            ulMACLen: 16,
        };
        let mut chacha20 =
            CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS { pNonce: nonce, ulNonceLen: 96, pTag: tag };
        let (parameter, length) = match kind {
            CKM_AES_CCM => ((&raw mut ccm).cast(), size_of_val(&ccm)),
            CKM_CHACHA20_POLY1305 => ((&raw mut chacha20).cast(), size_of_val(&chacha20)),
            _ => ((&raw mut gcm).cast(), size_of_val(&gcm)),
        };
        let mut mechanism = CK_MECHANISM {
            mechanism: kind,
            pParameter: parameter,
            ulParameterLen: length as CK_ULONG,
        };
        call(&raw mut mechanism)
    }
}

/// Wraps a key, and asks for the length first.
fn wrap(
    session: &Session,
    kind: CK_MECHANISM_TYPE,
    [with, key]: [ObjectHandle; 2],
    apart: &mut Apart,
) -> Result<Vec<u8>, CK_RV> {
    let (list, session, aad) = (functions_3_2(), session.handle(), b"aad".as_ptr().cast_mut());
    let (with, key) = (raw(with), raw(key));
    let call = |apart: &mut Apart, out, length| {
        let answer = apart.with(kind, |how| {
            call!(list, C_WrapKeyAuthenticated(session, how, with, key, aad, 3, out, length))
        });
        if answer == CKR_OK { Ok(()) } else { Err(answer) }
    };
    let mut length = 0;
    let before = apart.clone();
    call(apart, null_mut(), &raw mut length)?;
    let mut wrapped = vec![0; length as usize];
    let mut short = length - 1;
    let refused = call(apart, wrapped.as_mut_ptr(), &raw mut short);
    assert_eq!((refused, short), (Err(CKR_BUFFER_TOO_SMALL), length));
    assert!(apart.nonce == before.nonce && apart.tag == before.tag, "nothing was made yet");
    call(apart, wrapped.as_mut_ptr(), &raw mut length)?;
    assert_eq!(length as usize, wrapped.len());
    Ok(wrapped)
}

/// Unwraps a key as a session object that shows its value.
fn unwrap(
    session: &Session,
    kind: CK_MECHANISM_TYPE,
    with: ObjectHandle,
    wrapped: (&[u8], &[u8]),
    what: [CK_ULONG; 2],
    apart: &mut Apart,
) -> Result<ObjectHandle, CK_RV> {
    unwrap_as(session, kind, with, wrapped, (what, false), apart)
}

/// Unwraps a key as an object of the session, which shows its value, or of the token.
fn unwrap_as(
    session: &Session,
    kind: CK_MECHANISM_TYPE,
    with: ObjectHandle,
    (wrapped, aad): (&[u8], &[u8]),
    (what, on_token): ([CK_ULONG; 2], bool),
    apart: &mut Apart,
) -> Result<ObjectHandle, CK_RV> {
    let [class, key_type] = what.map(CK_ULONG::to_ne_bytes);
    let (token, sensitive) = ([on_token.into()], [on_token.into()]);
    let attributes: [(_, &[u8]); 5] = [
        (CKA_CLASS, &class),
        (CKA_KEY_TYPE, &key_type),
        (CKA_TOKEN, &token),
        (CKA_SENSITIVE, &sensitive),
        (CKA_EXTRACTABLE, &[CK_TRUE]),
    ];
    let mut template = attributes.map(|(type_, value)| CK_ATTRIBUTE {
        type_,
        pValue: value.as_ptr().cast_mut().cast(),
        ulValueLen: value.len() as CK_ULONG,
    });
    let (list, handle, template) = (functions_3_2(), session.handle(), template.as_mut_ptr());
    let (at, length) = (wrapped.as_ptr().cast_mut(), wrapped.len() as CK_ULONG);
    let (aad, aad_length) = (aad.as_ptr().cast_mut(), aad.len() as CK_ULONG);
    let (mut made, with) = (0, raw(with));
    let place = &raw mut made;
    let answer = apart.with(kind, |how| {
        call!(
            list,
            C_UnwrapKeyAuthenticated(
                handle, how, with, at, length, template, 5, aad, aad_length, place
            )
        )
    });
    if answer != CKR_OK {
        return Err(answer);
    }
    let all = session.find_objects(&[Attribute::Token(on_token)]).expect("a search");
    Ok(all.into_iter().find(|object| object.handle() == made).expect("it is there"))
}

/// A key that wraps, by each mechanism that keeps its tag apart.
fn wrapping_keys(session: &Session, on_token: bool) -> [(CK_MECHANISM_TYPE, ObjectHandle); 3] {
    let token = [Attribute::Token(on_token)];
    let key_type = AttributeType::VendorDefined(CKA_KEY_TYPE);
    let chacha20 = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        // The library around the functions does not know the type.
        Attribute::VendorDefined((key_type, CKK_CHACHA20.to_ne_bytes().to_vec())),
        Attribute::Value(vec![5; 32]),
    ];
    let chacha20 = session.create_object(&[&chacha20[..], &token].concat()).expect("a key");
    let aes = aes(session, &token);
    [(CKM_AES_GCM, aes), (CKM_AES_CCM, aes), (CKM_CHACHA20_POLY1305, chacha20)]
}

const AES: [CK_ULONG; 2] = [CKO_SECRET_KEY, CKK_AES];

pub(crate) fn secrets(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let key = aes(&session, &[Attribute::Extractable(true)]);
    for on_token in [false, true] {
        for (kind, with) in wrapping_keys(&session, on_token) {
            let mut apart = Apart::new(CKG_GENERATE);
            let wrapped = wrap(&session, kind, [with, key], &mut apart).expect("wrapped");
            assert_eq!(wrapped.len(), 16, "the tag is not in it");
            assert_eq!(apart.nonce[..4], [9; 4], "these were fixed");
            let is_made = kind != CKM_CHACHA20_POLY1305;
            assert_eq!(apart.nonce != [9; 13], is_made, "its nonce is the caller's");

            let same = unwrap(&session, kind, with, (&wrapped, b"aad"), AES, &mut apart);
            let value = session.get_attributes(same.expect("a key"), &[AttributeType::Value]);
            assert_eq!(value.expect("its value"), [Attribute::Value(vec![7; 16])]);

            let refuses = |wrapped: &[u8], aad: &[u8], apart: &mut Apart| {
                let refused = unwrap(&session, kind, with, (wrapped, aad), AES, apart);
                assert_eq!(refused.err(), Some(CKR_WRAPPED_KEY_INVALID));
            };
            refuses(&wrapped, b"AAD", &mut apart);
            refuses(&[&wrapped[1..], &[0]].concat(), b"aad", &mut apart);
            apart.tag[3] ^= 1;
            refuses(&wrapped, b"aad", &mut apart);
        }
    }

    // It is what the mechanism makes of the value.
    let (kind, with) = wrapping_keys(&session, true)[0];
    let mut apart = Apart::new(CKG_NO_GENERATE);
    let wrapped = wrap(&session, kind, [with, key], &mut apart).expect("wrapped");
    assert_eq!(apart.nonce, [9; 13]);
    let mut iv = [9; 12];
    let gcm = GcmParams::new(&mut iv, b"aad", 128.into()).expect("parameters");
    let encrypted = session.encrypt(&Mechanism::AesGcm(gcm), with, &[7; 16]).expect("encrypted");
    assert_eq!([&wrapped[..], &apart.tag].concat(), encrypted);
    end(context);
}

pub(crate) fn of_token(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let template = [Attribute::Token(true), Attribute::Extractable(true)];
    let length = Attribute::ValueLen(16.into());
    let secret = [&template[..], &[length]].concat();
    let secret = session.generate_key(&Mechanism::AesKeyGen, &secret).expect("a key");
    let public = [Attribute::EcParams(P256.to_vec())];
    let pair = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &template);
    let (public, private) = pair.expect("a key pair");
    for (kind, with) in wrapping_keys(&session, true) {
        let mut apart = Apart::new(CKG_GENERATE_RANDOM);
        let wrapped = wrap(&session, kind, [with, secret], &mut apart).expect("wrapped");
        let same = unwrap(&session, kind, with, (&wrapped, b"aad"), AES, &mut apart);
        let ciphertext = session.encrypt(&Mechanism::AesEcb, secret, &[5; 16]).expect("encrypted");
        let plaintext = session.decrypt(&Mechanism::AesEcb, same.expect("a key"), &ciphertext);
        assert_eq!(plaintext.expect("decrypted"), [5; 16]);

        let mut apart = Apart::new(CKG_GENERATE);
        let wrapped = wrap(&session, kind, [with, private], &mut apart).expect("wrapped");
        let what = [CKO_PRIVATE_KEY, CKK_EC];
        let same = unwrap(&session, kind, with, (&wrapped, b"aad"), what, &mut apart);
        let signature = session.sign(&Mechanism::Ecdsa, same.expect("a key"), &[1; 32]);
        let signature = signature.expect("a signature");
        session.verify(&Mechanism::Ecdsa, public, &[1; 32], &signature).expect("the same key");
    }
    // A secret key of this process wraps none of the token's.
    let (kind, here) = wrapping_keys(&session, false)[0];
    let refused = wrap(&session, kind, [here, secret], &mut Apart::new(CKG_GENERATE));
    assert_eq!(refused, Err(CKR_KEY_NOT_WRAPPABLE));
    end(context);
}

pub(crate) fn unseen(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    let key = aes(&session, &[Attribute::Token(true), Attribute::Extractable(true)]);
    for (kind, with) in wrapping_keys(&session, true) {
        let mut apart = Apart::new(CKG_GENERATE);
        let wrapped = wrap(&session, kind, [with, key], &mut apart).expect("wrapped");
        let before = backend.audit().len();
        let there = (AES, true);
        let same = unwrap_as(&session, kind, with, (&wrapped, b"aad"), there, &mut apart);
        let done: Vec<_> = backend.audit().split_off(before);
        assert!(done.iter().all(|entry| entry.action != "Decrypt"), "{done:?}");
        let brought = done.iter().filter(|entry| !entry.wrapping_key.is_empty());
        assert_eq!(brought.count(), 1, "the backend unwrapped it");
        let ciphertext = session.encrypt(&Mechanism::AesEcb, key, &[5; 16]).expect("encrypted");
        let plaintext = session.decrypt(&Mechanism::AesEcb, same.expect("a key"), &ciphertext);
        assert_eq!(plaintext.expect("decrypted"), [5; 16]);

        apart.tag[3] ^= 1;
        let refused = unwrap_as(&session, kind, with, (&wrapped, b"aad"), there, &mut apart);
        assert_eq!(refused.err(), Some(CKR_WRAPPED_KEY_INVALID));
    }
    end(context);
}

pub(crate) fn refused(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let key = aes(&session, &[Attribute::Extractable(true)]);
    let [(gcm, with), _, (_, chacha20)] = wrapping_keys(&session, true);
    let apart = || Apart::new(CKG_GENERATE);
    let refused = |kind, keys, mut apart| wrap(&session, kind, keys, &mut apart).err();
    let confined = aes(&session, &[]);
    assert_eq!(refused(gcm, [with, confined], apart()), Some(CKR_KEY_UNEXTRACTABLE));
    let inconsistent = refused(gcm, [chacha20, key], apart());
    assert_eq!(inconsistent, Some(CKR_WRAPPING_KEY_TYPE_INCONSISTENT));
    let counter = Apart::new(CKG_GENERATE_COUNTER);
    assert_eq!(refused(gcm, [with, key], counter), Some(CKR_MECHANISM_PARAM_INVALID));
    // This one has no tag to keep apart.
    assert_eq!(refused(CKM_AES_KEY_WRAP, [with, key], apart()), Some(CKR_MECHANISM_INVALID));

    let (list, handle, none) = (functions_3_2(), session.handle(), null_mut());
    let (with, key, mut length) = (raw(with), raw(key), 0);
    let call = |how, length| {
        call!(list, C_WrapKeyAuthenticated(handle, how, with, key, none, 0, none, length))
    };
    assert_eq!(call(null_mut(), &raw mut length), CKR_ARGUMENTS_BAD);
    let mut no_parameter = mechanism(gcm);
    assert_eq!(call(&raw mut no_parameter, &raw mut length), CKR_MECHANISM_PARAM_INVALID);
    end(context);
}
