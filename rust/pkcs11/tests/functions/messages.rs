//! Operations message by message, of v3.0, and signatures that are given before what they are of, of
//! v3.2.

use std::ptr::null_mut;

use cryptoki::{context::Pkcs11, mechanism::Mechanism, object::Attribute};
use cryptoki_sys::*;
use supacrypt_testkit::Backend;

use crate::{
    aes,
    common::{P256, end, functions_3_2, load, open, p256},
    mechanism, raw, raw_session,
};

pub(crate) fn encryption(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let key = raw(aes(&session, &[Attribute::Token(true)]));
    let (list, session) = (functions_3_2(), raw_session(&context));
    let mut gcm = mechanism(CKM_AES_GCM);
    let (mut iv, mut tag) = ([0_u8; 12], [0_u8; 16]);
    let mut parameter = CK_GCM_MESSAGE_PARAMS {
        pIv: iv.as_mut_ptr(),
        ulIvLen: 12,
        ulIvFixedBits: 32,
        ivGenerator: CKG_GENERATE,
        pTag: tag.as_mut_ptr(),
        ulTagBits: 128,
    };
    let size = size_of_val(&parameter) as CK_ULONG;
    let at = (&raw mut parameter).cast();
    let (mut aad, mut text) = (*b"aad", *b"a message");
    let (aad_at, text_at) = (aad.as_mut_ptr(), text.as_mut_ptr());
    let (mut out, mut length) = ([0_u8; 9], 9);
    assert_eq!(call!(list, C_MessageEncryptInit(session, &raw mut gcm, key)), CKR_OK);
    let mut before = iv;
    for _ in 0..3 {
        let (out, place) = (out.as_mut_ptr(), &raw mut length);
        assert_eq!(
            call!(list, C_EncryptMessage(session, at, size, aad_at, 3, text_at, 9, out, place)),
            CKR_OK
        );
        assert!(iv[..4] == [0; 4] && iv != before, "the rest is made anew each time");
        before = iv;
    }
    assert_eq!(call!(list, C_MessageEncryptFinal(session)), CKR_OK);
    assert_ne!(out, text);

    assert_eq!(call!(list, C_MessageDecryptInit(session, &raw mut gcm, key)), CKR_OK);
    let (ciphertext, mut plaintext) = (out.as_mut_ptr(), [0_u8; 9]);
    let (place, back) = (&raw mut length, plaintext.as_mut_ptr());
    assert_eq!(
        call!(list, C_DecryptMessage(session, at, size, aad_at, 3, ciphertext, 9, back, place)),
        CKR_OK
    );
    assert_eq!(plaintext, text);

    // The same in two pieces, and with another tag.
    let mut decrypt = || {
        assert_eq!(call!(list, C_DecryptMessageBegin(session, at, size, aad_at, 3)), CKR_OK);
        let (mut none, place) = (0, &raw mut length);
        let first = call!(
            list,
            C_DecryptMessageNext(session, at, size, ciphertext, 4, back, &raw mut none, 0)
        );
        assert_eq!((first, none), (CKR_OK, 0));
        // SAFETY: five of the nine bytes are left.
        let rest = unsafe { ciphertext.add(4) };
        let end = CKF_END_OF_MESSAGE;
        call!(list, C_DecryptMessageNext(session, at, size, rest, 5, back, place, end))
    };
    assert_eq!(decrypt(), CKR_OK);
    // SAFETY: it is the tag, which nobody else uses now.
    unsafe { *tag.as_mut_ptr() ^= 1 };
    assert_eq!(decrypt(), CKR_AEAD_DECRYPT_FAILED);
    end(context);
}

