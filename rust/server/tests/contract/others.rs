//! Keys that others made there: to use, and to seal a store by.

use supacrypt_core::{KeySpec, KeyUsages, Reason, SignatureScheme};
use supacrypt_crypto::PublicKey;
use supacrypt_crypto::envelope::EnvelopeKey;
use supacrypt_server::custody::{CryptoRequest, Custodian};

use super::Place;
use super::key::{bytes, new_context};
use super::life::leaves_nothing;

/// What no key is called.
const NOBODYS: &str = "nobodys";

pub(super) async fn adopted(custodian: &dyn Custodian, place: &Place<'_>) {
    let error = custodian.adopt(NOBODYS).await.err().unwrap();
    let Some(others) = &place.others else {
        assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("source")));
        return;
    };
    assert_eq!((error.reason(), error.field()), (Reason::KeyNotFound, Some("source")), "{error}");

    let found = custodian.adopt(others.pair).await.unwrap();
    assert_eq!((found.spec, found.versions.len()), (KeySpec::EcP256, 1));
    assert_eq!(found.usages, KeyUsages::SIGN | KeyUsages::VERIFY);
    let version = &found.versions[0];
    let public = PublicKey::from_spki_der(version.public_key.as_ref().unwrap()).unwrap();
    let signs = async || {
        let (scheme, context, input) = (SignatureScheme::Ecdsa, &[][..], &[7; 32]);
        let opened = custodian.open(found.spec, &version.reference, new_context().as_bytes()).await;
        let request = CryptoRequest::Sign { scheme, context, input };
        let signature = bytes(&*opened.unwrap(), request).await;
        assert!(public.verify(scheme, input, &signature).unwrap());
    };
    signs().await;
    // It is theirs, and nothing of the store's.
    leaves_nothing(custodian, place).await;
    let exported = custodian.export(found.spec, &version.reference, b"any").await;
    assert_eq!(exported.err().unwrap().reason(), Reason::UsageNotPermitted);
    custodian.set_enabled(&version.reference, false).await.unwrap();
    custodian.destroy(&version.reference).await.unwrap();
    signs().await;
}

pub(super) async fn seal(custodian: &dyn Custodian, place: &Place<'_>) {
    let refused = async |key: &str, field: &str| {
        let error = custodian.seal(key).await.err().unwrap();
        assert_eq!(error.reason(), Reason::Configuration, "{error}");
        assert_eq!(error.field(), Some(field), "{error}");
    };
    let Some(others) = &place.others else { return refused(NOBODYS, "seal.custodian").await };
    refused(NOBODYS, "seal.key").await;
    refused(others.pair, "seal.key").await;

    let [name, another] = others.seals;
    let (seal, other) =
        (custodian.seal(name).await.unwrap(), custodian.seal(another).await.unwrap());
    assert_eq!(seal.id(), format!("custodian:{}/{name}", custodian.name()));
    assert_ne!(seal.id(), other.id());
    let key = EnvelopeKey::generate().unwrap();
    let wrapped = seal.wrap(&key).await.unwrap();
    assert!(!wrapped.windows(key.as_bytes().len()).any(|window| window == key.as_bytes()));
    // The one that a later start has.
    let again = custodian.seal(name).await.unwrap();
    assert_eq!(again.unwrap(&wrapped).await.unwrap().as_bytes(), key.as_bytes());

    let mut altered = wrapped.clone();
    *altered.last_mut().unwrap() ^= 1;
    let newer = [&[99], &wrapped[1..]].concat();
    for (seal, wrong) in [
        (&seal, &altered[..]),
        (&seal, &newer),
        (&seal, &wrapped[..20]),
        (&seal, &wrapped[..1]),
        (&seal, b""),
        (&other, &wrapped),
    ] {
        let error = seal.unwrap(wrong).await.err().unwrap();
        assert_eq!(error.reason(), Reason::SealUnavailable, "{error}");
    }
}
