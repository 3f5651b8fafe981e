//! Material that comes in wrapped, and is decrypted by nobody but the backend.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{ADMIN, APP, Backend, error, reason};
use supacrypt_core::Reason;
use supacrypt_proto::v1::{
    self, KeySpec, KeyUsage, encryption_scheme::Type, keyring_service_client::KeyringServiceClient,
    wrap_key_request::WrappingKey,
};
use tonic::Status;

/// Makes a key in `dev` and returns its name.
async fn make(backend: &Backend, id: &str, spec: KeySpec, key: v1::Key) -> String {
    let request = v1::CreateKeyRequest {
        parent: "keyrings/dev".into(),
        key_id: id.into(),
        key: Some(v1::Key { spec: spec.into(), ..key }),
        ..Default::default()
    };
    backend.keys(ADMIN).await.create_key(request).await.unwrap().into_inner().name
}

/// The same of a key that may leave.
async fn free(backend: &Backend, id: &str, spec: KeySpec) -> String {
    make(backend, id, spec, v1::Key { extractable: true, ..Default::default() }).await
}

fn scheme(r#type: Type) -> Option<v1::EncryptionScheme> {
    Some(v1::EncryptionScheme { r#type: r#type.into(), ..Default::default() })
}

async fn wrap(backend: &Backend, key: &str, by: &str, r#type: Type) -> Vec<u8> {
    let request = v1::WrapKeyRequest {
        name: key.into(),
        wrapping_key: Some(WrappingKey::Key(by.into())),
        scheme: scheme(r#type),
        ..Default::default()
    };
    backend.keys(APP).await.wrap_key(request).await.unwrap().into_inner().wrapped
}

/// The import of a key that may be of each of these specs, wrapped by AES key wrap with padding.
fn import(id: &str, specs: &[KeySpec], by: &str, wrapped: &[u8]) -> v1::ImportKeyRequest {
    let [spec, others @ ..] = specs else { panic!("no spec") };
    v1::ImportKeyRequest {
        parent: "keyrings/dev".into(),
        key_id: id.into(),
        key: Some(v1::Key { spec: (*spec).into(), ..Default::default() }),
        material: wrapped.to_vec(),
        unwrapping: Some(v1::Unwrapping {
            key: by.into(),
            scheme: scheme(Type::AesKeyWrapPad),
            other_specs: others.iter().map(|spec| (*spec).into()).collect(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

async fn ask(backend: &Backend, request: v1::ImportKeyRequest) -> Result<v1::Key, Status> {
    backend.keys(ADMIN).await.import_key(request).await.map(tonic::Response::into_inner)
}

async fn refusal(backend: &Backend, request: v1::ImportKeyRequest) -> Reason {
    reason(&ask(backend, request).await.unwrap_err())
}

#[tokio::test]
async fn a_pair_comes_back_as_what_it_is() {
    let backend = Backend::start().await;
    let kek = make(&backend, "kek", KeySpec::Aes256, v1::Key::default()).await;
    let rsa: &[_] = &[KeySpec::Rsa4096, KeySpec::Rsa3072, KeySpec::Rsa2048];
    let ec: &[_] = &[KeySpec::EcP384, KeySpec::EcP521, KeySpec::EcP256];
    for (id, spec, candidates) in [("rsa", KeySpec::Rsa2048, rsa), ("ec", KeySpec::EcP256, ec)] {
        let key = free(&backend, id, spec).await;
        let wrapped = wrap(&backend, &key, &kek, Type::AesKeyWrapPad).await;
        let back = format!("{id}-back");
        let made = ask(&backend, import(&back, candidates, &kek, &wrapped)).await.unwrap();
        assert_eq!(made.spec(), spec);
        let primary = made.primary.unwrap();
        assert_eq!(primary.origin(), v1::Origin::Imported);
        let request = v1::GetPublicKeyRequest { name: key };
        let original = backend.keys(APP).await.get_public_key(request).await.unwrap();
        assert_eq!(primary.public_key, original.into_inner().der);
    }
}

#[tokio::test]
async fn a_secret_comes_back_and_that_is_recorded_once() {
    let backend = Backend::start().await;
    let kek = make(&backend, "kek", KeySpec::Aes256, v1::Key::default()).await;
    let key = free(&backend, "free", KeySpec::Aes192).await;
    let wrapped = wrap(&backend, &key, &kek, Type::AesKeyWrapPad).await;
    let aes = [KeySpec::Aes128, KeySpec::Aes192, KeySpec::Aes256];
    let made = ask(&backend, import("back", &aes, &kek, &wrapped)).await.unwrap();
    assert_eq!(made.spec(), KeySpec::Aes192);

    let entry = backend.recorded("ImportKey", "").await;
    assert_eq!((&entry.resource, &entry.wrapping_key), (&made.name, &kek));
    assert_eq!((&*entry.algorithm, &*entry.principal), ("aes-kwp", ADMIN));
    assert!(backend.audit().await.iter().all(|entry| entry.action != "Decrypt"));

    let mut crypto = backend.crypto(APP).await;
    let plaintext = vec![5; 16];
    let request = v1::EncryptRequest {
        name: key,
        scheme: scheme(Type::AesEcb),
        plaintext: plaintext.clone(),
        ..Default::default()
    };
    let ciphertext = crypto.encrypt(request).await.unwrap().into_inner().ciphertext;
    let request = v1::DecryptRequest {
        name: made.name,
        scheme: scheme(Type::AesEcb),
        ciphertext,
        ..Default::default()
    };
    assert_eq!(crypto.decrypt(request).await.unwrap().into_inner().plaintext, plaintext);
}

#[tokio::test]
async fn who_unwraps_manages_the_keyring_and_may_decrypt_with_the_key() {
    let backend = Backend::start().await;
    const OWNER: &str = "spiffe://example.org/owner";
    backend.make_keyring("other", &[(OWNER, v1::Role::Admin)]).await;
    let only = v1::Key { usages: vec![KeyUsage::Encrypt.into()], ..Default::default() };
    let only = make(&backend, "only-encrypts", KeySpec::Aes256, only).await;
    let listed = v1::Key { allowed_algorithms: vec!["aes-gcm".into()], ..Default::default() };
    let listed = make(&backend, "listed", KeySpec::Aes256, listed).await;
    let kek = make(&backend, "kek", KeySpec::Aes256, v1::Key::default()).await;
    let key = free(&backend, "free", KeySpec::Aes256).await;
    let wrapped = wrap(&backend, &key, &kek, Type::AesKeyWrapPad).await;

    let by = |key: &str| import("back", &[KeySpec::Aes256], key, &wrapped);
    assert_eq!(refusal(&backend, by(&only)).await, Reason::UsageNotPermitted);
    assert_eq!(refusal(&backend, by(&listed)).await, Reason::AlgorithmNotPermitted);
    let there = v1::ImportKeyRequest { parent: "keyrings/other".into(), ..by(&kek) };
    let status = backend.keys(OWNER).await.import_key(there.clone()).await.unwrap_err();
    assert_eq!(
        reason(&status),
        Reason::KeyringNotGranted,
        "managing there does not open keys here"
    );
    assert_eq!(ask(&backend, there).await.unwrap().name, "keyrings/other/keys/back");
    assert_eq!(refusal(&backend, by("keyrings/dev/keys/none")).await, Reason::KeyNotFound);
    let status = backend.keys(APP).await.import_key(by(&kek)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RoleInsufficient);
    let entry = backend.recorded("ImportKey", "USAGE_NOT_PERMITTED").await;
    assert_eq!(entry.wrapping_key, only);
    ask(&backend, by(&kek)).await.unwrap();
}

#[tokio::test]
async fn what_does_not_unwrap_to_such_a_key_is_refused_without_details() {
    let backend = Backend::start().await;
    let kek = make(&backend, "kek", KeySpec::Aes256, v1::Key::default()).await;
    let secret = free(&backend, "secret", KeySpec::Aes192).await;
    let wrapped = wrap(&backend, &secret, &kek, Type::AesKeyWrapPad).await;
    let pair = free(&backend, "pair", KeySpec::EcP256).await;
    let pair = wrap(&backend, &pair, &kek, Type::AesKeyWrapPad).await;

    let mut altered = wrapped.clone();
    altered[20] ^= 1;
    let short = &wrapped[..16];
    let mut failed = Vec::new();
    for wrong in [&altered, short] {
        let request = import("back", &[KeySpec::Aes192], &kek, wrong);
        failed.push(error(&ask(&backend, request).await.unwrap_err()));
    }
    assert!(failed.iter().all(|error| error.reason() == Reason::DecryptionFailed));
    assert_eq!(failed[0].message(), failed[1].message());

    let mut unfit = Vec::new();
    let generic = [KeySpec::GenericSecret];
    let mut other_length = import("back", &generic, &kek, &wrapped);
    other_length.key.as_mut().unwrap().secret_length = 20;
    for request in [
        import("back", &[KeySpec::Aes128, KeySpec::Aes256], &kek, &wrapped),
        import("back", &[KeySpec::EcP256], &kek, &wrapped),
        import("back", &[KeySpec::EcP384, KeySpec::Rsa2048], &kek, &pair),
        other_length,
    ] {
        unfit.push(error(&ask(&backend, request).await.unwrap_err()));
    }
    assert!(unfit.iter().all(|error| error.reason() == Reason::InvalidKeyMaterial));
    assert!(unfit.iter().all(|error| error.message() == unfit[0].message()));
    let made = ask(&backend, import("back", &generic, &kek, &wrapped)).await.unwrap();
    assert_eq!(made.secret_length, 24);
}

#[tokio::test]
async fn a_guarded_key_unwraps_once_for_each_pin() {
    let backend = Backend::start().await;
    let guarded = v1::Key { always_authenticate: true, ..Default::default() };
    let transport = make(&backend, "transport", KeySpec::Rsa2048, guarded).await;
    let key = free(&backend, "free", KeySpec::Aes256).await;
    let wrapped = wrap(&backend, &key, &transport, Type::RsaPkcs1).await;
    let mut keyrings = KeyringServiceClient::new(backend.channel(ADMIN).await);
    let name = String::from("keyrings/dev");
    let request =
        v1::SetPinRequest { name: name.clone(), pin: "1234".into(), ..Default::default() };
    keyrings.set_pin(request).await.unwrap();
    let request = v1::VerifyPinRequest { name, pin: "1234".into() };
    let ticket = keyrings.verify_pin(request).await.unwrap().into_inner().ticket;

    let with = |pin_ticket: &[u8], request_id: &str| {
        let mut request = import("", &[KeySpec::Aes256], &transport, &wrapped);
        let unwrapping = request.unwrapping.as_mut().unwrap();
        unwrapping.scheme = scheme(Type::RsaPkcs1);
        unwrapping.pin_ticket = pin_ticket.to_vec();
        request.request_id = request_id.into();
        request
    };
    assert_eq!(refusal(&backend, with(b"", "a")).await, Reason::PinRequired);
    let made = ask(&backend, with(&ticket, "a")).await.unwrap();
    assert_eq!(refusal(&backend, with(&ticket, "b")).await, Reason::PinRequired);
    let again = ask(&backend, with(b"", "a")).await.unwrap();
    assert_eq!(again.name, made.name, "a repeated request is answered, not performed");
}
