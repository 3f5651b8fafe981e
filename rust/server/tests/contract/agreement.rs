//! Secrets that two parties have, or that are derived of one.

use supacrypt_core::{
    DerivationInput, DerivationScheme, HkdfSteps, Kdf, KemScheme, KeyClass, Reason,
};
use supacrypt_crypto::{Key, PublicComponents, PublicKey, generate};
use supacrypt_server::custody::CryptoRequest;

use super::example::derived;
use super::key::Made;

pub(super) async fn decapsulated(key: &Made<'_>, scheme: KemScheme) {
    let (ciphertext, secret) = key.public().encapsulate().unwrap();
    let request = CryptoRequest::Decapsulate { scheme, ciphertext: &ciphertext };
    assert_eq!(key.bytes(request).await, *secret, "{} {scheme}", key.spec);
    let request = CryptoRequest::Decapsulate { scheme, ciphertext: &ciphertext[1..] };
    assert_eq!(key.refused(request).await.reason(), Reason::InputLength);
}

pub(super) async fn derives(key: &Made<'_>, scheme: DerivationScheme) {
    match scheme {
        DerivationScheme::Ecdh { kdf } => agrees(key, scheme, kdf).await,
        DerivationScheme::Hkdf { steps, .. } => expands(key, scheme, steps).await,
        _ => panic!("{scheme} has no case"),
    }
}

/// Both sides come to the same secret.
async fn agrees(key: &Made<'_>, scheme: DerivationScheme, kdf: Kdf) {
    let spec = key.spec;
    let peer = Key::load(spec, &generate(spec).unwrap()).unwrap();
    let (ours, theirs) = (point(key.public()), point(peer.public_key().unwrap()));
    let compressed = match spec.class() {
        KeyClass::Ec => [&[2 + (theirs[theirs.len() - 1] & 1)], &theirs[1..=spec.bytes()]].concat(),
        _ => theirs.clone(),
    };
    let off = [&[4], &vec![5; 2 * spec.bytes()][..]].concat();
    let info: &[u8] = if kdf == Kdf::None { b"" } else { b"a purpose" };
    let length = derived(scheme, spec);
    let input = |peer| DerivationInput { peer, info, length, ..Default::default() };
    let derive = |peer| CryptoRequest::Derive { scheme, input: input(peer) };
    let expected = peer.derive(scheme, &input(&ours)).unwrap();
    for peer in [&theirs, &compressed] {
        assert_eq!(key.bytes(derive(peer)).await, *expected, "{spec} {scheme}");
    }
    for wrong in [&off, &theirs[1..]] {
        let error = key.refused(derive(wrong)).await;
        assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("peer")));
    }
}

async fn expands(key: &Made<'_>, scheme: DerivationScheme, steps: HkdfSteps) {
    let salt: &[u8] = if steps == HkdfSteps::Expand { b"" } else { b"salt" };
    let info: &[u8] = if steps == HkdfSteps::Extract { b"" } else { b"a purpose" };
    let length = derived(scheme, key.spec);
    let input = DerivationInput { peer: &[], salt, info, length };
    let secret = key.bytes(CryptoRequest::Derive { scheme, input }).await;
    assert_eq!(secret.len(), length);
    if let Some(twin) = &key.twin {
        assert_eq!(secret, *twin.derive(scheme, &input).unwrap(), "{scheme}");
    }
    let input = DerivationInput { length: 0, ..input };
    let error = key.refused(CryptoRequest::Derive { scheme, input }).await;
    assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("length")));
}

fn point(key: &PublicKey) -> Vec<u8> {
    match key.components() {
        PublicComponents::Ec { point } => point,
        PublicComponents::X25519 { key } => key.to_vec(),
        other => panic!("{other:?}"),
    }
}
