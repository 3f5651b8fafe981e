//! Keys that are brought, and whether they leave again.

use strum::IntoEnumIterator;
use supacrypt_core::{KeySpec, Reason};
use supacrypt_crypto::Key;
use supacrypt_server::custody::Custodian;

use super::key::{Made, material, new_context, wanted};
use super::kinds::{performs, purposes};
use super::{Place, is_remote};

pub(super) async fn all(custodian: &dyn Custodian, place: &Place<'_>) {
    let offered = custodian.capabilities();
    for spec in KeySpec::iter() {
        let usual = custodian.usual_usages(spec);
        let refused = async |material: &[u8]| {
            let context = new_context();
            let outcome = custodian.import(wanted(spec, usual), material, context.as_bytes()).await;
            outcome.err().unwrap_or_else(|| panic!("{spec} is taken in"))
        };
        let material = material(spec);
        if !offered.imports.contains(&spec) {
            let error = refused(material.as_bytes()).await;
            assert_eq!(error.reason(), Reason::AlgorithmNotSupported, "{spec}: {error}");
            continue;
        }
        let (usages, algorithms) = purposes(custodian, place, spec).remove(0);
        let key = Made::import(custodian, spec, usages, &material).await;
        assert_eq!(key.public.as_ref(), key.twin.as_ref().unwrap().public_key(), "{spec}");
        performs(&key, &algorithms).await;
        exported(&key).await;
        key.destroy().await;

        // As long as no key of the kind is, and a sound key of another kind.
        let calls = place.calls();
        let other = supacrypt_crypto::generate(match spec {
            KeySpec::EcP256 => KeySpec::EcP384,
            _ => KeySpec::EcP256,
        });
        let other = other.unwrap();
        let none: &[u8] = if spec.is_asymmetric() { other.as_bytes() } else { &[7; 1000] };
        for wrong in [b"", &material.as_bytes()[..1], none] {
            if spec.secret_lens().is_some_and(|lengths| lengths.contains(&wrong.len())) {
                continue;
            }
            let error = refused(wrong).await;
            assert_eq!(error.reason(), Reason::InvalidKeyMaterial, "{spec}: {error}");
        }
        assert_eq!(place.calls(), calls, "{spec}");
    }
}

/// What is elsewhere stays there; what is here is the key that was brought.
async fn exported(key: &Made<'_>) {
    let Made { custodian, spec, context, reference, twin, .. } = key;
    match custodian.export(*spec, reference, context.as_bytes()).await {
        Ok(material) => {
            assert!(!is_remote(*custodian), "{spec} leaves");
            let exported = Key::load(*spec, &material).unwrap();
            assert_eq!(exported.public_key(), twin.as_ref().unwrap().public_key());
            let context = new_context();
            let again = custodian.import(
                wanted(*spec, custodian.usual_usages(*spec)),
                material.as_bytes(),
                context.as_bytes(),
            );
            custodian.destroy(&again.await.unwrap().reference).await.unwrap();
        }
        Err(error) => {
            assert!(is_remote(*custodian), "{error}");
            assert_eq!(error.reason(), Reason::UsageNotPermitted, "{error}");
        }
    }
}
