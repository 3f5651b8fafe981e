//! Every kind of keys, with every algorithm.

use strum::IntoEnumIterator;
use supacrypt_core::{Algorithm, KeySpec, KeyUsages, Reason};
use supacrypt_server::custody::Custodian;

use super::key::{Made, new_context, wanted};
use super::{Place, agreement, encryption, macs, refused, signatures};

pub(super) async fn all(custodian: &dyn Custodian, place: &Place<'_>) {
    let offered = custodian.capabilities();
    for spec in KeySpec::iter() {
        if !offered.generates.contains(&spec) {
            let wanted = wanted(spec, custodian.usual_usages(spec));
            let refused = custodian.generate(wanted, new_context().as_bytes()).await;
            let error = refused.err().unwrap_or_else(|| panic!("{spec} is made"));
            assert_eq!(error.reason(), Reason::AlgorithmNotSupported, "{spec}: {error}");
            continue;
        }
        for (usages, algorithms) in purposes(custodian, place, spec) {
            let key = Made::generate(custodian, spec, usages).await;
            performs(&key, &algorithms).await;
            refused::unfit(&key, place, &algorithms).await;
            if usages == custodian.usual_usages(spec) {
                refused::not_offered(&key).await;
            }
            key.destroy().await;
        }
    }
}

/// What keys of a kind are made for, and what they are used by then: what is usual, and what is left.
pub(super) fn purposes(
    custodian: &dyn Custodian,
    place: &Place<'_>,
    spec: KeySpec,
) -> Vec<(KeyUsages, Vec<Algorithm>)> {
    let mut left = place.algorithms(custodian.capabilities(), spec);
    let mut purposes = Vec::new();
    let mut usages = custodian.usual_usages(spec);
    loop {
        let (those, others): (Vec<_>, _) =
            left.iter().partition(|algorithm| usages.contains(usage(**algorithm)));
        purposes.push((usages, those));
        left = others;
        match left.first() {
            Some(next) => usages = usage(*next),
            None => return purposes,
        }
    }
}

/// What the private or secret half is used for.
fn usage(algorithm: Algorithm) -> KeyUsages {
    match algorithm {
        Algorithm::Signature(_) | Algorithm::Mac(_) => KeyUsages::SIGN,
        Algorithm::Encryption(_) => KeyUsages::DECRYPT,
        Algorithm::Kem(_) => KeyUsages::DECAPSULATE,
        Algorithm::Derivation(_) => KeyUsages::DERIVE,
    }
}

/// The key does what these algorithms say.
pub(super) async fn performs(key: &Made<'_>, algorithms: &[Algorithm]) {
    assert!(!algorithms.is_empty(), "{} is of no use", key.spec);
    for algorithm in algorithms {
        refused::unawaited(key, *algorithm);
        match *algorithm {
            Algorithm::Signature(scheme) => signatures::made(key, scheme).await,
            Algorithm::Encryption(scheme) => {
                encryption::undone(key, scheme).await;
                encryption::labelled(key, scheme).await;
            }
            Algorithm::Mac(scheme) => macs::made(key, scheme).await,
            Algorithm::Kem(scheme) => agreement::decapsulated(key, scheme).await,
            Algorithm::Derivation(scheme) => agreement::derives(key, scheme).await,
        }
    }
}
