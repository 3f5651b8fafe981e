//! Who the server is to a vault.

use std::process::Command;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use supacrypt_core::{KeySpec, Reason};
use supacrypt_crypto::{PublicKey, generate};
use supacrypt_server::config::{AzureCredential, AzureSettings};
use supacrypt_server::custody::Custodian;

use crate::faults::{Answer, Fault};
use crate::standin::{CLIENT, Cloud, SECRET, TENANT};
use crate::{make, reason, signing, signs};

/// Where the process that has the identity of a machine finds its vault and what to trust.
const PLACE: &str = "SUPACRYPT_TEST_AZURE_PLACE";

#[tokio::test]
async fn an_application_has_a_secret() {
    let cloud = Cloud::start().await;
    signs(&make(&cloud.open(&cloud.first()).await, KeySpec::EcP256, "secret").await).await;

    let credential = AzureCredential::ClientSecret {
        tenant_id: TENANT.into(),
        client_id: CLIENT.into(),
        secret_file: cloud.secret_file(SECRET, 0o640),
    };
    let error = cloud.try_open(&AzureSettings { credential, ..cloud.first() }).await.err().unwrap();
    assert!(error.message().contains("chmod 600"), "{error}");

    // A secret that is wrong, or is revoked while the server runs, keeps no server from starting.
    let credential = cloud.client_secret("another");
    let custodian = cloud.open(&AzureSettings { credential, ..cloud.first() }).await;
    let error = custodian.check().await.unwrap_err();
    assert_eq!(error.reason(), Reason::CustodianDenied);
    assert!(error.message().contains("7000215"), "{error}");
    assert!(!error.message().contains("another"), "{error}");
}

#[tokio::test]
async fn an_application_has_a_certificate() {
    let cloud = Cloud::start().await;
    let (pem, key) = certificate();
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let Key { public, pkcs8 } = &key;
    let open = async |content: &str, mode| {
        let certificate_file = cloud.secret_file(content, mode);
        let (tenant_id, client_id) = (TENANT.into(), CLIENT.into());
        let credential =
            AzureCredential::ClientCertificate { tenant_id, client_id, certificate_file };
        cloud.try_open(&AzureSettings { credential, ..cloud.first() }).await
    };
    let whole = format!("{pem}{pkcs8}");
    // The directory does not know it yet.
    let custodian = open(&whole, 0o600).await.unwrap();
    assert_eq!(custodian.check().await.unwrap_err().reason(), Reason::CustodianDenied);
    cloud.directory.register(&der, public.clone());
    signs(&make(&custodian, KeySpec::EcP256, "certificate").await).await;

    let (other, _) = certificate();
    for (content, mode, said) in [
        (whole.clone(), 0o640, "chmod 600"),
        (pem.clone(), 0o600, "no private key"),
        (pkcs8.clone(), 0o600, "no certificate"),
        (format!("{other}{pkcs8}"), 0o600, "not that of the certificate"),
    ] {
        let error = open(&content, mode).await.err().unwrap();
        assert_eq!(error.reason(), Reason::Configuration);
        assert!(error.message().contains(said), "{error}");
    }
}

#[tokio::test]
async fn a_token_is_replaced_by_what_the_files_say_now() {
    let cloud = Cloud::start().await;
    let credential = cloud.client_secret(SECRET);
    let AzureCredential::ClientSecret { secret_file, .. } = &credential else { unreachable!() };
    let settings = AzureSettings { credential: credential.clone(), ..cloud.first() };
    let key = make(&cloud.open(&settings).await, KeySpec::EcP256, "revoked").await;
    // The application has another secret, and what the old one gave is good for nothing.
    cloud.directory.replace_secret("another");
    std::fs::write(secret_file, "another").unwrap();
    cloud.directory.revoke();
    cloud.entra.take_requests();
    signs(&key).await;
    signs(&key).await;
    assert_eq!(cloud.entra.take_requests().len(), 1);

    // The next one is too soon, whatever the file says.
    cloud.directory.revoke();
    let request = signing(KeySpec::EcP256);
    assert_eq!(reason(&key.handle, request).await, Reason::CustodianDenied);
    assert!(cloud.entra.take_requests().is_empty());
}

