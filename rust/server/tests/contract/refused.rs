//! What a key does not do.

use supacrypt_core::{Algorithm, AlgorithmSet, Reason};
use supacrypt_server::custody::Weight;

use super::example::Example;
use super::key::Made;
use super::{Place, encryption, is_remote, macs, signatures};

/// What does not fit the key is refused before anything is asked.
pub(super) async fn unfit(key: &Made<'_>, place: &Place<'_>, algorithms: &[Algorithm]) {
    let calls = place.calls();
    for algorithm in algorithms {
        match *algorithm {
            Algorithm::Signature(scheme) => signatures::refused(key, scheme).await,
            Algorithm::Encryption(scheme) => encryption::refused(key, scheme).await,
            Algorithm::Mac(scheme) => macs::refused(key, scheme).await,
            // Beside the cases that succeed.
            Algorithm::Kem(_) | Algorithm::Derivation(_) => {}
        }
    }
    for algorithm in AlgorithmSet::ALL.iter().filter(|each| !each.works_with(key.spec)) {
        let example = Example::of(algorithm, key.spec);
        for request in [Some(example.request()), example.reverse()].into_iter().flatten() {
            let error = key.refused(request).await;
            let (reason, operation) = (error.reason(), request.operation());
            assert_eq!(reason, Reason::AlgorithmMismatch, "{operation} {algorithm}: {error}");
        }
    }
    assert_eq!(place.calls(), calls, "{}", key.spec);
}

/// What the custodian does not offer.
pub(super) async fn not_offered(key: &Made<'_>) {
    let offered = key.custodian.capabilities().algorithms;
    for algorithm in AlgorithmSet::of(key.spec).iter().filter(|each| !offered.contains(*each)) {
        let error = key.refused(Example::of(algorithm, key.spec).request()).await;
        let (reason, spec) = (error.reason(), key.spec);
        assert_eq!(reason, Reason::AlgorithmNotSupported, "{spec} {algorithm}: {error}");
    }
}

/// Who does not wait for what is done elsewhere gets nothing.
pub(super) fn unawaited(key: &Made<'_>, algorithm: Algorithm) {
    let example = Example::of(algorithm, key.spec);
    let request = example.request();
    let remote = key.handle.weight(request.operation()) == Weight::Remote;
    assert_eq!(remote, is_remote(key.custodian), "{} {algorithm}", key.spec);
    if remote {
        let error = key.handle.compute(&request).err().unwrap();
        assert_eq!(error.reason(), Reason::Internal, "{} {algorithm}", key.spec);
    }
}
