//! Operations as KMS documents them: what the server asks for, a key of the engine answers.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::Encode;
use der::asn1::UintRef;
use serde_json::{Value, json};
use supacrypt_core::{Digest, EncryptionScheme, KeySpec, Reason, SignatureScheme};
use supacrypt_crypto::{Key, generate};
use supacrypt_server::custody::{CryptoOutput, CryptoRequest, Custodian, KeyHandle};

use crate::done;
use crate::keys::{bytes, refused, schemes, sign};
use crate::wire::{ARN, Answer, Kms, Request};

pub(crate) async fn all() {
    signs().await;
    done("each_signature_is_one_request_for_what_kms_documents");
    connects().await;
    done("connections_are_used_again");
    decrypts().await;
    done("oaep_decrypts_what_the_public_half_encrypts");
}

/// A KMS that has one key, and a handle of it.
async fn with_key(spec: KeySpec) -> (Kms, Arc<Key>, Arc<dyn KeyHandle>) {
    let key = Arc::new(Key::load(spec, &generate(spec).unwrap()).unwrap());
    let theirs = Arc::clone(&key);
    let kms = Kms::start(move |request, _| Answer::ok(answer(&theirs, request))).await;
    let reference = [b"\x01adopted ", ARN.as_bytes()].concat();
    let handle = kms.open().await.open(spec, &reference, b"context").await.unwrap();
    (kms, key, handle)
}

fn answer(key: &Key, Request { action, body }: &Request) -> Value {
    assert_eq!(body["KeyId"], ARN);
    let given = |name: &str| STANDARD.decode(body[name].as_str().unwrap()).unwrap();
    let text = |name: &str| body[name].as_str().unwrap();
    match action.as_str() {
        "GetPublicKey" => json!({ "PublicKey": encoded(key.public_key().unwrap().spki_der()) }),
        "Sign" => {
            assert_eq!(text("MessageType"), "DIGEST");
            let (scheme, length) = scheme(text("SigningAlgorithm"));
            let digest = given("Message");
            assert_eq!(digest.len(), length, "KMS takes no other");
            let signature = key.sign(scheme, &digest).unwrap();
            json!({ "Signature": encoded(&match scheme {
                SignatureScheme::Ecdsa => in_der(&signature),
                _ => signature,
            }) })
        }
        "Decrypt" => {
            let digest = match text("EncryptionAlgorithm") {
                "RSAES_OAEP_SHA_1" => Digest::Sha1,
                "RSAES_OAEP_SHA_256" => Digest::Sha256,
                other => panic!("{other}"),
            };
            let scheme = EncryptionScheme::RsaOaep { digest, mgf_digest: digest };
            let plaintext = key.decrypt(scheme, &[], &[], &given("CiphertextBlob")).unwrap();
            json!({ "Plaintext": encoded(&plaintext) })
        }
        other => panic!("{other}"),
    }
}

/// A signing algorithm of KMS, and how long its digest is.
fn scheme(name: &str) -> (SignatureScheme, usize) {
    let digest = match name.rsplit_once("_SHA_").unwrap().1 {
        "256" => Digest::Sha256,
        "384" => Digest::Sha384,
        "512" => Digest::Sha512,
        other => panic!("{other}"),
    };
    let salt_length = digest.len() as u16;
    let scheme = match name.rsplit_once("_SHA_").unwrap().0 {
        "RSASSA_PKCS1_V1_5" => SignatureScheme::RsaPkcs1 { digest },
        "RSASSA_PSS" => SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length },
        "ECDSA" => SignatureScheme::Ecdsa,
        other => panic!("{other}"),
    };
    (scheme, digest.len())
}

fn in_der(raw: &[u8]) -> Vec<u8> {
    let (r, s) = raw.split_at(raw.len() / 2);
    vec![UintRef::new(r).unwrap(), UintRef::new(s).unwrap()].to_der().unwrap()
}

fn encoded(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

async fn signs() {
    for spec in
        [KeySpec::Rsa2048, KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::EcSecp256k1]
    {
        let (kms, key, handle) = with_key(spec).await;
        let mut all = schemes(spec);
        if all[0].0 == SignatureScheme::Ecdsa {
            // Digests that are longer or shorter than those that KMS takes.
            all = [20, 28, 32, 48, 64].map(|len| (SignatureScheme::Ecdsa, vec![7; len])).into();
        }
        for (scheme, input) in &all {
            let signature = bytes(&handle, sign(*scheme, input)).await;
            let public = key.public_key().unwrap();
            assert!(public.verify(*scheme, input, &signature).unwrap(), "{spec} {scheme}");
            let verify = CryptoRequest::Verify {
                scheme: *scheme,
                context: &[],
                input,
                signature: &signature,
            };
            assert!(matches!(handle.perform(verify).await, Ok(CryptoOutput::Valid(true))));
        }
        // The public half once, then one for each signature.
        assert_eq!(kms.requests().len(), 1 + all.len());

        let error = refused(&handle, sign(all[0].0, &[7; 19])).await;
        assert_eq!(error.reason(), Reason::InputLength);
        let pss = |digest, mgf_digest, salt_length| SignatureScheme::RsaPss {
            digest,
            mgf_digest,
            salt_length,
        };
        if spec == KeySpec::Rsa2048 {
            for (scheme, length) in [
                (pss(Digest::Sha256, Digest::Sha256, 0), 32),
                (pss(Digest::Sha256, Digest::Sha512, 32), 32),
                (pss(Digest::Sha1, Digest::Sha1, 20), 20),
                (SignatureScheme::RsaPkcs1 { digest: Digest::Sha3_256 }, 32),
                (SignatureScheme::RsaPkcs1Raw, 32),
            ] {
                let error = refused(&handle, sign(scheme, &vec![7; length])).await;
                assert_eq!(error.reason(), Reason::AlgorithmNotSupported, "{scheme}");
            }
        }
        assert_eq!(kms.requests().len(), 1 + all.len(), "what KMS does not do is not asked of it");
    }
}

async fn connects() {
    let (kms, _, handle) = with_key(KeySpec::EcP256).await;
    for _ in 0..64 {
        bytes(&handle, sign(SignatureScheme::Ecdsa, &[7; 32])).await;
    }
    // A second one is begun where the first is not back yet when the next request comes.
    assert!(kms.connections() <= 8, "{}", kms.connections());
}

async fn decrypts() {
    let (kms, _, handle) = with_key(KeySpec::Rsa2048).await;
    for digest in [Digest::Sha1, Digest::Sha256] {
        let scheme = EncryptionScheme::RsaOaep { digest, mgf_digest: digest };
        for plaintext in [&b""[..], b"a secret"] {
            let encrypt = CryptoRequest::Encrypt { scheme, iv: &[], aad: &[], plaintext };
            let ciphertext = bytes(&handle, encrypt).await;
            let decrypt =
                CryptoRequest::Decrypt { scheme, iv: &[], aad: &[], ciphertext: &ciphertext };
            assert_eq!(bytes(&handle, decrypt).await, plaintext);
        }
    }
    assert_eq!(kms.actions().iter().filter(|action| *action == "Decrypt").count(), 4);
    let scheme = EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha1 };
    let request = CryptoRequest::Decrypt { scheme, iv: &[], aad: &[], ciphertext: &[7; 256] };
    assert_eq!(refused(&handle, request).await.reason(), Reason::AlgorithmNotSupported);
}
