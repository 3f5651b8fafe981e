//! Public keys in `SubjectPublicKeyInfo`: one that is accepted has one encoding, and works.
#![no_main]

use libfuzzer_sys::fuzz_target;
use supacrypt_core::{Digest, EncryptionScheme, KeyClass, SignatureScheme};
use supacrypt_crypto::PublicKey;

fuzz_target!(|der: &[u8]| {
    let Ok(key) = PublicKey::from_spki_der(der) else { return };
    let again = PublicKey::from_spki_der(key.spki_der()).expect("its own encoding is accepted");
    assert_eq!(again.spki_der(), key.spki_der());
    assert_eq!(again.components(), key.components());

    let (scheme, input) = match key.spec().class() {
        KeyClass::Rsa => (SignatureScheme::RsaPkcs1 { digest: Digest::Sha256 }, &[1; 32][..]),
        KeyClass::Ec => (SignatureScheme::Ecdsa, &[1; 32][..]),
        KeyClass::MlDsa => (SignatureScheme::MlDsa, &[1; 32][..]),
        _ => (SignatureScheme::Ed25519, &[1; 32][..]),
    };
    assert_eq!(key.encapsulate().is_ok(), key.spec().class() == KeyClass::MlKem);
    // The fuzzer does not find a signature by trying.
    assert!(!key.verify(scheme, input, der).unwrap_or(false));
    let oaep = EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha256 };
    let _ = key.encrypt(oaep, input, &[]);
});
