//! From the making of a key to its end.

use futures_util::future::join_all;
use supacrypt_core::{Algorithm, KeySpec, Reason, SignatureScheme};
use supacrypt_server::custody::Custodian;

use super::example::Example;
use super::key::{Made, bytes};
use super::{Place, is_remote};

const SPEC: KeySpec = KeySpec::EcP256;
const ECDSA: Algorithm = Algorithm::Signature(SignatureScheme::Ecdsa);

async fn make(custodian: &dyn Custodian) -> Made<'_> {
    Made::generate(custodian, SPEC, custodian.usual_usages(SPEC)).await
}

/// The contexts of all that is held, in their order.
async fn held(custodian: &dyn Custodian) -> Vec<String> {
    let held = custodian.held().await.unwrap().into_iter();
    let mut contexts: Vec<_> = held.map(|held| String::from_utf8(held.context).unwrap()).collect();
    contexts.sort();
    contexts
}

pub(super) async fn leaves_nothing(custodian: &dyn Custodian, place: &Place<'_>) {
    place.shows(Vec::new(), async || held(custodian).await).await;
}

/// What was made and not destroyed is held: nothing, where the reference is the material.
pub(super) async fn holds(custodian: &dyn Custodian, place: &Place<'_>) {
    leaves_nothing(custodian, place).await;
    let (one, other) = (make(custodian).await, make(custodian).await);
    let mut contexts = vec![one.context.clone(), other.context.clone()];
    contexts.sort();
    if !is_remote(custodian) {
        contexts.clear();
    }
    place.shows(contexts, async || held(custodian).await).await;
    one.destroy().await;
    if !is_remote(custodian) {
        return;
    }
    place.shows(vec![other.context.clone()], async || held(custodian).await).await;
    // By what it is held as, as one that the store does not know.
    let held = custodian.held().await.unwrap().remove(0);
    custodian.destroy(&held.reference).await.unwrap();
    leaves_nothing(custodian, place).await;
}

pub(super) async fn lives(custodian: &dyn Custodian, place: &Place<'_>) {
    let key = make(custodian).await;
    opens_as_what_it_is(&key).await;
    let example = Example::of(ECDSA, SPEC);
    let outcome = async || {
        let outcome = key.handle.perform(example.request()).await;
        outcome.err().map(|error| error.reason())
    };
    custodian.set_enabled(&key.reference, false).await.unwrap();
    let disabled = place.disables.then_some(Reason::KeyVersionDisabled);
    place.shows(disabled, outcome).await;
    custodian.set_enabled(&key.reference, true).await.unwrap();
    place.shows(None, outcome).await;

    let (reference, context) = (&key.reference, key.context.as_bytes());
    custodian.destroy(reference).await.unwrap();
    custodian.destroy(reference).await.unwrap();
    if is_remote(custodian) {
        place.shows(Some(Reason::KeyVersionDestroyed), outcome).await;
        let opened = async || custodian.open(SPEC, reference, context).await.err();
        let opened = async || opened().await.map(|error| error.reason());
        place.shows(Some(Reason::KeyVersionDestroyed), opened).await;
        custodian.destroy(reference).await.unwrap();
    }
}

/// A key is opened as the version and the kind that it is, and by a reference that is understood.
async fn opens_as_what_it_is(key: &Made<'_>) {
    let Made { custodian, context, reference, .. } = key;
    let altered = match is_remote(*custodian) {
        true => Reason::CustodianUnavailable,
        false => Reason::SealUnavailable,
    };
    let refused = async |spec: KeySpec, reference: &[u8], context: &str| {
        let opened = custodian.open(spec, reference, context.as_bytes()).await;
        let error = opened.err().unwrap_or_else(|| panic!("{spec} {reference:?} {context}"));
        assert_eq!(error.reason(), altered, "{spec} {reference:?} {context}: {error}");
    };
    refused(SPEC, reference, "another").await;
    for spec in [KeySpec::EcP384, KeySpec::EcSecp256k1, KeySpec::Rsa2048] {
        refused(spec, reference, context).await;
    }
    let newer = [&[99], &reference[1..]].concat();
    for unknown in [&newer[..], &reference[..1], b""] {
        refused(SPEC, unknown, context).await;
        let destroyed = custodian.destroy(unknown).await;
        let reason = destroyed.err().map(|error| error.reason());
        assert_eq!(reason, is_remote(*custodian).then_some(altered), "{unknown:?}");
    }
    custodian.open(SPEC, reference, context.as_bytes()).await.unwrap();
}

/// More is asked than the custodian does at once.
pub(super) async fn busy(custodian: &dyn Custodian) {
    let key = make(custodian).await;
    let example = Example::of(ECDSA, SPEC);
    let all = (0..64).map(|_| bytes(&*key.handle, example.request()));
    for signature in join_all(all).await {
        assert_eq!(signature.len(), 64);
    }
    key.destroy().await;
}
