//! Secrets that two parties come to share: ECDH, X25519 and ML-KEM; and ML-DSA, which came with the
//! latter.

use std::ptr::null_mut;

use cryptoki::{
    error::{Error, RvError},
    mechanism::{
        Mechanism,
        elliptic_curve::{EcKdf, Ecdh1DeriveParams},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::Session,
};
use cryptoki_sys::*;
use supacrypt_testkit::Backend;

use crate::{
    common::{P256, end, functions_3_2, load, open},
    mechanism, raw_session,
};

/// X25519 in CKA_EC_PARAMS (RFC 8410, section 3).
const X25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x6e];

/// A key pair that derives, of the token or of the session: public, private.
fn pair(session: &Session, curve: &[u8], token: bool) -> (ObjectHandle, ObjectHandle) {
    let kept = Attribute::Token(token);
    let mechanism = match curve {
        X25519 => Mechanism::EccMontgomeryKeyPairGen,
        _ => Mechanism::EccKeyPairGen,
    };
    let public = [Attribute::EcParams(curve.to_vec()), kept.clone()];
    session
        .generate_key_pair(&mechanism, &public, &[kept, Attribute::Derive(true)])
        .expect("a key pair")
}

fn point(session: &Session, public: ObjectHandle) -> Vec<u8> {
    match &session.get_attributes(public, &[AttributeType::EcPoint]).expect("a point")[..] {
        [Attribute::EcPoint(point)] => point.clone(),
        other => panic!("{other:?}"),
    }
}

/// A generic secret whose value can be read.
fn shown() -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
    ]
}

fn derive(
    session: &Session,
    private: ObjectHandle,
    kdf: EcKdf<'_>,
    peer: &[u8],
    template: &[Attribute],
) -> Result<Vec<u8>, Error> {
    let mechanism = Mechanism::Ecdh1Derive(Ecdh1DeriveParams::new(kdf, peer));
    let secret = session.derive_key(&mechanism, private, template)?;
    match &session.get_attributes(secret, &[AttributeType::Value]).expect("its value")[..] {
        [Attribute::Value(value)] => Ok(value.clone()),
        other => panic!("{other:?}"),
    }
}

pub(super) fn agreement(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    for curve in [P256, X25519] {
        let (ours, theirs) = (pair(&session, curve, true), pair(&session, curve, false));
        let (our_point, their_point) = (point(&session, ours.0), point(&session, theirs.0));
        let mut whole = Vec::new();
        for length in [32, 16] {
            let template = [shown(), vec![Attribute::ValueLen(length.into())]].concat();
            let here = derive(&session, theirs.1, EcKdf::null(), &our_point, &template);
            let there = derive(&session, ours.1, EcKdf::null(), &their_point, &template);
            let (here, there) = (here.expect("a secret"), there.expect("a secret"));
            assert!(here == there && here.len() == length as usize, "the same secret");
            if length == 32 {
                whole = here;
            } else {
                assert!(here == whole[16..], "its end, where it is cut");
            }
        }
        let raw_point = &their_point[2..];
        let raw = derive(&session, ours.1, EcKdf::null(), raw_point, &shown());
        assert_eq!(raw.expect("a raw point will do").len(), 32);
        let cut = derive(&session, ours.1, EcKdf::null(), &raw_point[1..], &shown());
        match cut {
            Err(Error::Pkcs11(RvError::MechanismParamInvalid, _)) => {}
            other => panic!("{other:?}"),
        }
    }
    let signing = crate::p256(&session, "does not derive");
    match derive(&session, signing.1, EcKdf::null(), &point(&session, signing.0), &shown()) {
        Err(Error::Pkcs11(RvError::KeyFunctionNotPermitted, _)) => {}
        other => panic!("{other:?}"),
    }
    end(context);
}

/// Makes a pair of a parameter set: public, private.
fn module_lattice(
    session: CK_SESSION_HANDLE,
    kind: CK_MECHANISM_TYPE,
    mut set: CK_ULONG,
) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    let (mut generation, mut kept) = (mechanism(kind), CK_TRUE);
    let token = CK_ATTRIBUTE { type_: CKA_TOKEN, pValue: (&raw mut kept).cast(), ulValueLen: 1 };
    let set = CK_ATTRIBUTE {
        type_: CKA_PARAMETER_SET,
        pValue: (&raw mut set).cast(),
        ulValueLen: size_of::<CK_ULONG>() as CK_ULONG,
    };
    let (mut public, mut private) = ([token, set], [token]);
    let (mut half, mut other) = (0, 0);
    let answer = call!(
        functions_3_2(),
        C_GenerateKeyPair(
            session,
            &raw mut generation,
            public.as_mut_ptr(),
            2,
            private.as_mut_ptr(),
            1,
            &raw mut half,
            &raw mut other
        )
    );
    assert_eq!(answer, CKR_OK);
    (half, other)
}

