//! The custodian alone, at vaults of this process: what is particular to vaults.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use supacrypt_core::{KeySpec, Reason};
use supacrypt_crypto::generate;
use supacrypt_server::config::AzureSettings;
use supacrypt_server::custody::{Custodian, Held, HeldState, Wanted};

use crate::standin::Cloud;
use crate::{make, reason, signing, signs};

#[tokio::test]
async fn a_signature_is_one_request_over_a_connection_that_is_there() {
    let cloud = Cloud::start().await;
    let custodian = cloud.open(&cloud.first()).await;
    let key = make(&custodian, KeySpec::EcP256, "counted").await;
    let https = &cloud.vaults[0].https;
    https.take_requests();
    for in_flight in [1, 16, 64] {
        for _ in 0..3 {
            join_all((0..in_flight).map(|_| signs(&key))).await;
        }
        let requests = https.take_requests();
        assert_eq!(requests.len(), 3 * in_flight);
        for request in requests {
            assert!(request.path().starts_with("/keys/supacrypt-counted/0"), "{}", request.path());
            assert!(request.path().ends_with("/sign"), "{}", request.path());
        }
    }
    // Eight calls are on their way at once. The client may begin a connection and then take one that came
    // free meanwhile, and keeps both.
    assert!(https.connections() <= 16, "{}", https.connections());
    assert_eq!(cloud.entra.take_requests().len(), 1, "one token for all");
}

#[tokio::test]
async fn keys_are_made_with_a_name_and_a_tag_and_of_the_kind_that_is_configured() {
    let cloud = Cloud::start().await;
    for (hsm, rsa, ec) in [(false, "RSA", "EC"), (true, "RSA-HSM", "EC-HSM")] {
        let custodian = cloud.open(&AzureSettings { hsm, ..cloud.first() }).await;
        for (spec, kind) in [(KeySpec::Rsa2048, rsa), (KeySpec::EcP384, ec)] {
            make(&custodian, spec, &format!("kind-{hsm}-{spec}")).await;
            let target = format!("/keys/supacrypt-kind-{hsm}-{spec}/");
            let bundle = cloud.vaults[0].keys.operate("GET", &target, json!({}));
            assert_eq!(bundle["key"]["kty"], kind);
            assert_eq!(bundle["tags"], json!({"supacrypt-store": "store"}));

            let material = generate(spec).unwrap();
            let id = format!("brought-{hsm}-{spec}");
            let brought = custodian.import(Wanted::usual(spec), material.as_bytes(), id.as_bytes());
            brought.await.unwrap();
            let target = format!("/keys/supacrypt-{id}/");
            let bundle = cloud.vaults[0].keys.operate("GET", &target, json!({}));
            assert_eq!(bundle["key"]["kty"], kind);
            assert_eq!(bundle["tags"], json!({"supacrypt-store": "store"}));
        }
    }
}

#[tokio::test]
async fn new_keys_are_spread_over_the_vaults_that_answer() {
    let cloud = Cloud::start().await;
    let custodian = cloud.open(&cloud.settings()).await;
    for index in 0..6 {
        make(&custodian, KeySpec::EcP256, &format!("spread-{index}")).await;
    }
    let [first, second] = &cloud.vaults;
    assert_eq!((first.keys.names().len(), second.keys.names().len()), (3, 3));
    assert_eq!(custodian.held().await.unwrap().len(), 6);
    let endpoints: Vec<_> = custodian.gates().iter().map(|gate| gate.status().endpoint).collect();
    assert_eq!(endpoints, [first.https.url(), second.https.url()]);

    // A key of a vault that is no longer configured waits for it.
    let one = cloud.open(&cloud.first()).await;
    let elsewhere = custodian.held().await.unwrap().pop().unwrap();
    let error = one.destroy(&elsewhere.reference).await.unwrap_err();
    assert_eq!(error.reason(), Reason::CustodianUnavailable);
    assert!(error.message().contains("`vaults`"), "{error}");
}

#[tokio::test]
async fn only_keys_of_this_store_are_held_however_many_there_are() {
    let cloud = Cloud::start().await;
    let custodian = cloud.open(&cloud.first()).await;
    let keys = &cloud.vaults[0].keys;
    for index in 0..60 {
        let (tag, name) = match index % 3 {
            0 => ("store", format!("supacrypt-{index}")),
            1 => ("another", format!("supacrypt-{index}")),
            _ => ("store", format!("other-{index}")),
        };
        let body = json!({"kty": "EC", "crv": "P-256", "tags": {"supacrypt-store": tag}});
        keys.operate("POST", &format!("/keys/{name}/create"), body);
    }
    cloud.vaults[0].https.take_requests();
    let held = custodian.held().await.unwrap();
    assert_eq!(held.len(), 20);
    assert_eq!(cloud.vaults[0].https.take_requests().len(), 3, "60 keys in pages of 25");
}

#[tokio::test]
async fn a_key_is_stored_with_its_version_and_held_as_a_whole() {
    let cloud = Cloud::start().await;
    let custodian = cloud.open(&cloud.first()).await;
    let spec = KeySpec::EcP256;
    let made = make(&custodian, spec, "whole").await;
    let url = str::from_utf8(&made.reference).unwrap().strip_prefix("\x01made ").unwrap();
    let (whole, _version) = url.rsplit_once('/').unwrap();
    let reference = format!("\x01made {whole}").into_bytes();
    assert_eq!(
        custodian.held().await.unwrap(),
        [Held { context: b"whole".into(), reference, state: HeldState::Whole }]
    );

    // It has rules in the store that another name for it would pass by.
    for name in [whole, url] {
        let error = custodian.adopt(name).await.err().unwrap();
        assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("source")));
    }
}

