//! What goes wrong at a vault, and what is said of it.

use std::time::Duration;

use supacrypt_core::{Error, KeySpec, Reason};
use supacrypt_server::config::AzureSettings;
use supacrypt_server::custody::{Custodian, Held, Wanted};

use crate::faults::{Answer, Fault};
use crate::standin::{Cloud, refused};
use crate::{make, signing, signs};

/// What comes of a signature while this goes wrong, and how many requests were sent.
async fn signing_with(cloud: &Cloud, settings: &AzureSettings, fault: Fault) -> (Error, usize) {
    // Each has a gate of its own: one that has given up would say so.
    let custodian = cloud.open(settings).await;
    let vault = &cloud.vaults[0];
    let id = format!("faulty-{}", vault.keys.names().len());
    let key = make(&custodian, KeySpec::EcP256, &id).await;
    vault.https.take_requests();
    vault.https.spoil(fault);
    let error = key.handle.perform(signing(KeySpec::EcP256)).await.err().unwrap();
    vault.https.heal();
    let requests = vault.https.take_requests().len();
    signs(&key).await;
    assert!(error.message().contains("the custodian cloud (https://localhost:"), "{error}");
    (error, requests)
}

fn told(status: u16, code: &str) -> Fault {
    Fault::Told(refused(status, "Outer", code))
}

#[tokio::test]
async fn each_fault_has_its_reason() {
    let cloud = Cloud::start().await;
    let other = r#"{"kid":"https://localhost/keys/other/1","value":"AAAA"}"#;
    let later = |status| Fault::Told(Answer::new(status, "").with("retry-after", "60"));
    for (fault, reason, said, requests) in [
        (later(429), Reason::CustodianThrottled, "quota", 1),
        (told(429, "Throttled"), Reason::CustodianThrottled, "429, Throttled", 4),
        (told(403, "ForbiddenByRbac"), Reason::CustodianDenied, "role", 1),
        (told(403, "ForbiddenByFirewall"), Reason::CustodianDenied, "network", 1),
        (told(403, "KeyDisabled"), Reason::KeyVersionDisabled, "enable", 1),
        (told(403, "KeyExpired"), Reason::KeyVersionDisabled, "dates", 1),
        (told(403, "KeyOperationForbidden"), Reason::UsageNotPermitted, "operations", 1),
        (told(404, ""), Reason::KeyVersionDestroyed, "recover", 1),
        (told(400, ""), Reason::AlgorithmNotSupported, "does not offer", 1),
        (told(401, ""), Reason::CustodianDenied, "revoked", 1),
        (told(500, ""), Reason::CustodianUnavailable, "fault", 4),
        (later(503), Reason::CustodianUnavailable, "fault", 1),
        (Fault::Reset, Reason::CustodianUnavailable, "broke off", 4),
        (Fault::Half, Reason::CustodianUnavailable, "broke off", 4),
        (Fault::Told(Answer::new(200, "<html>")), Reason::CustodianUnavailable, "none", 4),
        (Fault::Told(Answer::new(200, "{}")), Reason::CustodianUnavailable, "not of the key", 1),
        (Fault::Told(Answer::new(200, other)), Reason::CustodianUnavailable, "not of the key", 1),
    ] {
        let (error, sent) = signing_with(&cloud, &cloud.first(), fault.clone()).await;
        assert_eq!(error.reason(), reason, "{fault:?}: {error}");
        assert!(error.message().contains(said), "{fault:?}: {error}");
        assert_eq!(sent, requests, "{fault:?}");
    }
    // A vault that wants another token is asked once more, with a new one; and then no more.
    let challenge = "Bearer authorization=\"https://a\", resource=\"https://vault.azure.net\"";
    let answer = refused(401, "Unauthorized", "").with("WWW-Authenticate", challenge);
    let (error, sent) = signing_with(&cloud, &cloud.first(), Fault::Told(answer)).await;
    assert_eq!((error.reason(), sent), (Reason::CustodianDenied, 2), "{error}");
}

