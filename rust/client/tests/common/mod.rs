//! What the tests of the client share.
#![allow(dead_code, reason = "each test file uses its part of this")]

use supacrypt_client::{Client, Key, NewKey};
use supacrypt_core::{KeyAttributes, KeySpec, KeyUsages, SignatureScheme};

/// A new key pair on P-256, for everything it can be used for.
pub(crate) fn p256(label: &str) -> NewKey {
    NewKey {
        id: None,
        label: label.into(),
        object_id: Vec::new(),
        spec: KeySpec::EcP256,
        usages: KeyUsages::empty(),
        secret_length: None,
        attributes: KeyAttributes::default(),
    }
}

/// Signs a digest that begins with `round`, and verifies the signature.
pub(crate) fn sign_and_verify(client: &Client, key: &Key, round: usize) {
    let mut digest = [0x5a; 32];
    digest[..8].copy_from_slice(&round.to_be_bytes());
    let signature = client.sign(&key.version, SignatureScheme::Ecdsa, &digest).expect("signed");
    let public = key.public_key.as_ref().expect("a key pair has one");
    assert!(public.verify(SignatureScheme::Ecdsa, &digest, &signature).expect("ECDSA on P-256"));
}
