//! What the server makes of a KMS that does not do what it is asked.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use supacrypt_core::{
    Digest, EncryptionScheme, Error, KeySpec, MacScheme, Reason, SignatureScheme,
};
use supacrypt_crypto::{Key, generate};
use supacrypt_server::config::AwsSettings;
use supacrypt_server::custody::{AwsCustodian, CryptoRequest, Custodian, KeyHandle, Wanted};
use supacrypt_server::telemetry::Metrics;

use crate::done;
use crate::keys::refused;
use crate::place::open;
use crate::wire::{ARN, Answer, Kms, STORE};

const SPEC: KeySpec = KeySpec::HmacSha256;
const MAC: CryptoRequest<'_> =
    CryptoRequest::MacSign { scheme: MacScheme::hmac(Digest::Sha256), input: b"a message" };

pub(crate) async fn all() {
    refusals().await;
    done("each_refusal_has_its_reason_and_says_what_to_do");
    unanswered().await;
    done("an_answer_that_is_none_is_not_believed");
    repeated().await;
    done("what_may_help_is_repeated_and_what_lasts_is_not");
    too_slow().await;
    done("a_call_that_takes_too_long_is_given_up");
    unreachable().await;
    done("who_cannot_be_reached_or_trusted_is_unavailable");
    no_oracle().await;
    done("failures_to_decrypt_look_the_same");
}

async fn handle(custodian: &AwsCustodian) -> Arc<dyn KeyHandle> {
    let reference = [b"\x01adopted ", ARN.as_bytes()].concat();
    custodian.open(SPEC, &reference, b"context").await.unwrap()
}

/// What comes of a MAC when KMS answers so, and how often it was asked for it.
async fn outcome(answer: impl Fn() -> Answer + Send + Sync + 'static) -> (Error, usize) {
    let kms = Kms::always(answer).await;
    let error = refused(&handle(&kms.open().await).await, MAC).await;
    (error, kms.requests().len())
}

async fn refusals() {
    for (status, code, text, reason, said) in [
        (400, "ThrottlingException", "", Reason::CustodianThrottled, "quotas"),
        (400, "LimitExceededException", "", Reason::CustodianDenied, "quotas"),
        (400, "AccessDeniedException", "User: x", Reason::CustodianDenied, "policies"),
        (400, "ExpiredTokenException", "", Reason::CustodianDenied, "expired"),
        (403, "UnrecognizedClientException", "", Reason::CustodianDenied, "credentials"),
        (400, "InvalidSignatureException", "", Reason::CustodianDenied, "credentials"),
        (403, "SomethingNew", "", Reason::CustodianDenied, "policies"),
        (400, "NotFoundException", "", Reason::KeyVersionDestroyed, "any more"),
        (
            400,
            "KMSInvalidStateException",
            "k is pending deletion.",
            Reason::KeyVersionDestroyed,
            "cancel",
        ),
        (
            400,
            "KMSInvalidStateException",
            "k is pending import.",
            Reason::KeyVersionDisabled,
            "state",
        ),
        (400, "DisabledException", "", Reason::KeyVersionDisabled, "enable"),
        (400, "InvalidKeyUsageException", "", Reason::UsageNotPermitted, "purpose"),
        (400, "ValidationException", "", Reason::AlgorithmNotSupported, "another algorithm"),
        (400, "SomethingNew", "", Reason::AlgorithmNotSupported, "another algorithm"),
        (500, "KMSInternalException", "", Reason::CustodianUnavailable, "later"),
        (500, "KeyUnavailableException", "", Reason::CustodianUnavailable, "later"),
        (503, "SomethingNew", "", Reason::CustodianUnavailable, "later"),
    ] {
        let (error, asked) = outcome(move || Answer::Refused(status, code, text)).await;
        assert_eq!(error.reason(), reason, "{code}: {error}");
        assert!(error.message().starts_with("the custodian kms "), "{error}");
        assert!(error.message().contains(said), "{error}");
        assert!(error.message().ends_with(&format!("({code})")), "{error}");
        // Accounts and roles are no business of clients.
        assert!(text.is_empty() || !error.message().contains(text), "{error}");
        let passes = matches!(reason, Reason::CustodianUnavailable | Reason::CustodianThrottled);
        assert_eq!(asked > 1, passes, "{code}: {asked}");
    }
}

async fn unanswered() {
    type Told = fn() -> Answer;
    let told: [(Told, Reason); 7] = [
        (|| Answer::Half, Reason::CustodianUnavailable),
        (|| Answer::Nothing, Reason::CustodianUnavailable),
        (|| Answer::Other(200), Reason::CustodianUnavailable),
        (|| Answer::Other(503), Reason::CustodianUnavailable),
        (|| Answer::Other(403), Reason::CustodianDenied),
        (|| Answer::Other(429), Reason::CustodianThrottled),
        (|| Answer::ok(json!({ "Mac": "c2hvcnQ=" })), Reason::CustodianUnavailable),
    ];
    for (number, (answer, reason)) in told.into_iter().enumerate() {
        let (error, _) = outcome(answer).await;
        assert_eq!(error.reason(), reason, "{number}: {error}");
        assert!(error.message().contains("the custodian kms "), "{error}");
    }
    // A key of another kind, a signature that is none.
    let key = Key::load(KeySpec::EcP256, &generate(KeySpec::EcP256).unwrap()).unwrap();
    let spki = {
        use base64::Engine;
        let der = key.public_key().unwrap().spki_der();
        base64::engine::general_purpose::STANDARD.encode(der)
    };
    let kms = Kms::start(move |request, _| match request.action.as_str() {
        "GetPublicKey" => Answer::ok(json!({ "PublicKey": spki })),
        _ => Answer::ok(json!({ "Signature": "c2hvcnQ=" })),
    })
    .await;
    let (custodian, reference) = (kms.open().await, [b"\x01adopted ", ARN.as_bytes()].concat());
    let error = custodian.open(KeySpec::EcP384, &reference, b"context").await.err().unwrap();
    assert_eq!(error.reason(), Reason::CustodianUnavailable);
    let handle = custodian.open(KeySpec::EcP256, &reference, b"context").await.unwrap();
    let scheme = SignatureScheme::Ecdsa;
    let sign = CryptoRequest::Sign { scheme, context: &[], input: &[7; 32] };
    assert_eq!(refused(&handle, sign).await.reason(), Reason::CustodianUnavailable);
}

