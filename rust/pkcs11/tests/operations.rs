//! Each mechanism, checked against the engine, which is itself checked against public vectors; and
//! the rules of operations in one call and in pieces.

mod common;

use std::ptr;

use cryptoki::{
    mechanism::{
        Mechanism, MechanismType,
        aead::GcmParams,
        eddsa::{EddsaParams, EddsaSignatureScheme},
        rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams},
    },
    object::{Attribute, AttributeType, ObjectHandle},
    session::Session,
};
use cryptoki_sys::*;
use supacrypt_core::{Digest, SignatureScheme};
use supacrypt_crypto::{PublicKey, digest};
use supacrypt_testkit::Backend;

use common::{end, functions, key_pair, load, open, p256};

fn main() {
    common::run(&[
        ("rsa_signatures_verify_elsewhere", rsa_signatures),
        ("ecdsa_signatures_verify_elsewhere", ecdsa_signatures),
        ("ed25519_signatures_verify_elsewhere", ed25519_signatures),
        ("rsa_decrypts_what_its_public_half_encrypted", rsa_encryption),
        ("aes_comes_back_in_every_mode_and_in_pieces", aes),
        ("hmac_is_made_and_verified", hmac),
        ("digests_are_those_of_the_engine", digests),
        ("a_gibibyte_is_hashed_here_in_constant_memory", gibibyte),
        ("random_bytes_differ", random),
        ("a_query_and_a_small_buffer_leave_the_operation_active", buffers),
        ("an_operation_in_progress_is_not_begun_again", active),
    ]);
}

const MESSAGE: &[u8] =
    b"a message that is longer than any digest, and not a multiple of anything in length";

fn public_key(session: &Session, public: ObjectHandle) -> PublicKey {
    let found = session.get_attributes(public, &[AttributeType::PublicKeyInfo]);
    match &found.expect("the public key")[..] {
        [Attribute::PublicKeyInfo(spki)] => PublicKey::from_spki_der(spki).expect("a sound key"),
        other => panic!("{other:?}"),
    }
}

/// Signs at once and in pieces, and verifies both here and with the engine.
fn check(
    session: &Session,
    (public, private): (ObjectHandle, ObjectHandle),
    mechanism: &Mechanism<'_>,
    scheme: SignatureScheme,
    input: &[u8],
    hashed: &[u8],
) {
    let at_once = session.sign(mechanism, private, input).expect("a signature");
    session.sign_init(mechanism, private).expect("begin");
    for piece in input.chunks(7) {
        session.sign_update(piece).expect("a piece");
    }
    let in_pieces = session.sign_final().expect("a signature");
    let key = public_key(session, public);
    for signature in [at_once, in_pieces] {
        assert_eq!(key.verify(scheme, hashed, &signature), Ok(true), "{mechanism:?}");
        session.verify(mechanism, public, input, &signature).expect("valid");
        session.verify_init(mechanism, public).expect("begin");
        for piece in input.chunks(11) {
            session.verify_update(piece).expect("a piece");
        }
        session.verify_final(&signature).expect("valid");
    }
}

fn rsa(session: &Session, label: &str) -> (ObjectHandle, ObjectHandle) {
    let bits = Attribute::ModulusBits(2048.into());
    key_pair(session, &Mechanism::RsaPkcsKeyPairGen, &[bits], label)
}

