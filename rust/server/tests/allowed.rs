//! Keys that were made for some algorithms only.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{ADMIN, APP, Backend, error, reason};
use supacrypt_core::{
    DerivationScheme, Digest, EncryptionScheme, HkdfSteps, KemScheme, MacScheme, Reason,
    SignatureScheme,
};
use supacrypt_proto::error_from_rpc_status;
use supacrypt_proto::v1::perform_outcome::Outcome;
use supacrypt_proto::v1::{self, perform_operation::Operation, wrap_key_request::WrappingKey};

const GCM: EncryptionScheme = EncryptionScheme::AesGcm { tag_length: 16 };

fn of(spec: v1::KeySpec, allowed: &[&str]) -> v1::Key {
    v1::Key {
        spec: spec.into(),
        allowed_algorithms: allowed.iter().map(|name| (*name).to_owned()).collect(),
        ..Default::default()
    }
}

/// Makes a key in `dev`.
async fn make(backend: &Backend, id: &str, key: v1::Key) -> Result<v1::Key, tonic::Status> {
    let request = v1::CreateKeyRequest {
        parent: "keyrings/dev".into(),
        key_id: id.into(),
        key: Some(key),
        ..Default::default()
    };
    backend.keys(ADMIN).await.create_key(request).await.map(tonic::Response::into_inner)
}

/// Performs an operation by the method of its own, and in a stream.
async fn perform(backend: &Backend, operation: Operation) -> [Result<(), Reason>; 2] {
    let mut crypto = backend.crypto(APP).await;
    let alone = match operation.clone() {
        Operation::Sign(request) => crypto.sign(request).await.map(drop),
        Operation::Verify(request) => crypto.verify(request).await.map(drop),
        Operation::Encrypt(request) => crypto.encrypt(request).await.map(drop),
        Operation::Decrypt(request) => crypto.decrypt(request).await.map(drop),
        Operation::MacSign(request) => crypto.mac_sign(request).await.map(drop),
        Operation::MacVerify(request) => crypto.mac_verify(request).await.map(drop),
        Operation::Decapsulate(request) => crypto.decapsulate(request).await.map(drop),
        Operation::Derive(request) => crypto.derive(request).await.map(drop),
        other => panic!("no operation with a key: {other:?}"),
    };
    let operations = vec![v1::PerformOperation { id: 1, operation: Some(operation) }];
    let requests = tokio_stream::once(v1::PerformRequest { operations });
    let mut stream = crypto.perform(requests).await.unwrap().into_inner();
    let outcome = stream.message().await.unwrap().unwrap().outcomes.remove(0).outcome;
    let streamed = match outcome.unwrap() {
        Outcome::Error(status) => Err(error_from_rpc_status(&status).reason()),
        _ => Ok(()),
    };
    [alone.map_err(|status| reason(&status)), streamed]
}

fn sign(name: &str, scheme: SignatureScheme) -> Operation {
    let (name, scheme, input) = (name.into(), Some(scheme.into()), vec![7; 32]);
    Operation::Sign(v1::SignRequest { name, scheme, input, ..Default::default() })
}

fn verify(name: &str, scheme: SignatureScheme) -> Operation {
    let (name, scheme, input) = (name.into(), Some(scheme.into()), vec![7; 32]);
    let signature = vec![1; 256];
    Operation::Verify(v1::VerifyRequest { name, scheme, input, signature, ..Default::default() })
}

fn encrypt(name: &str, scheme: EncryptionScheme) -> Operation {
    let (name, scheme, plaintext) = (name.into(), Some(scheme.into()), vec![7; 16]);
    Operation::Encrypt(v1::EncryptRequest { name, scheme, plaintext, ..Default::default() })
}

fn decrypt(name: &str, scheme: EncryptionScheme) -> Operation {
    let (name, iv, ciphertext) = (name.into(), vec![0; scheme.iv_len()], vec![7; 16]);
    let scheme = Some(scheme.into());
    Operation::Decrypt(v1::DecryptRequest { name, scheme, iv, ciphertext, ..Default::default() })
}

fn mac(name: &str, digest: Digest) -> [Operation; 2] {
    let scheme = Some(MacScheme::hmac(digest).into());
    let (input, mac) = (vec![7; 32], vec![7; digest.len()]);
    let made = v1::MacSignRequest { name: name.into(), scheme, input: input.clone() };
    let verified = v1::MacVerifyRequest { name: name.into(), scheme, input, mac };
    [Operation::MacSign(made), Operation::MacVerify(verified)]
}

fn derive(name: &str, digest: Digest) -> Operation {
    let scheme = DerivationScheme::Hkdf { digest, steps: HkdfSteps::Both };
    let scheme = Some(scheme.into());
    Operation::Derive(v1::DeriveRequest {
        name: name.into(),
        scheme,
        length: 16,
        ..Default::default()
    })
}