pub(super) fn encapsulation(_: &mut Backend) {
    let context = load();
    let viewer = open(&context);
    let (list, session) = (functions_3_2(), raw_session(&context));
    let mut kem = mechanism(CKM_ML_KEM);
    for (set, length) in [(CKP_ML_KEM_512, 768), (CKP_ML_KEM_768, 1088), (CKP_ML_KEM_1024, 1568)] {
        let (public, private) = module_lattice(session, CKM_ML_KEM_KEY_PAIR_GEN, set);
        let (mut no, mut yes) = (CK_FALSE, CK_TRUE);
        let mut template = [
            CK_ATTRIBUTE { type_: CKA_SENSITIVE, pValue: (&raw mut no).cast(), ulValueLen: 1 },
            CK_ATTRIBUTE { type_: CKA_EXTRACTABLE, pValue: (&raw mut yes).cast(), ulValueLen: 1 },
        ];
        let (mut ciphertext, mut found) = (vec![0_u8; 2000], 0);
        let mut ask = |out: *mut CK_BYTE, key: *mut CK_OBJECT_HANDLE, size: &mut CK_ULONG| {
            let template = template.as_mut_ptr();
            call!(
                list,
                C_EncapsulateKey(session, &raw mut kem, public, template, 2, out, size, key)
            )
        };
        assert_eq!(ask(null_mut(), null_mut(), &mut found), CKR_OK);
        assert_eq!(found, length);
        found = 100;
        let (mut sent, mut received) = (0, 0);
        let small = ask(ciphertext.as_mut_ptr(), &raw mut sent, &mut found);
        assert_eq!((small, found), (CKR_BUFFER_TOO_SMALL, length));
        assert_eq!(ask(ciphertext.as_mut_ptr(), &raw mut sent, &mut found), CKR_OK);

        let mut kem = mechanism(CKM_ML_KEM);
        let at = ciphertext.as_mut_ptr();
        let open = template.as_mut_ptr();
        let key = &raw mut received;
        assert_eq!(
            call!(list, C_DecapsulateKey(session, &raw mut kem, private, open, 2, at, found, key)),
            CKR_OK
        );
        let value = |handle: CK_OBJECT_HANDLE| {
            let (mut value, list) = ([0_u8; 32], list);
            let mut wanted = CK_ATTRIBUTE {
                type_: CKA_VALUE,
                pValue: value.as_mut_ptr().cast(),
                ulValueLen: 32,
            };
            let answer = call!(list, C_GetAttributeValue(session, handle, &raw mut wanted, 1));
            assert_eq!(answer, CKR_OK);
            value
        };
        assert_eq!(value(sent), value(received), "the same secret");
    }
    drop(viewer);
    end(context);
}

pub(super) fn module_lattice_signatures(_: &mut Backend) {
    let context = load();
    let viewer = open(&context);
    let (list, session) = (functions_3_2(), raw_session(&context));
    for (set, length) in [(CKP_ML_DSA_44, 2420), (CKP_ML_DSA_65, 3309), (CKP_ML_DSA_87, 4627)] {
        let (public, private) = module_lattice(session, CKM_ML_DSA_KEY_PAIR_GEN, set);
        let mut text = *b"a purpose";
        let mut parameter = CK_SIGN_ADDITIONAL_CONTEXT {
            hedgeVariant: CKH_HEDGE_PREFERRED,
            pContext: text.as_mut_ptr(),
            ulContextLen: 9,
        };
        let mut in_context = CK_MECHANISM {
            mechanism: CKM_ML_DSA,
            pParameter: (&raw mut parameter).cast(),
            ulParameterLen: size_of_val(&parameter) as CK_ULONG,
        };
        let mut plain = mechanism(CKM_ML_DSA);
        let mut message = *b"a message";
        let (at, mut signature, mut size) = (message.as_mut_ptr(), vec![0_u8; 5000], 5000);
        assert_eq!(call!(list, C_SignInit(session, &raw mut in_context, private)), CKR_OK);
        assert_eq!(
            call!(list, C_Sign(session, at, 9, signature.as_mut_ptr(), &raw mut size)),
            CKR_OK
        );
        assert_eq!(size, length);
        let mut verify = |mechanism: *mut CK_MECHANISM| {
            assert_eq!(call!(list, C_VerifyInit(session, mechanism, public)), CKR_OK);
            call!(list, C_Verify(session, at, 9, signature.as_mut_ptr(), size))
        };
        assert_eq!(verify(&raw mut in_context), CKR_OK);
        assert_eq!(verify(&raw mut plain), CKR_SIGNATURE_INVALID, "it is bound to its context");
    }
    drop(viewer);
    end(context);
}