#[tokio::test]
async fn a_vault_that_hangs_is_not_waited_for() {
    let cloud = Cloud::start().await;
    let settings = AzureSettings { timeout: Duration::from_secs(2), ..cloud.first() };
    let (error, sent) = signing_with(&cloud, &settings, Fault::Hang).await;
    assert_eq!((error.reason(), sent), (Reason::DeadlineExceeded, 1), "{error}");
}

#[tokio::test]
async fn a_vault_that_is_not_there_keeps_no_server_from_starting() {
    let cloud = Cloud::start().await;
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let vaults = vec![format!("https://localhost:{}", nowhere.port()), cloud.vaults[0].https.url()];
    let custodian = cloud.open(&AzureSettings { vaults, ..cloud.settings() }).await;
    let error = custodian.generate(Wanted::usual(KeySpec::EcP256), b"nowhere").await.err().unwrap();
    assert_eq!(error.reason(), Reason::CustodianUnavailable);
    assert!(error.message().contains("cannot be reached"), "{error}");
    // Its gate has given up on it: new keys go where there is an answer.
    assert!(custodian.gates()[0].status().open);
    for index in 0..4 {
        make(&custodian, KeySpec::EcP256, &format!("there-{index}")).await;
    }
    assert_eq!(cloud.vaults[0].keys.names().len(), 4);
}

#[tokio::test]
async fn a_vault_of_another_authority_is_told_nothing() {
    let (cloud, other) = (Cloud::start().await, Cloud::start().await);
    let vaults = vec![other.vaults[0].https.url()];
    let custodian = cloud.open(&AzureSettings { vaults, ..cloud.settings() }).await;
    let error = custodian.generate(Wanted::usual(KeySpec::EcP256), b"told").await.err().unwrap();
    assert_eq!(error.reason(), Reason::CustodianUnavailable, "{error}");
    assert!(error.message().contains("certificate"), "{error}");
    assert_eq!(other.vaults[0].https.take_requests().len(), 0);
}

/// Making is done once, whatever comes of it, and what it left behind is found.
#[tokio::test]
async fn a_key_whose_answer_is_lost_is_held() {
    let cloud = Cloud::start().await;
    let custodian = cloud.open(&cloud.first()).await;
    let https = &cloud.vaults[0].https;
    let material = supacrypt_crypto::generate(KeySpec::EcP256).unwrap();
    https.take_requests();
    let spec = KeySpec::EcP256;
    for fault in [Fault::Lost, Fault::Half] {
        https.spoil(fault.clone());
        let made = custodian.generate(Wanted::usual(spec), b"made").await.err().unwrap();
        let brought = custodian
            .import(Wanted::usual(spec), material.as_bytes(), b"brought")
            .await
            .err()
            .unwrap();
        https.heal();
        for error in [made, brought] {
            assert_eq!(error.reason(), Reason::CustodianUnavailable, "{fault:?}: {error}");
        }
        assert_eq!(https.take_requests().len(), 2, "{fault:?}");
        let held = custodian.held().await.unwrap();
        let contexts: Vec<_> = held.iter().map(|held| held.context.as_slice()).collect();
        assert_eq!(contexts, [&b"brought"[..], b"made"], "{fault:?}");
        for Held { reference, .. } in held {
            custodian.destroy(&reference).await.unwrap();
        }
        assert!(custodian.held().await.unwrap().is_empty());
        https.take_requests();
        let gone = async {
            while !cloud.vaults[0].keys.deleted().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
        https.take_requests();
    }
}

/// Whoever does not wait for a key leaves one that is found.
#[tokio::test]
async fn a_key_that_nobody_waits_for_is_held() {
    let cloud = Cloud::start().await;
    let custodian = cloud.open(&cloud.first()).await;
    let https = &cloud.vaults[0].https;
    https.take_requests();
    let waiting = custodian.generate(Wanted::usual(KeySpec::Rsa2048), b"abandoned");
    let asked = async {
        while https.take_requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        // The stand-in makes the key in the same task that notes the request, so that it may be done.
        made = waiting => drop(made.unwrap()),
        () = asked => {}
    }
    assert_eq!(custodian.held().await.unwrap()[0].context, b"abandoned");
}
