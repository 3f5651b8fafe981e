//! PINs of keyrings, and keys that want one for each use.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{ADMIN, APP, Backend, reason, sign};
use supacrypt_core::Reason;
use supacrypt_proto::v1::{
    self, keyring_service_client::KeyringServiceClient, perform_operation::Operation,
    perform_outcome::Outcome,
};
use tonic::Status;

async fn set(
    backend: &Backend,
    who: &str,
    pin: &str,
    current: &str,
) -> Result<v1::Keyring, Status> {
    let request = v1::SetPinRequest {
        name: "keyrings/dev".into(),
        pin: pin.into(),
        current_pin: current.into(),
    };
    let mut keyrings = KeyringServiceClient::new(backend.channel(who).await);
    keyrings.set_pin(request).await.map(tonic::Response::into_inner)
}

async fn verify(backend: &Backend, who: &str, pin: &str) -> Result<Vec<u8>, Status> {
    let request = v1::VerifyPinRequest { name: "keyrings/dev".into(), pin: pin.into() };
    let mut keyrings = KeyringServiceClient::new(backend.channel(who).await);
    keyrings.verify_pin(request).await.map(|answer| answer.into_inner().ticket)
}

/// Makes a key in `dev` that wants a PIN for each use, and returns its name.
async fn guarded(backend: &Backend, id: &str, key: v1::Key) -> String {
    let request = v1::CreateKeyRequest {
        parent: "keyrings/dev".into(),
        key_id: id.into(),
        key: Some(v1::Key { always_authenticate: true, ..key }),
        ..Default::default()
    };
    backend.keys(ADMIN).await.create_key(request).await.unwrap().into_inner().name
}

fn p256() -> v1::Key {
    v1::Key { spec: v1::KeySpec::EcP256.into(), ..Default::default() }
}

/// What one operation in a stream comes to.
async fn streamed(backend: &Backend, operation: Operation) -> Outcome {
    let operation = v1::PerformOperation { id: 1, operation: Some(operation) };
    let request = v1::PerformRequest { operations: vec![operation] };
    let mut crypto = backend.crypto(APP).await;
    let answers = crypto.perform(tokio_stream::once(request)).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    answer.outcomes.into_iter().next().unwrap().outcome.unwrap()
}

#[tokio::test]
async fn administrators_set_a_pin_and_users_change_it() {
    let backend = Backend::start().await;
    let refused = set(&backend, APP, "1234", "").await.unwrap_err();
    assert_eq!(reason(&refused), Reason::RoleInsufficient);
    let refused = set(&backend, APP, "1234", "0000").await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PinNotSet);
    let refused = set(&backend, ADMIN, "123", "").await.unwrap_err();
    assert_eq!(reason(&refused), Reason::InvalidArgument);
    let keyring = set(&backend, ADMIN, "1234", "").await.unwrap();
    assert_eq!(keyring.pin, Some(v1::PinState { tries_left: 10 }));

    let refused = set(&backend, APP, "5678", "4321").await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PinIncorrect);
    set(&backend, APP, "5678", "1234").await.unwrap();
    assert_eq!(reason(&verify(&backend, APP, "1234").await.unwrap_err()), Reason::PinIncorrect);
    verify(&backend, APP, "5678").await.unwrap();
    let refused = set(&backend, APP, "", "5678").await.unwrap_err();
    assert_eq!(reason(&refused), Reason::RoleInsufficient, "removing is for administrators");
    let stranger = verify(&backend, "spiffe://example.org/stranger", "5678").await.unwrap_err();
    assert_eq!(reason(&stranger), Reason::KeyringNotGranted);

    let entry = backend.recorded("VerifyPin", "PIN_INCORRECT").await;
    assert_eq!((entry.resource.as_str(), entry.principal.as_str()), ("keyrings/dev", APP));
    assert_eq!(entry.outcome(), v1::audit_entry::Outcome::Denied);
    assert_eq!(set(&backend, ADMIN, "", "").await.unwrap().pin, None);
}

