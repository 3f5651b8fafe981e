//! The functions that few applications use: two operations at once, signatures to recover from,
//! wrapping, messages, and those of later versions of the standard. Most are called as C does.
#![allow(unsafe_code, reason = "functions of C are called")]

/// Calls a function of the list with the arguments, all of them live for the call.
macro_rules! call {
    ($list:expr, $function:ident($($argument:expr),*)) => {{
        let function = $list.$function.expect("it is listed");
        // SAFETY: pointers and lengths are those of live buffers.
        unsafe { function($($argument),*) }
    }};
}

#[path = "functions/authenticated_wrapping.rs"]
mod authenticated_wrapping;
mod common;
#[path = "functions/messages.rs"]
mod messages;
#[path = "functions/secrets.rs"]
mod secrets;

use std::ptr::{null, null_mut};

use cryptoki::{
    context::Pkcs11,
    error::{Error, RvError},
    mechanism::Mechanism,
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use cryptoki_sys::*;
use supacrypt_core::Digest;
use supacrypt_testkit::Backend;

use common::{end, functions, functions_3_2, key_pair, load, open, p256};

fn main() {
    common::run(&[
        ("data_of_any_length_passes_in_pieces", long_data),
        ("what_was_signed_is_recovered", recover),
        ("two_operations_see_the_same_data", dual),
        ("a_session_key_is_wrapped_and_comes_back", wrap),
        ("a_key_is_wrapped_with_its_tag_apart", authenticated_wrapping::secrets),
        ("a_key_of_the_token_leaves_with_its_tag_apart", authenticated_wrapping::of_token),
        ("what_comes_to_the_token_with_its_tag_apart_nobody_sees", authenticated_wrapping::unseen),
        ("authenticated_wrapping_is_refused_by_the_right_codes", authenticated_wrapping::refused),
        ("a_secret_is_hashed", digest_key),
        ("messages_are_protected_one_by_one", messages::encryption),
        ("messages_are_signed_one_by_one", messages::signatures),
        ("a_message_may_want_a_pin_of_its_own", messages::with_a_pin),
        ("a_signature_to_recover_from_may_want_a_pin", messages::recovery_with_a_pin),
        ("operations_are_cancelled", cancel),
        ("two_parties_agree_on_a_secret", secrets::agreement),
        ("a_secret_is_encapsulated", secrets::encapsulation),
        ("ml_dsa_signatures_are_bound_to_their_context", secrets::module_lattice_signatures),
        ("states_tokens_and_pins_are_refused_by_the_right_codes", refused),
    ]);
}

/// A handle of the library around the functions, as they take it.
fn raw(handle: ObjectHandle) -> CK_OBJECT_HANDLE {
    handle.handle()
}

fn mechanism(kind: CK_MECHANISM_TYPE) -> CK_MECHANISM {
    CK_MECHANISM { mechanism: kind, pParameter: null_mut(), ulParameterLen: 0 }
}

/// A session with the first token, as a handle.
fn raw_session(context: &Pkcs11) -> CK_SESSION_HANDLE {
    let slot = context.get_slots_with_token().expect("slots")[0];
    let mut session = 0;
    let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
    let open = functions().C_OpenSession.expect("it is listed");
    // SAFETY: the handle can be written to.
    let answer = unsafe { open(slot.id(), flags, null_mut(), None, &raw mut session) };
    assert_eq!(answer, CKR_OK);
    session
}

fn aes(session: &Session, extra: &[Attribute]) -> ObjectHandle {
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Value(vec![7; 16]),
    ];
    session.create_object(&[&template, extra].concat()).expect("an AES key")
}

fn long_data(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let message: Vec<u8> = (0..200_001_u32).map(|index| index as u8).collect();
    for extra in [vec![], vec![Attribute::Token(true)]] {
        let key = aes(&session, &extra);
        let cbc = Mechanism::AesCbcPad([9; 16]);
        let at_once = session.encrypt(&cbc, key, &message).expect("encrypted at once");
        session.encrypt_init(&cbc, key).expect("begun");
        let mut in_pieces = Vec::new();
        for piece in message.chunks(70_000) {
            in_pieces.extend(session.encrypt_update(piece).expect("a piece"));
        }
        assert!(in_pieces.len() > 190_000, "pieces come out as they go in");
        in_pieces.extend(session.encrypt_final().expect("the rest"));
        assert!(at_once == in_pieces, "the same ciphertext");
        session.decrypt_init(&cbc, key).expect("begun");
        let mut plaintext = Vec::new();
        for piece in at_once.chunks(33_333) {
            plaintext.extend(session.decrypt_update(piece).expect("a piece"));
        }
        plaintext.extend(session.decrypt_final().expect("the rest"));
        assert!(plaintext == message, "the message again");
    }
    end(context);
}