fn rsa_signatures(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let keys = rsa(&session, "rsa");
    let kinds = [
        (Digest::Sha256, Mechanism::Sha256RsaPkcs, MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        (Digest::Sha384, Mechanism::Sha384RsaPkcs, MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
        (Digest::Sha512, Mechanism::Sha512RsaPkcs, MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
    ];
    for (kind, pkcs1, hash_alg, mgf) in kinds {
        let hash = digest(kind, MESSAGE);
        check(&session, keys, &pkcs1, SignatureScheme::RsaPkcs1 { digest: kind }, MESSAGE, &hash);
        let info = [kind.digest_info_prefix(), &hash].concat();
        check(&session, keys, &Mechanism::RsaPkcs, SignatureScheme::RsaPkcs1Raw, &info, &info);
        let parameters = PkcsPssParams { hash_alg, mgf, s_len: (kind.len() as CK_ULONG).into() };
        let pss = SignatureScheme::RsaPss {
            digest: kind,
            mgf_digest: kind,
            salt_length: u16::try_from(kind.len()).expect("short"),
        };
        check(&session, keys, &Mechanism::RsaPkcsPss(parameters), pss, &hash, &hash);
        let hashing = match kind {
            Digest::Sha256 => Mechanism::Sha256RsaPkcsPss(parameters),
            Digest::Sha384 => Mechanism::Sha384RsaPkcsPss(parameters),
            _ => Mechanism::Sha512RsaPkcsPss(parameters),
        };
        check(&session, keys, &hashing, pss, MESSAGE, &hash);
    }
    drop(session);
    end(context);
}

fn ecdsa_signatures(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let curves: [&[u8]; 3] =
        [common::P256, &[0x06, 5, 0x2b, 0x81, 4, 0, 0x22], &[0x06, 5, 0x2b, 0x81, 4, 0, 0x23]];
    for curve in curves {
        let parameters = [Attribute::EcParams(curve.to_vec())];
        let keys = key_pair(&session, &Mechanism::EccKeyPairGen, &parameters, "curve");
        for (kind, mechanism) in [
            (Digest::Sha224, Mechanism::EcdsaSha224),
            (Digest::Sha256, Mechanism::EcdsaSha256),
            (Digest::Sha384, Mechanism::EcdsaSha384),
            (Digest::Sha512, Mechanism::EcdsaSha512),
        ] {
            let hash = digest(kind, MESSAGE);
            check(&session, keys, &mechanism, SignatureScheme::Ecdsa, MESSAGE, &hash);
            check(&session, keys, &Mechanism::Ecdsa, SignatureScheme::Ecdsa, &hash, &hash);
        }
        // A short digest is the number that it is with zeros before it.
        let padded = [&[0; 15][..], b"short"].concat();
        check(&session, keys, &Mechanism::Ecdsa, SignatureScheme::Ecdsa, b"short", &padded);
    }
    drop(session);
    end(context);
}

fn ed25519_signatures(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let curve = [Attribute::EcParams(vec![0x06, 3, 0x2b, 0x65, 0x70])];
    let keys = key_pair(&session, &Mechanism::EccEdwardsKeyPairGen, &curve, "edwards");
    let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519));
    check(&session, keys, &pure, SignatureScheme::Ed25519, MESSAGE, MESSAGE);
    let context_given =
        Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519ctx(b"context")));
    assert!(session.sign(&context_given, keys.1, MESSAGE).is_err(), "another scheme");
    drop(session);
    end(context);
}

fn rsa_encryption(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = rsa(&session, "rsa-encryption");
    let label = PkcsOaepSource::data_specified(b"label");
    let oaep = PkcsOaepParams::new(MechanismType::SHA256, PkcsMgfType::MGF1_SHA1, label);
    for mechanism in [Mechanism::RsaPkcs, Mechanism::RsaPkcsOaep(oaep)] {
        let ciphertext = session.encrypt(&mechanism, public, b"secret").expect("encrypted");
        assert_eq!(
            session.decrypt(&mechanism, private, &ciphertext).expect("decrypted"),
            b"secret"
        );
    }
    drop(session);
    end(context);
}

fn secret(session: &Session, mechanism: &Mechanism<'_>, length: CK_ULONG) -> ObjectHandle {
    let template = [Attribute::Token(true), Attribute::ValueLen(length.into())];
    session.generate_key(mechanism, &template).expect("a secret key")
}

fn aes(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    for length in [16, 32] {
        let key = secret(&session, &Mechanism::AesKeyGen, length);
        let whole_blocks = &MESSAGE[..64];
        for (mechanism, plaintext) in [
            (Mechanism::AesCbc([1; 16]), whole_blocks),
            (Mechanism::AesCbcPad([2; 16]), MESSAGE),
            (Mechanism::AesCbcPad([2; 16]), &[][..]),
            (Mechanism::AesKeyWrap, whole_blocks),
        ] {
            let at_once = session.encrypt(&mechanism, key, plaintext).expect("encrypted");
            session.encrypt_init(&mechanism, key).expect("begin");
            let mut in_pieces = Vec::new();
            for piece in plaintext.chunks(5) {
                in_pieces.extend(session.encrypt_update(piece).expect("a piece"));
            }
            in_pieces.extend(session.encrypt_final().expect("the rest"));
            assert_eq!(at_once, in_pieces, "{mechanism:?}");
            assert_ne!(at_once, plaintext);
            assert_eq!(session.decrypt(&mechanism, key, &at_once).expect("decrypted"), plaintext);
        }
        let (mut iv, mut same, mut again) = ([3; 12], [3; 12], [3; 12]);
        let gcm = |iv| Mechanism::AesGcm(GcmParams::new(iv, b"data", 128.into()).expect("fits"));
        let mut sealed = session.encrypt(&gcm(&mut iv), key, MESSAGE).expect("encrypted");
        assert_eq!(sealed.len(), MESSAGE.len() + 16);
        assert_eq!(session.decrypt(&gcm(&mut same), key, &sealed).expect("decrypted"), MESSAGE);
        sealed[0] ^= 1;
        assert!(session.decrypt(&gcm(&mut again), key, &sealed).is_err(), "it was altered");
    }
    drop(session);
    end(context);
}