#[tokio::test]
async fn a_destroyed_key_is_purged_where_that_is_allowed() {
    let cloud = Cloud::start().await;
    let custodian = cloud.open(&cloud.first()).await;
    let keys = &cloud.vaults[0].keys;
    keys.delay_deletion(1);
    let key = make(&custodian, KeySpec::EcP256, "purged").await;
    custodian.destroy(&key.reference).await.unwrap();
    assert_eq!(keys.names(), [""; 0]);
    let purged = async {
        while !keys.deleted().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), purged).await.unwrap();

    // One that is protected stays in the bin, and is gone all the same.
    keys.protect(true);
    let key = make(&custodian, KeySpec::EcP256, "kept").await;
    cloud.vaults[0].https.take_requests();
    custodian.destroy(&key.reference).await.unwrap();
    custodian.destroy(&key.reference).await.unwrap();
    assert_eq!(reason(&key.handle, signing(KeySpec::EcP256)).await, Reason::KeyVersionDestroyed);
    assert_eq!(keys.deleted(), ["supacrypt-kept"]);
    let requests = cloud.vaults[0].https.take_requests();
    assert!(requests.iter().all(|request| !request.path().starts_with("/deletedkeys")));
}

#[tokio::test]
async fn keys_of_others_are_adopted_in_their_order() {
    let cloud = Cloud::start().await;
    let custodian = cloud.open(&cloud.settings()).await;
    let [first, second] = &cloud.vaults;
    let rsa = json!({"kty": "RSA", "key_size": 2048, "key_ops": ["sign"]});
    let kids: Vec<String> = (0..3)
        .map(|_| second.keys.operate("POST", "/keys/theirs/create", rsa.clone()))
        .map(|bundle| bundle["key"]["kid"].as_str().unwrap().to_owned())
        .collect();
    let version = |index: usize| kids[index].rsplit('/').next().unwrap().to_owned();
    let disable = json!({"attributes": {"enabled": false}});
    second.keys.operate("PATCH", &format!("/keys/theirs/{}", version(1)), disable);

    let url = format!("{}/keys/theirs", second.https.url());
    let adopted = custodian.adopt(&url).await.unwrap();
    assert_eq!(adopted.spec, KeySpec::Rsa2048);
    let expected =
        [0, 2].map(|index| format!("\x01followed {url}/{}", version(index)).into_bytes());
    assert_eq!(
        adopted.versions.iter().map(|each| each.reference.clone()).collect::<Vec<_>>(),
        expected
    );
    for version in &adopted.versions {
        let handle = custodian.open(adopted.spec, &version.reference, b"ours").await.unwrap();
        assert_eq!(crate::bytes(&handle, signing(KeySpec::Rsa2048)).await.len(), 256);
        // It was made to sign alone.
        let scheme = supacrypt_core::EncryptionScheme::RsaPkcs1;
        let request = supacrypt_server::custody::CryptoRequest::Decrypt {
            scheme,
            iv: &[],
            aad: &[],
            ciphertext: &[1; 256],
        };
        assert_eq!(reason(&handle, request).await, Reason::UsageNotPermitted);
    }

    let off = json!({"kty": "EC", "crv": "P-256"});
    let off = first.keys.operate("POST", "/keys/off/create", off);
    let (_, version) = off["key"]["kid"].as_str().unwrap().rsplit_once('/').unwrap();
    let disable = json!({"attributes": {"enabled": false}});
    first.keys.operate("PATCH", &format!("/keys/off/{version}"), disable);
    for source in ["off".to_owned(), format!("{}/keys/off/{version}", first.https.url())] {
        let error = custodian.adopt(&source).await.err().unwrap();
        assert_eq!((error.reason(), error.field()), (Reason::KeyVersionDisabled, Some("source")));
    }

    second.keys.operate("POST", "/keys/theirs/create", json!({"kty": "EC", "crv": "P-256"}));
    first.keys.operate("POST", "/keys/plain/create", json!({"kty": "EC", "crv": "P-521"}));
    assert_eq!(custodian.adopt("Plain").await.unwrap().spec, KeySpec::EcP521);
    for (key, reason, said) in [
        (url.as_str(), Reason::InvalidArgument, "different kinds"),
        ("https://other.vault.azure.net/keys/k", Reason::InvalidArgument, "`vaults`"),
        ("absent", Reason::KeyNotFound, "/keys/absent"),
        ("a/../b", Reason::InvalidArgument, "is no key of a vault"),
    ] {
        let error = custodian.adopt(key).await.err().unwrap();
        assert_eq!((error.reason(), error.field()), (reason, Some("source")), "{error}");
        assert!(error.message().contains(said), "{error}");
    }
}

#[tokio::test]
async fn settings_that_make_no_client_are_refused() {
    let cloud = Cloud::start().await;
    let refused = async |settings: AzureSettings, said: &str| {
        let error = cloud.try_open(&settings).await.err().unwrap();
        assert_eq!(error.reason(), Reason::Configuration, "{error}");
        assert_eq!(error.field(), Some("custodians.cloud"));
        assert!(error.message().contains(said), "{error}");
    };
    let ca = Some("/nonexistent/ca.pem".into());
    refused(AzureSettings { ca, ..cloud.settings() }, "/nonexistent/ca.pem").await;
    let ca = Some(cloud.secret_file("no certificate", 0o600));
    refused(AzureSettings { ca, ..cloud.settings() }, "has no certificate").await;
}