#[tokio::test]
async fn a_secret_that_was_wrong_is_read_again() {
    let cloud = Cloud::start().await;
    let credential = cloud.client_secret("expired");
    let AzureCredential::ClientSecret { secret_file, .. } = &credential else { unreachable!() };
    let settings = AzureSettings { credential: credential.clone(), ..cloud.first() };
    let custodian = cloud.open(&settings).await;
    std::fs::write(secret_file, SECRET).unwrap();
    assert_eq!(custodian.check().await.unwrap_err().reason(), Reason::CustodianDenied);
    // After a while in which what gives tokens is left alone.
    tokio::time::sleep(Duration::from_secs(10)).await;
    custodian.check().await.unwrap();
}

/// A key of an application.
struct Key {
    public: PublicKey,
    pkcs8: String,
}

/// A certificate of an application, PEM, and its key.
fn certificate() -> (String, Key) {
    let material = generate(KeySpec::Rsa2048).unwrap();
    let loaded = supacrypt_crypto::Key::load(KeySpec::Rsa2048, &material).unwrap();
    let der = PrivatePkcs8KeyDer::from(material.as_bytes());
    let signing = KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&signing).unwrap();
    let public = loaded.public_key().unwrap().clone();
    (certificate.pem(), Key { public, pkcs8: signing.serialize_pem() })
}

#[tokio::test]
async fn what_gives_tokens_may_be_away() {
    let cloud = Cloud::start().await;
    for (fault, reason) in [
        (Fault::Told(Answer::new(503, "{}")), Reason::CustodianUnavailable),
        (Fault::Reset, Reason::CustodianUnavailable),
        (Fault::Told(Answer::new(429, "{}").with("retry-after", "60")), Reason::CustodianThrottled),
    ] {
        cloud.entra.spoil(fault.clone());
        let custodian = cloud.open(&cloud.first()).await;
        let error = custodian.check().await.unwrap_err();
        assert_eq!(error.reason(), reason, "{fault:?}: {error}");
        cloud.entra.heal();
    }
}

#[tokio::test]
async fn a_service_account_has_a_token() {
    let cloud = Cloud::start().await;
    let credential = AzureCredential::WorkloadIdentity {
        tenant_id: Some(TENANT.into()),
        client_id: Some(CLIENT.into()),
        token_file: Some(cloud.secret_file("account", 0o600)),
    };
    cloud.open(&AzureSettings { credential, ..cloud.first() }).await.check().await.unwrap();
}

/// The environment says where a machine gets its tokens, and it is that of a process.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_has_an_identity() {
    if let Some(place) = std::env::var_os(PLACE) {
        return as_the_machine(place.to_str().unwrap()).await;
    }
    let cloud = Cloud::start().await;
    let settings = cloud.first();
    let place = format!("{} {}", settings.ca.unwrap().display(), settings.vaults[0]);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "credentials::a_machine_has_an_identity"])
        .env(PLACE, place)
        .env("IDENTITY_ENDPOINT", format!("{}/msi/token", cloud.entra.url()))
        .env("IDENTITY_HEADER", "machine");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(cloud.vaults[0].keys.names(), ["supacrypt-machine"]);
    assert_eq!(cloud.entra.take_requests().len(), 1);
}

async fn as_the_machine(place: &str) {
    let (ca, vault) = place.split_once(' ').unwrap();
    let cloud = Cloud::start().await;
    let settings = AzureSettings {
        vaults: vec![vault.into()],
        credential: AzureCredential::ManagedIdentity { client_id: None },
        ca: Some(ca.into()),
        authority: None,
        ..cloud.settings()
    };
    signs(&make(&cloud.open(&settings).await, KeySpec::EcP256, "machine").await).await;
}