fn recover(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let bits = [Attribute::ModulusBits(2048.into())];
    let (public, private) = key_pair(&session, &Mechanism::RsaPkcsKeyPairGen, &bits, "recover");
    let (list, raw_session) = (functions(), raw_session(&context));
    let mut rsa = mechanism(CKM_RSA_PKCS);
    let mut data = *b"what is signed";
    let (mut signature, mut length) = ([0; 256], 256);
    assert_eq!(call!(list, C_SignRecoverInit(raw_session, &raw mut rsa, raw(private))), CKR_OK);
    let (at, count) = (data.as_mut_ptr(), data.len() as CK_ULONG);
    assert_eq!(
        call!(list, C_SignRecover(raw_session, at, count, signature.as_mut_ptr(), &raw mut length)),
        CKR_OK
    );

    let recover = |signature: &mut [u8; 256]| {
        let (mut out, mut out_length) = ([0; 256], 256);
        assert_eq!(
            call!(list, C_VerifyRecoverInit(raw_session, &raw const rsa as *mut _, raw(public))),
            CKR_OK
        );
        let place = &raw mut out_length;
        let answer = call!(
            list,
            C_VerifyRecover(raw_session, signature.as_mut_ptr(), 256, out.as_mut_ptr(), place)
        );
        (answer, out[..(out_length as usize).min(256)].to_vec())
    };
    assert_eq!(recover(&mut signature), (CKR_OK, data.to_vec()));
    signature[7] ^= 1;
    assert_eq!(recover(&mut signature).0, CKR_SIGNATURE_INVALID);
    end(context);
}

fn dual(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let key = raw(aes(&session, &[]));
    let (list, session) = (functions(), raw_session(&context));
    let mut iv = [5; 16];
    let mut cbc = CK_MECHANISM {
        mechanism: CKM_AES_CBC,
        pParameter: iv.as_mut_ptr().cast(),
        ulParameterLen: 16,
    };
    let mut sha = mechanism(CKM_SHA256);
    let message: Vec<u8> = (0..64).collect();
    let digest = |session| {
        let (mut out, mut length) = ([0; 32], 32);
        assert_eq!(call!(list, C_DigestFinal(session, out.as_mut_ptr(), &raw mut length)), CKR_OK);
        out.to_vec()
    };
    let expected = supacrypt_crypto::digest(Digest::Sha256, &message);

    let mut buffer = message.clone();
    let (at, mut length) = (buffer.as_mut_ptr(), 64);
    assert_eq!(call!(list, C_EncryptInit(session, &raw mut cbc, key)), CKR_OK);
    let place = &raw mut length;
    assert_eq!(
        call!(list, C_DigestEncryptUpdate(session, at, 64, at, place)),
        CKR_OPERATION_NOT_INITIALIZED
    );
    assert_eq!(call!(list, C_DigestInit(session, &raw mut sha)), CKR_OK);
    assert_eq!(call!(list, C_DigestEncryptUpdate(session, at, 64, at, place)), CKR_OK);
    assert_eq!(digest(session), expected);
    assert!(length == 64 && buffer != message);

    assert_eq!(call!(list, C_DecryptInit(session, &raw mut cbc, key)), CKR_OK);
    assert_eq!(call!(list, C_DigestInit(session, &raw mut sha)), CKR_OK);
    assert_eq!(call!(list, C_DecryptDigestUpdate(session, at, 64, at, place)), CKR_OK);
    assert_eq!((digest(session), buffer), (expected, message));
    end(context);
}

