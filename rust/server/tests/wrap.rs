//! Material that leaves the backend wrapped, and public keys that have nothing to wrap.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{ADMIN, APP, Backend, reason, sign};
use supacrypt_core::Reason;
use supacrypt_proto::v1::{
    self, encryption_scheme::Type, wrap_key_request::WrappingKey::Key as By,
    wrap_key_request::WrappingKey::PublicKey as ByPublic,
};

/// Makes an AES key in `dev` and returns its name.
async fn aes(backend: &Backend, id: &str, key: v1::Key) -> String {
    let request = v1::CreateKeyRequest {
        parent: "keyrings/dev".into(),
        key_id: id.into(),
        key: Some(v1::Key { spec: v1::KeySpec::Aes256.into(), ..key }),
        ..Default::default()
    };
    backend.keys(ADMIN).await.create_key(request).await.unwrap().into_inner().name
}

fn wrap(name: &str, by: v1::wrap_key_request::WrappingKey) -> v1::WrapKeyRequest {
    let r#type = match by {
        By(_) => Type::AesKeyWrapPad,
        ByPublic(_) => Type::RsaPkcs1,
    };
    v1::WrapKeyRequest {
        name: name.into(),
        wrapping_key: Some(by),
        scheme: Some(v1::EncryptionScheme { r#type: r#type.into(), ..Default::default() }),
        ..Default::default()
    }
}

#[tokio::test]
async fn only_what_is_extractable_leaves_and_that_is_recorded() {
    let backend = Backend::start().await;
    let free = v1::Key { extractable: true, ..Default::default() };
    let (kek, confined) = (
        aes(&backend, "kek", v1::Key::default()).await,
        aes(&backend, "c", v1::Key::default()).await,
    );
    let free = aes(&backend, "free", free).await;
    let mut keys = backend.keys(APP).await;
    let wrapped = keys.wrap_key(wrap(&free, By(kek.clone()))).await.unwrap().into_inner().wrapped;
    assert_eq!(wrapped.len(), 40);
    let entry = backend.recorded("WrapKey", "").await;
    assert_eq!((entry.resource, entry.principal.as_str()), (free.clone(), APP));
    assert_eq!((&*entry.algorithm, &entry.wrapping_key), ("aes-kwp", &kek));

    let status = keys.wrap_key(wrap(&confined, By(kek.clone()))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::UsageNotPermitted);
    let entry = backend.recorded("WrapKey", "USAGE_NOT_PERMITTED").await;
    assert_eq!((entry.resource, &entry.wrapping_key), (confined, &kek));

    // Taken away, it stays away.
    let request = v1::UpdateKeyRequest {
        key: Some(v1::Key { name: free.clone(), ..Default::default() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["extractable".into()] }),
    };
    backend.keys(ADMIN).await.update_key(request).await.unwrap();
    let status = keys.wrap_key(wrap(&free, By(kek))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::UsageNotPermitted);
}

#[tokio::test]
async fn a_key_wraps_those_of_its_own_keyring_only() {
    let backend = Backend::start().await;
    backend.make_keyring("other", &[(APP, v1::Role::User)]).await;
    let free = v1::Key { extractable: true, ..Default::default() };
    let free = aes(&backend, "free", free).await;
    let mut keys = backend.keys(APP).await;
    let by = By("keyrings/other/keys/kek".into());
    let status = keys.wrap_key(wrap(&free, by)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::InvalidArgument);
    let by = By("keyrings/dev/keys/nobody".into());
    let status = keys.wrap_key(wrap(&free, by)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::KeyNotFound);
    let mut stranger = backend.keys("spiffe://example.org/stranger").await;
    let status = stranger.wrap_key(wrap(&free, By(free.clone()))).await.unwrap_err();
    assert_eq!(reason(&status), Reason::KeyringNotGranted);
}

#[tokio::test]
async fn what_only_a_trusted_key_may_wrap_no_foreign_public_key_wraps() {
    let backend = Backend::start().await;
    let picky = v1::Key { extractable: true, wrap_with_trusted: true, ..Default::default() };
    let picky = aes(&backend, "picky", picky).await;
    let free = v1::Key { extractable: true, ..Default::default() };
    let free = aes(&backend, "free", free).await;
    let decrypts = aes(&backend, "decrypts", v1::Key { trusted: true, ..Default::default() }).await;
    let usages = vec![v1::KeyUsage::Encrypt.into()];
    let trusted = v1::Key { trusted: true, usages, ..Default::default() };
    let trusted = aes(&backend, "trusted", trusted).await;
    let version = backend.make_key("rsa", v1::KeySpec::Rsa2048).await;
    let mut keys = backend.keys(APP).await;
    let request = v1::GetPublicKeyRequest { name: version };
    let der = keys.get_public_key(request).await.unwrap().into_inner().der;

    let wrapped = keys.wrap_key(wrap(&free, ByPublic(der.clone()))).await.unwrap();
    assert_eq!(wrapped.into_inner().wrapped.len(), 256);
    let entry = backend.recorded("WrapKey", "").await;
    let digest = supacrypt_crypto::digest(supacrypt_core::Digest::Sha256, &der);
    let digest = u128::from_be_bytes(digest[..16].try_into().unwrap());
    let expected = format!("sha256:{digest:032x}");
    assert!(entry.wrapping_key.starts_with(&expected) && entry.wrapping_key.len() == 7 + 64);
    for by in [ByPublic(der), By(free), By(decrypts)] {
        let status = keys.wrap_key(wrap(&picky, by)).await.unwrap_err();
        assert_eq!(reason(&status), Reason::UsageNotPermitted);
    }
    // Its key stream would show what was wrapped.
    let counter = v1::EncryptionScheme { r#type: Type::AesCtr.into(), ..Default::default() };
    let request = wrap(&picky, By(trusted.clone()));
    let request = v1::WrapKeyRequest { scheme: Some(counter), iv: vec![0; 16], ..request };
    let status = keys.wrap_key(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::UsageNotPermitted);
    keys.wrap_key(wrap(&picky, By(trusted))).await.unwrap();
}

#[tokio::test]
async fn a_public_key_alone_verifies_and_nothing_else() {
    let backend = Backend::start().await;
    let version = backend.make_key("pair", v1::KeySpec::EcP256).await;
    let mut keys = backend.keys(ADMIN).await;
    let request = v1::GetPublicKeyRequest { name: version.clone() };
    let der = keys.get_public_key(request).await.unwrap().into_inner().der;
    let spec = v1::KeySpec::EcP256.into();
    let import = |key: v1::Key| v1::ImportKeyRequest {
        parent: "keyrings/dev".into(),
        key_id: "public".into(),
        key: Some(v1::Key { public_only: true, ..key }),
        material: der.clone(),
        ..Default::default()
    };
    let signs = v1::Key { spec, usages: vec![v1::KeyUsage::Sign.into()], ..Default::default() };
    let status = keys.import_key(import(signs)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::InvalidArgument);
    let other = v1::Key { spec: v1::KeySpec::EcP384.into(), ..Default::default() };
    let status = keys.import_key(import(other)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::InvalidKeyMaterial);
    let key = import(v1::Key { spec, ..Default::default() });
    let key = keys.import_key(key).await.unwrap().into_inner();
    assert_eq!(key.usages, [i32::from(v1::KeyUsage::Verify)]);

    let mut crypto = backend.crypto(APP).await;
    let signature = crypto.sign(sign(&version)).await.unwrap().into_inner().signature;
    let verify = v1::VerifyRequest {
        name: key.name.clone(),
        scheme: sign(&version).scheme,
        input: sign(&version).input,
        signature,
        ..Default::default()
    };
    assert!(crypto.verify(verify).await.unwrap().into_inner().valid);
    let status = crypto.sign(sign(&key.name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::UsageNotPermitted);
    let rotate = v1::CreateKeyVersionRequest { parent: key.name, ..Default::default() };
    let status = keys.create_key_version(rotate).await.unwrap_err();
    assert_eq!(reason(&status), Reason::UsageNotPermitted);
}