pub(crate) fn signatures(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = p256(&session, "messages");
    let (list, session) = (functions_3_2(), raw_session(&context));
    let mut ecdsa = mechanism(CKM_ECDSA_SHA256);
    let mut text = *b"a message";
    let (at, none) = (text.as_mut_ptr(), null_mut());
    let (mut signature, mut length) = ([0_u8; 64], 64);
    let signature = signature.as_mut_ptr();
    assert_eq!(call!(list, C_MessageSignInit(session, &raw mut ecdsa, raw(private))), CKR_OK);
    assert_eq!(
        call!(list, C_SignMessage(session, none, 0, at, 9, signature, &raw mut length)),
        CKR_OK
    );
    assert_eq!(call!(list, C_SignMessageBegin(session, none, 0)), CKR_OK);
    let more = call!(list, C_SignMessageNext(session, none, 0, at, 4, null_mut(), null_mut()));
    assert_eq!(more, CKR_OK);
    // SAFETY: five of the nine bytes are left.
    let rest = unsafe { at.add(4) };
    assert_eq!(
        call!(list, C_SignMessageNext(session, none, 0, rest, 5, signature, &raw mut length)),
        CKR_OK
    );
    assert_eq!(call!(list, C_MessageSignFinal(session)), CKR_OK);

    assert_eq!(call!(list, C_MessageVerifyInit(session, &raw mut ecdsa, raw(public))), CKR_OK);
    assert_eq!(call!(list, C_VerifyMessage(session, none, 0, at, 9, signature, 64)), CKR_OK);
    assert_eq!(
        call!(list, C_VerifyMessage(session, none, 0, at, 8, signature, 64)),
        CKR_SIGNATURE_INVALID
    );
    assert_eq!(call!(list, C_VerifyMessage(session, none, 0, at, 9, signature, 64)), CKR_OK);

    let init = |list: &CK_FUNCTION_LIST_3_2| {
        let key = raw(public);
        let ecdsa = (&raw const ecdsa).cast_mut();
        call!(list, C_VerifySignatureInit(session, ecdsa, key, signature, 64))
    };
    assert_eq!(init(list), CKR_OK);
    assert_eq!(call!(list, C_VerifySignature(session, at, 9)), CKR_OK);
    assert_eq!(init(list), CKR_OK);
    assert_eq!(call!(list, C_VerifySignatureUpdate(session, at, 8)), CKR_OK);
    assert_eq!(call!(list, C_VerifySignatureFinal(session)), CKR_SIGNATURE_INVALID);
    end(context);
}

/// A message of a key that wants a PIN for each use; the module keeps it for the next one.
pub(crate) fn with_a_pin(backend: &mut Backend) {
    let context = load();
    let curve = [Attribute::EcParams(P256.to_vec())];
    let private = guarded(backend, &context, &Mechanism::EccKeyPairGen, &curve);
    let (list, session) = (functions_3_2(), raw_session(&context));
    let mut ecdsa = mechanism(CKM_ECDSA_SHA256);
    let (mut text, mut signature, mut length) = (*b"a message", [0_u8; 64], 64);
    let mut sign = || {
        let (at, out) = (text.as_mut_ptr(), signature.as_mut_ptr());
        call!(list, C_SignMessage(session, null_mut(), 0, at, 9, out, &raw mut length))
    };
    assert_eq!(call!(list, C_MessageSignInit(session, &raw mut ecdsa, private)), CKR_OK);
    assert_eq!(sign(), CKR_USER_NOT_LOGGED_IN);
    give_pin(session);
    assert_eq!(sign(), CKR_OK);
    assert_eq!(sign(), CKR_USER_NOT_LOGGED_IN, "it was for one message");
    backend.admin().set_pin(&backend.keyring(), b"", None).expect("no PIN");
    end(context);
}

pub(crate) fn recovery_with_a_pin(backend: &mut Backend) {
    let context = load();
    let bits = [Attribute::ModulusBits(2048.into())];
    let private = guarded(backend, &context, &Mechanism::RsaPkcsKeyPairGen, &bits);
    let (list, session) = (functions_3_2(), raw_session(&context));
    let mut rsa = mechanism(CKM_RSA_PKCS);
    let (mut text, mut signature, mut length) = (*b"a message", [0_u8; 256], 256);
    let mut sign = || {
        let (at, out) = (text.as_mut_ptr(), signature.as_mut_ptr());
        call!(list, C_SignRecover(session, at, 9, out, &raw mut length))
    };
    let mut begin = || call!(list, C_SignRecoverInit(session, &raw mut rsa, private));
    assert_eq!(begin(), CKR_OK);
    assert_eq!(sign(), CKR_USER_NOT_LOGGED_IN);
    for _ in 0..2 {
        assert_eq!(begin(), CKR_OK);
        give_pin(session);
        assert_eq!(sign(), CKR_OK);
    }
    assert_eq!(begin(), CKR_OK);
    assert_eq!(sign(), CKR_USER_NOT_LOGGED_IN, "it was for one signature");
    backend.admin().set_pin(&backend.keyring(), b"", None).expect("no PIN");
    end(context);
}

/// The private half of a pair that wants the PIN for each use, in a keyring that has one.
fn guarded(
    backend: &Backend,
    context: &Pkcs11,
    how: &Mechanism<'_>,
    public: &[Attribute],
) -> CK_OBJECT_HANDLE {
    let private = [Attribute::Token(true), Attribute::AlwaysAuthenticate(true)];
    let pair = open(context).generate_key_pair(how, public, &private);
    backend.admin().set_pin(&backend.keyring(), b"1234", None).expect("a PIN");
    raw(pair.expect("a key pair").1)
}

fn give_pin(session: CK_SESSION_HANDLE) {
    let (list, mut pin) = (functions_3_2(), *b"1234");
    let login = call!(list, C_Login(session, CKU_CONTEXT_SPECIFIC, pin.as_mut_ptr(), 4));
    assert_eq!(login, CKR_OK);
}