fn wrap(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let wrapping = session
        .generate_key(
            &Mechanism::AesKeyGen,
            &[Attribute::Token(true), Attribute::ValueLen(32.into())],
        )
        .expect("a wrapping key");
    let free = [Attribute::Extractable(true), Attribute::Sensitive(false)];
    let secret = aes(&session, &free);
    let wrapped = session.wrap_key(&Mechanism::AesKeyWrap, wrapping, secret).expect("wrapped");
    assert_eq!(wrapped.len(), 24);
    let template = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::KeyType(KeyType::AES)];
    let template = [&template[..], &free].concat();
    let back = session
        .unwrap_key(&Mechanism::AesKeyWrap, wrapping, &wrapped, &template)
        .expect("unwrapped");
    let value = session.get_attributes(back, &[AttributeType::Value]).expect("its value");
    assert_eq!(value, [Attribute::Value(vec![7; 16])]);

    let mut altered = wrapped.clone();
    altered[3] ^= 1;
    match session.unwrap_key(&Mechanism::AesKeyWrap, wrapping, &altered, &template) {
        Err(Error::Pkcs11(RvError::WrappedKeyInvalid, _)) => {}
        other => panic!("{other:?}"),
    }
    let confined = aes(&session, &[]);
    assert!(session.wrap_key(&Mechanism::AesKeyWrap, wrapping, confined).is_err());
    assert!(session.wrap_key(&Mechanism::AesKeyWrap, wrapping, wrapping).is_err());

    // Wrapping has a permission of its own.
    let encrypts = aes(&session, &[Attribute::Wrap(false)]);
    match session.wrap_key(&Mechanism::AesKeyWrap, encrypts, secret) {
        Err(Error::Pkcs11(RvError::KeyFunctionNotPermitted, _)) => {}
        other => panic!("{other:?}"),
    }
    let wraps = aes(&session, &[Attribute::Encrypt(false), Attribute::Wrap(true)]);
    session.wrap_key(&Mechanism::AesKeyWrap, wraps, secret).expect("it may");

    // A private key, by its PKCS#8, and back as one of the token.
    let (public, private) = session
        .generate_key_pair(
            &Mechanism::EccKeyPairGen,
            &[Attribute::EcParams(common::P256.to_vec())],
            &free,
        )
        .expect("a session pair");
    let wrapped =
        session.wrap_key(&Mechanism::AesCbcPad([1; 16]), wrapping, private).expect("wrapped");
    let template = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::KeyType(KeyType::EC),
        Attribute::Token(true),
    ];
    let back = session
        .unwrap_key(&Mechanism::AesCbcPad([1; 16]), wrapping, &wrapped, &template)
        .expect("unwrapped");
    let signature = session.sign(&Mechanism::Ecdsa, back, &[1; 32]).expect("a signature");
    session.verify(&Mechanism::Ecdsa, public, &[1; 32], &signature).expect("it verifies");
    end(context);
}

fn digest_key(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (here, there) = (aes(&session, &[]), aes(&session, &[Attribute::Token(true)]));
    session.digest_init(&Mechanism::Sha256).expect("begun");
    session.digest_key(here).expect("hashed");
    let digest = session.digest_final().expect("a digest");
    assert_eq!(digest, supacrypt_crypto::digest(Digest::Sha256, &[7; 16]));
    session.digest_init(&Mechanism::Sha256).expect("begun");
    assert!(session.digest_key(there).is_err(), "the token's keys are not here");
    end(context);
}

fn cancel(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (_, private) = p256(&session, "cancelled");
    let (list, session) = (functions_3_2(), raw_session(&context));
    let mut ecdsa = mechanism(CKM_ECDSA);
    let mut init = || call!(list, C_SignInit(session, &raw mut ecdsa, raw(private)));
    assert_eq!(init(), CKR_OK);
    assert_eq!(init(), CKR_OPERATION_ACTIVE);
    assert_eq!(call!(list, C_SessionCancel(session, CKF_VERIFY)), CKR_OK);
    assert_eq!(init(), CKR_OPERATION_ACTIVE, "that was another kind");
    assert_eq!(call!(list, C_SessionCancel(session, CKF_SIGN)), CKR_OK);
    assert_eq!(init(), CKR_OK);
    assert_eq!(call!(list, C_SignInit(session, null_mut(), 0)), CKR_OK, "no mechanism ends it");
    assert_eq!(init(), CKR_OK);
    end(context);
}

fn refused(_: &mut Backend) {
    let context = load();
    let (list, session) = (functions_3_2(), raw_session(&context));
    let slot = context.get_slots_with_token().expect("slots")[0].id();
    let mut length = 0;
    let no_state = call!(list, C_GetOperationState(session, null_mut(), &raw mut length));
    assert_eq!(no_state, CKR_OPERATION_NOT_INITIALIZED);
    let mut sha = mechanism(CKM_SHA256);
    assert_eq!(call!(list, C_DigestInit(session, &raw mut sha)), CKR_OK);
    let no_state = call!(list, C_GetOperationState(session, null_mut(), &raw mut length));
    assert_eq!(no_state, CKR_STATE_UNSAVEABLE);
    let state = call!(list, C_SetOperationState(session, null_mut(), 0, 0, 0));
    assert_eq!(state, CKR_SAVED_STATE_INVALID);
    let label = null::<CK_UTF8CHAR>().cast_mut();
    assert_eq!(call!(list, C_InitToken(slot, label, 0, label)), CKR_TOKEN_WRITE_PROTECTED);
    assert_eq!(call!(list, C_InitPIN(session, label, 0)), CKR_USER_NOT_LOGGED_IN);
    assert_eq!(call!(list, C_SetPIN(session, label, 0, label, 0)), CKR_PIN_INCORRECT);
    let mut event = 0;
    let none = call!(list, C_WaitForSlotEvent(CKF_DONT_BLOCK, &raw mut event, null_mut()));
    assert_eq!(none, CKR_NO_EVENT);
    end(context);
}