fn hmac(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    for (length, mechanism) in
        [(32, Mechanism::Sha256Hmac), (48, Mechanism::Sha384Hmac), (64, Mechanism::Sha512Hmac)]
    {
        let key = secret(&session, &Mechanism::GenericSecretKeyGen, length);
        let mut mac = session.sign(&mechanism, key, MESSAGE).expect("a MAC");
        assert_eq!(mac.len() as CK_ULONG, length);
        session.verify(&mechanism, key, MESSAGE, &mac).expect("valid");
        mac[0] ^= 1;
        assert!(session.verify(&mechanism, key, MESSAGE, &mac).is_err(), "it was altered");
    }
    drop(session);
    end(context);
}

fn digests(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    for (kind, mechanism) in [
        (Digest::Sha1, Mechanism::Sha1),
        (Digest::Sha224, Mechanism::Sha224),
        (Digest::Sha256, Mechanism::Sha256),
        (Digest::Sha384, Mechanism::Sha384),
        (Digest::Sha512, Mechanism::Sha512),
    ] {
        let expected = digest(kind, MESSAGE);
        assert_eq!(session.digest(&mechanism, MESSAGE).expect("a digest"), expected);
        session.digest_init(&mechanism).expect("begin");
        for piece in MESSAGE.chunks(9) {
            session.digest_update(piece).expect("a piece");
        }
        assert_eq!(session.digest_final().expect("a digest"), expected);
    }
    drop(session);
    end(context);
}

fn random(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let draw = |length| session.generate_random_vec(length).expect("random bytes");
    assert_ne!(draw(32), draw(32));
    // More than the backend gives at once.
    assert_eq!(draw(100_000).len(), 100_000);
    drop(session);
    end(context);
}

#[allow(unsafe_code, reason = "C functions are called")]
fn buffers(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (_, private) = p256(&session, "buffers");
    session.sign_init(&Mechanism::Ecdsa, private).expect("begin");
    let sign = functions().C_Sign.expect("listed");
    let mut data = [1_u8; 32];
    let mut signature = [0_u8; 64];
    let mut call = |buffer: *mut u8, length: &mut CK_ULONG| {
        // SAFETY: the data and the buffer are as long as is said.
        unsafe { sign(session.handle(), data.as_mut_ptr(), 32, buffer, &raw mut *length) }
    };
    let mut length = 0;
    assert_eq!(call(ptr::null_mut(), &mut length), CKR_OK);
    assert_eq!(length, 64);
    length = 63;
    assert_eq!(call(signature.as_mut_ptr(), &mut length), CKR_BUFFER_TOO_SMALL);
    assert_eq!(length, 64);
    assert_eq!(call(signature.as_mut_ptr(), &mut length), CKR_OK);
    assert_eq!(call(signature.as_mut_ptr(), &mut length), CKR_OPERATION_NOT_INITIALIZED);
    drop(session);
    end(context);
}

fn active(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (_, private) = p256(&session, "active");
    session.sign_init(&Mechanism::EcdsaSha256, private).expect("begin");
    assert!(session.sign_init(&Mechanism::EcdsaSha256, private).is_err(), "one is active");
    // Other kinds of operations are not in the way.
    assert!(session.digest(&Mechanism::Sha256, MESSAGE).is_ok());
    session.sign_update(MESSAGE).expect("a piece");
    session.sign_final().expect("a signature");
    drop(session);
    end(context);
}

/// Most memory that the process had at once so far, KiB.
#[cfg(target_os = "linux")]
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("what the kernel says");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    peak.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Other systems have no such file, and the module no code of its own for them here.
#[cfg(not(target_os = "linux"))]
fn peak_memory() -> usize {
    0
}

fn gibibyte(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) = p256(&session, "gibibyte");
    let piece = vec![7; 1 << 20];
    let all = || std::iter::repeat_n(&piece, 1024);
    // What the first operation allocates for good is no part of it.
    session.sign(&Mechanism::EcdsaSha256, private, &piece).expect("a signature");
    let (before, asked) = (peak_memory(), backend.audit().len());

    session.digest_init(&Mechanism::Sha256).expect("begin");
    all().for_each(|piece| session.digest_update(piece).expect("a piece"));
    let hashed = session.digest_final().expect("a digest");
    session.sign_init(&Mechanism::EcdsaSha256, private).expect("begin");
    all().for_each(|piece| session.sign_update(piece).expect("a piece"));
    let signature = session.sign_final().expect("a signature");
    session.verify(&Mechanism::Ecdsa, public, &hashed, &signature).expect("of the same data");

    let grown = peak_memory() - before;
    assert!(grown < 4096, "{grown} KiB more than before");
    let asked = backend.audit().split_off(asked);
    let signed = asked.iter().filter(|entry| entry.action == "Sign").count();
    assert!(signed == 1 && asked.len() < 8, "the data stays here: {asked:?}");
    end(context);
}