async fn repeated() {
    let mac = || Answer::ok(json!({ "Mac": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" }));
    let kms = Kms::start(move |_, before| match before {
        0 => Answer::Refused(500, "KMSInternalException", ""),
        1 => Answer::Nothing,
        2 => Answer::Later(400, "ThrottlingException", 0),
        _ => mac(),
    })
    .await;
    let custodian = kms.open().await;
    assert!(handle(&custodian).await.perform(MAC).await.is_ok());
    assert_eq!(kms.requests().len(), 4);

    // It wants to be asked later than anyone waits.
    let kms = Kms::always(|| Answer::Later(503, "ServiceUnavailable", 3600)).await;
    let error = refused(&handle(&kms.open().await).await, MAC).await;
    assert_eq!((error.reason(), kms.requests().len()), (Reason::CustodianUnavailable, 1));

    type Told = fn() -> Answer;
    let told: [Told; 3] = [
        || Answer::Refused(500, "KMSInternalException", ""),
        || Answer::Refused(400, "ThrottlingException", ""),
        || Answer::Nothing,
    ];
    for answer in told {
        let kms = Kms::always(answer).await;
        let custodian = kms.open().await;
        assert!(custodian.generate(Wanted::usual(SPEC), b"version").await.is_err());
        assert_eq!(kms.actions(), ["CreateKey"]);
    }
}

async fn too_slow() {
    let kms = Kms::always(|| Answer::Never).await;
    let settings = AwsSettings { timeout: Duration::from_millis(50), ..kms.settings() };
    let custodian = open(&settings, STORE).await.unwrap();
    let error = refused(&handle(&custodian).await, MAC).await;
    assert_eq!(error.reason(), Reason::DeadlineExceeded, "{error}");
    assert!(error.message().contains("timeout"), "{error}");
}

async fn unreachable() {
    let kms = Kms::always(|| Answer::Never).await;
    // Its authority is not the one that is trusted.
    let other = Kms::always(|| Answer::Never).await;
    let settings = AwsSettings { ca: Some(other.ca()), ..kms.settings() };
    let error = refused(&handle(&open(&settings, STORE).await.unwrap()).await, MAC).await;
    assert_eq!(error.reason(), Reason::CustodianUnavailable);
    assert!(error.message().contains("certificate"), "{error}");
    assert_eq!(kms.requests().len(), 0);

    let settings = kms.settings();
    drop(kms);
    let metrics = Metrics::new();
    let opening = supacrypt_server::custody::Opening {
        name: "kms",
        store: STORE,
        metrics: &metrics.custodians,
    };
    let settings =
        AwsSettings { endpoint: Some("https://localhost:1".into()), ca: None, ..settings };
    let custodian = AwsCustodian::open(opening, &settings).await.unwrap();
    let error = custodian.check().await.err().unwrap();
    assert_eq!(error.reason(), Reason::CustodianUnavailable);
    assert!(error.message().contains("`endpoint`"), "{error}");
    assert_eq!(custodian.gates()[0].status().endpoint, "https://localhost:1");
}

async fn no_oracle() {
    let key = Key::load(KeySpec::Rsa2048, &generate(KeySpec::Rsa2048).unwrap()).unwrap();
    let spki = {
        use base64::Engine;
        let der = key.public_key().unwrap().spki_der();
        base64::engine::general_purpose::STANDARD.encode(der)
    };
    let kms = Kms::start(move |request, before| match (request.action.as_str(), before) {
        ("GetPublicKey", _) => Answer::ok(json!({ "PublicKey": spki })),
        (_, 0) => Answer::Refused(400, "InvalidCiphertextException", "wrong padding"),
        _ => Answer::Refused(400, "InvalidCiphertextException", ""),
    })
    .await;
    let reference = [b"\x01adopted ", ARN.as_bytes()].concat();
    let handle = kms.open().await.open(KeySpec::Rsa2048, &reference, b"context").await.unwrap();
    let scheme = EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha256 };
    let decrypt = |ciphertext| CryptoRequest::Decrypt { scheme, iv: &[], aad: &[], ciphertext };
    let one = refused(&handle, decrypt(&[7; 256])).await;
    let other = refused(&handle, decrypt(&[9; 256])).await;
    assert_eq!(one.reason(), Reason::DecryptionFailed);
    assert_eq!(one, other);
}