#[tokio::test]
async fn a_key_does_what_it_was_made_for_and_nothing_else() {
    let backend = Backend::start().await;
    let made = async |id: &str, key| make(&backend, id, key).await.unwrap().name;
    let rsa = of(v1::KeySpec::Rsa2048, &["rsa-pkcs1-sha256", "rsa-oaep-sha256"]);
    let rsa = made("rsa", rsa).await;
    let aes = made("aes", of(v1::KeySpec::Aes256, &["aes-cbc"])).await;
    let derives = [v1::KeyUsage::Derive.into(), v1::KeyUsage::Sign.into()];
    let usages = [&derives[..], &[v1::KeyUsage::Verify.into()]].concat();
    let secret = of(v1::KeySpec::GenericSecret, &["hmac-sha256", "hkdf-sha256"]);
    let secret = made("secret", v1::Key { usages, ..secret }).await;
    let (sha256, sha512) = (Digest::Sha256, Digest::Sha512);
    let pkcs1 = |digest| SignatureScheme::RsaPkcs1 { digest };
    let oaep = |digest| EncryptionScheme::RsaOaep { digest, mgf_digest: digest };

    let permitted = [
        sign(&rsa, pkcs1(sha256)),
        verify(&rsa, pkcs1(sha256)),
        encrypt(&rsa, oaep(sha256)),
        encrypt(&aes, EncryptionScheme::AesCbc),
        decrypt(&aes, EncryptionScheme::AesCbc),
        derive(&secret, sha256),
    ];
    for operation in permitted.into_iter().chain(mac(&secret, sha256)) {
        assert_eq!(perform(&backend, operation.clone()).await, [Ok(()); 2], "{operation:?}");
    }
    let refused = [
        sign(&rsa, pkcs1(sha512)),
        sign(&rsa, SignatureScheme::RsaRaw),
        verify(&rsa, pkcs1(sha512)),
        encrypt(&rsa, oaep(sha512)),
        decrypt(&rsa, EncryptionScheme::RsaRaw),
        encrypt(&aes, GCM),
        decrypt(&aes, EncryptionScheme::AesCbcPad),
        derive(&secret, sha512),
    ];
    for operation in refused.into_iter().chain(mac(&secret, sha512)) {
        let answers = perform(&backend, operation.clone()).await;
        assert_eq!(answers, [Err(Reason::AlgorithmNotPermitted); 2], "{operation:?}");
    }
    let entry = backend.recorded("Derive", "ALGORITHM_NOT_PERMITTED").await;
    assert_eq!((&*entry.algorithm, &*entry.principal), ("hkdf-sha512", APP));
    assert!(entry.resource.starts_with(&secret), "{}", entry.resource);
}

#[tokio::test]
async fn a_key_with_one_algorithm_decapsulates_by_it() {
    let backend = Backend::start().await;
    let key = make(&backend, "kem", of(v1::KeySpec::MlKem512, &["ml-kem"])).await.unwrap();
    let decapsulate = Operation::Decapsulate(v1::DecapsulateRequest {
        name: key.name,
        scheme: Some(KemScheme::MlKem.into()),
        ciphertext: vec![7; 768],
        ..Default::default()
    });
    assert_eq!(perform(&backend, decapsulate).await, [Ok(()); 2]);
}

#[tokio::test]
async fn a_key_wraps_by_what_it_was_made_for() {
    let backend = Backend::start().await;
    let free = v1::Key { extractable: true, ..of(v1::KeySpec::Aes256, &["aes-gcm"]) };
    let free = make(&backend, "free", free).await.unwrap().name;
    let kek = make(&backend, "kek", of(v1::KeySpec::Aes256, &["aes-kwp"])).await.unwrap().name;
    let wrap = async |scheme: EncryptionScheme| {
        let request = v1::WrapKeyRequest {
            name: free.clone(),
            wrapping_key: Some(WrappingKey::Key(kek.clone())),
            scheme: Some(scheme.into()),
            ..Default::default()
        };
        let answer = backend.keys(APP).await.wrap_key(request).await;
        answer.map(drop).map_err(|status| reason(&status))
    };
    assert_eq!(wrap(EncryptionScheme::AesKeyWrapPad).await, Ok(()));
    assert_eq!(wrap(EncryptionScheme::AesKeyWrap).await, Err(Reason::AlgorithmNotPermitted));
    let entry = backend.recorded("WrapKey", "ALGORITHM_NOT_PERMITTED").await;
    assert_eq!((entry.resource, &*entry.algorithm), (free, "aes-kw"));
}

#[tokio::test]
async fn the_lists_stay_as_they_were_given() {
    let mut backend = Backend::start().await;
    let lists = of(v1::KeySpec::EcP256, &["ecdsa"]);
    let key = v1::Key { pkcs11_mechanisms: vec![0x1044, 0x8000_0001, 0x1044], ..lists };
    let made = make(&backend, "k", key.clone()).await.unwrap();
    backend.begin_shutdown();
    backend.ended().await;
    backend.restart().await;
    let mut keys = backend.keys(APP).await;
    let request = v1::GetKeyRequest { name: made.name.clone() };
    let read = keys.get_key(request).await.unwrap().into_inner();
    assert_eq!(read.allowed_algorithms, key.allowed_algorithms);
    assert_eq!(read.pkcs11_mechanisms, key.pkcs11_mechanisms);
    let request = v1::GetPublicKeyRequest { name: made.name.clone() };
    let public = keys.get_public_key(request).await.unwrap().into_inner();
    assert_eq!(public.allowed_algorithms, key.allowed_algorithms);

    for path in ["allowed_algorithms", "pkcs11_mechanisms"] {
        let request = v1::UpdateKeyRequest {
            key: Some(v1::Key { name: made.name.clone(), ..Default::default() }),
            update_mask: Some(prost_types::FieldMask { paths: vec![path.into()] }),
        };
        let status = backend.keys(ADMIN).await.update_key(request).await.unwrap_err();
        assert_eq!(reason(&status), Reason::InvalidArgument);
    }
    let unlimited = make(&backend, "all", of(v1::KeySpec::EcP256, &[])).await.unwrap();
    assert_eq!(unlimited.allowed_algorithms, [""; 0]);
    let status = make(&backend, "odd", of(v1::KeySpec::EcP256, &["aes-gcm"])).await.unwrap_err();
    let error = error(&status);
    assert_eq!(error.field(), Some("key.allowed_algorithms"));
    assert!(error.message().contains("it does with ecdsa, ecdh"), "{error}");
}
