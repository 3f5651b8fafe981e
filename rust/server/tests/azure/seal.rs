//! Stores that a key of a vault seals.

use serde_json::json;
use supacrypt_core::{Error, Reason};
use supacrypt_crypto::envelope::EnvelopeKey;
use supacrypt_server::custody::{AzureCustodian, Custodian};
use supacrypt_server::seal::Seal;

use crate::faults::Fault;
use crate::standin::Cloud;

fn make(cloud: &Cloud, vault: usize, name: &str) -> String {
    let body = json!({"kty": "RSA", "key_size": 2048, "key_ops": ["unwrapKey"]});
    let bundle = cloud.vaults[vault].keys.operate("POST", &format!("/keys/{name}/create"), body);
    bundle["key"]["kid"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

async fn unavailable(seal: &dyn Seal, wrapped: &[u8]) -> Error {
    let error = seal.unwrap(wrapped).await.err().unwrap();
    assert_eq!(error.reason(), Reason::SealUnavailable, "{error}");
    error
}

#[tokio::test]
async fn the_version_that_wrapped_unwraps() {
    let cloud = Cloud::start().await;
    let custodian = cloud.open(&cloud.settings()).await;
    let (first, url) = (make(&cloud, 0, "seal"), cloud.vaults[0].https.url());
    let seal = custodian.seal("seal").await.unwrap();
    assert_eq!(seal.id(), "custodian:cloud/seal");
    let key = EnvelopeKey::generate().unwrap();
    let wrapped = seal.wrap(&key).await.unwrap();
    assert!(wrapped.starts_with(format!("\x01{url}/keys/seal/{first}\n").as_bytes()));

    // A newer version wraps from now on, and the older one unwraps what it wrapped.
    let second = make(&cloud, 0, "seal");
    assert_eq!(seal.unwrap(&wrapped).await.unwrap().as_bytes(), key.as_bytes());
    let again = seal.wrap(&key).await.unwrap();
    assert!(again.starts_with(format!("\x01{url}/keys/seal/{second}\n").as_bytes()));
    assert_eq!(seal.unwrap(&again).await.unwrap().as_bytes(), key.as_bytes());

    // By its URL it is the same key, under another name.
    let named = custodian.seal(&format!("{url}/keys/seal")).await.unwrap();
    assert_eq!(named.unwrap(&wrapped).await.unwrap().as_bytes(), key.as_bytes());

    // What has the same name in another vault is another key.
    make(&cloud, 1, "seal");
    let elsewhere = format!("{}/keys/seal", cloud.vaults[1].https.url());
    unavailable(&*custodian.seal(&elsewhere).await.unwrap(), &wrapped).await;

    // One that has expired encrypts no more there, and unwraps.
    let expired = json!({"attributes": {"exp": 1_700_000_000}});
    cloud.vaults[0].keys.operate("PATCH", &format!("/keys/seal/{second}"), expired);
    let started = custodian.seal("seal").await.unwrap();
    assert_eq!(started.unwrap(&again).await.unwrap().as_bytes(), key.as_bytes());
    started.wrap(&key).await.unwrap();

    // One that is disabled is passed over, and says so where it is needed.
    let disable = json!({"attributes": {"enabled": false}});
    cloud.vaults[0].keys.operate("PATCH", &format!("/keys/seal/{second}"), disable);
    assert!(seal.wrap(&key).await.unwrap().starts_with(&wrapped[..wrapped.len() - 256]));
    assert!(unavailable(&*seal, &again).await.message().contains("enable it"));
    cloud.vaults[0].https.spoil(Fault::Reset);
    unavailable(&*seal, &wrapped).await;
}

#[tokio::test]
async fn a_key_that_does_not_serve_is_refused() {
    async fn refused(custodian: &AzureCustodian, key: &str, said: &str) {
        let error = custodian.seal(key).await.err().unwrap();
        assert_eq!(error.reason(), Reason::Configuration, "{error}");
        assert_eq!(error.field(), Some("seal.key"));
        assert!(error.message().contains(said), "{error}");
    }
    let cloud = Cloud::start().await;
    let custodian = cloud.open(&cloud.settings()).await;
    let keys = &cloud.vaults[0].keys;
    keys.operate("POST", "/keys/ec/create", json!({"kty": "EC", "crv": "P-256"}));
    refused(&custodian, "ec", "is no RSA key").await;
    refused(&custodian, "absent", "/keys/absent").await;
    refused(&custodian, "https://other.vault.azure.net/keys/seal", "`vaults`").await;
    let version = make(&cloud, 0, "seal");
    let url = format!("{}/keys/seal/{version}", cloud.vaults[0].https.url());
    refused(&custodian, &url, "without a version").await;
    // One that may not unwrap: the server tries that before it relies on it.
    let body = json!({"kty": "RSA", "key_size": 2048, "key_ops": ["wrapKey"]});
    keys.operate("POST", "/keys/half/create", body);
    let seal = custodian.seal("half").await.unwrap();
    let wrapped = seal.wrap(&EnvelopeKey::generate().unwrap()).await.unwrap();
    let error = seal.unwrap(&wrapped).await.err().unwrap();
    assert_eq!(error.reason(), Reason::SealUnavailable);
    assert!(error.message().contains("operations"), "{error}");
}