#[tokio::test]
async fn each_use_of_a_guarded_key_takes_a_pin() {
    let backend = Backend::start().await;
    let key = guarded(&backend, "guarded", p256()).await;
    let mut crypto = backend.crypto(APP).await;
    crypto.sign(sign(&key)).await.unwrap();

    set(&backend, ADMIN, "1234", "").await.unwrap();
    let refused = crypto.sign(sign(&key)).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PinRequired);
    let pin_ticket = verify(&backend, APP, "1234").await.unwrap();
    let request = v1::SignRequest { pin_ticket, ..sign(&key) };
    crypto.sign(request.clone()).await.unwrap();
    let refused = crypto.sign(request).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PinRequired, "a ticket is for one use");

    // The same in a stream, where an open key is used at once.
    let pin_ticket = verify(&backend, APP, "1234").await.unwrap();
    let request = v1::SignRequest { pin_ticket, ..sign(&key) };
    let outcome = streamed(&backend, Operation::Sign(request.clone())).await;
    assert!(matches!(outcome, Outcome::Sign(_)), "{outcome:?}");
    let outcome = streamed(&backend, Operation::Sign(request)).await;
    assert!(matches!(outcome, Outcome::Error(_)), "{outcome:?}");

    // Nor is it for two that come at once.
    let pin_ticket = verify(&backend, APP, "1234").await.unwrap();
    let uses = (0..8).map(|_| {
        let (mut crypto, request) = (crypto.clone(), sign(&key));
        let request = v1::SignRequest { pin_ticket: pin_ticket.clone(), ..request };
        tokio::spawn(async move { crypto.sign(request).await })
    });
    let mut used = 0;
    for answer in uses.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Ok(_) => used += 1,
            Err(refused) => assert_eq!(reason(&refused), Reason::PinRequired),
        }
    }
    assert_eq!(used, 1);

    // Others in the keyring want none.
    let free = backend.make_key("free", v1::KeySpec::EcP256).await;
    crypto.sign(sign(&free)).await.unwrap();
    let entry = backend.recorded("Sign", "PIN_REQUIRED").await;
    assert_eq!(entry.outcome(), v1::audit_entry::Outcome::Denied);
    assert_eq!(entry.resource, key);
}

#[tokio::test]
async fn nothing_of_a_private_key_goes_without_its_pin() {
    let backend = Backend::start().await;
    let agreeing = v1::Key { usages: vec![v1::KeyUsage::Derive.into()], ..p256() };
    let agreeing = guarded(&backend, "agreeing", agreeing).await;
    let spec = v1::KeySpec::Rsa2048.into();
    let rsa = v1::Key { spec, extractable: true, ..Default::default() };
    let rsa = guarded(&backend, "rsa", rsa).await;
    let kem = v1::Key { spec: v1::KeySpec::MlKem512.into(), ..Default::default() };
    let kem = guarded(&backend, "kem", kem).await;
    set(&backend, ADMIN, "1234", "").await.unwrap();

    let mut crypto = backend.crypto(APP).await;
    let r#type = v1::derivation_scheme::Type::Ecdh.into();
    let scheme = Some(v1::DerivationScheme { r#type, ..Default::default() });
    let derive = v1::DeriveRequest { name: agreeing, scheme, length: 32, ..Default::default() };
    let refused = crypto.derive(derive).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PinRequired);

    let r#type = v1::encryption_scheme::Type::RsaPkcs1.into();
    let scheme = Some(v1::EncryptionScheme { r#type, ..Default::default() });
    let encrypt = v1::EncryptRequest {
        name: rsa.clone(),
        scheme,
        plaintext: b"secret".to_vec(),
        ..Default::default()
    };
    // The public half is anybody's.
    let ciphertext = crypto.encrypt(encrypt).await.unwrap().into_inner().ciphertext;
    let decrypt =
        v1::DecryptRequest { name: rsa.clone(), scheme, ciphertext, ..Default::default() };
    let refused = crypto.decrypt(decrypt.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PinRequired);
    let pin_ticket = verify(&backend, APP, "1234").await.unwrap();
    let decrypted = crypto.decrypt(v1::DecryptRequest { pin_ticket, ..decrypt }).await.unwrap();
    assert_eq!(decrypted.into_inner().plaintext, b"secret");

    let r#type = v1::kem_scheme::Type::MlKem.into();
    let decapsulate = v1::DecapsulateRequest {
        name: kem,
        scheme: Some(v1::KemScheme { r#type }),
        ciphertext: vec![0; 768],
        ..Default::default()
    };
    let refused = crypto.decapsulate(decapsulate).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PinRequired);

    let aes = backend.make_key("kek", v1::KeySpec::Aes256).await;
    let r#type = v1::encryption_scheme::Type::AesKeyWrapPad.into();
    let wrap = v1::WrapKeyRequest {
        name: rsa,
        wrapping_key: Some(v1::wrap_key_request::WrappingKey::Key(aes)),
        scheme: Some(v1::EncryptionScheme { r#type, ..Default::default() }),
        ..Default::default()
    };
    let mut keys = backend.keys(APP).await;
    let refused = keys.wrap_key(wrap.clone()).await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PinRequired);
    let pin_ticket = verify(&backend, APP, "1234").await.unwrap();
    keys.wrap_key(v1::WrapKeyRequest { pin_ticket, ..wrap }).await.unwrap();
}

#[tokio::test]
async fn another_keyring_of_the_same_name_has_no_pin() {
    let backend = Backend::start().await;
    set(&backend, ADMIN, "1234", "").await.unwrap();
    let mut keyrings = KeyringServiceClient::new(backend.channel(ADMIN).await);
    let request = v1::DeleteKeyringRequest { name: "keyrings/dev".into(), ..Default::default() };
    keyrings.delete_keyring(request).await.unwrap();
    backend.make_keyring("dev", &[(APP, v1::Role::User)]).await;
    let key = guarded(&backend, "guarded", p256()).await;
    backend.crypto(APP).await.sign(sign(&key)).await.unwrap();
    assert_eq!(reason(&verify(&backend, APP, "1234").await.unwrap_err()), Reason::PinNotSet);
}
