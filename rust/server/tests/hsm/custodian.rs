//! The custodian alone: what is particular to tokens.

use std::sync::Arc;
use std::time::Duration;

use supacrypt_core::{Algorithm, Digest, EncryptionScheme, KeySpec, Reason, SignatureScheme};
use supacrypt_server::config::Pkcs11Settings;
use supacrypt_server::custody::{CryptoRequest, Custodian, KeyHandle, Pkcs11Custodian, Wanted};

use crate::done;
use crate::token::{PIN, Token};

const PAIRS: [KeySpec; 8] = [
    KeySpec::Rsa2048,
    KeySpec::Rsa3072,
    KeySpec::Rsa4096,
    KeySpec::EcP256,
    KeySpec::EcP384,
    KeySpec::EcP521,
    KeySpec::EcSecp256k1,
    KeySpec::Ed25519,
];
const SECRETS: [KeySpec; 7] = [
    KeySpec::Aes128,
    KeySpec::Aes192,
    KeySpec::Aes256,
    KeySpec::HmacSha256,
    KeySpec::HmacSha384,
    KeySpec::HmacSha512,
    KeySpec::GenericSecret,
];
const DIGESTS: [Digest; 5] =
    [Digest::Sha1, Digest::Sha224, Digest::Sha256, Digest::Sha384, Digest::Sha512];

pub(crate) async fn all(token: &Token) {
    let custodian = Token::open(&token.settings()).await.unwrap();
    offers(&custodian);
    done("a_token_offers_what_it_does");
    stored(&custodian, token).await;
    done("a_key_is_stored_by_its_id");
    recovers(&custodian, token).await;
    done("a_login_that_is_lost_is_made_again");
    refused_pin(token).await;
    done("a_pin_that_is_refused_is_not_tried_again");
    abandoned(token).await;
    done("a_key_that_nobody_waits_for_is_destroyed");
    patient(&custodian).await;
    done("who_stops_waiting_keeps_no_session");
}

/// What each of these keys is asked to do.
const SIGN: CryptoRequest<'_> =
    CryptoRequest::Sign { scheme: SignatureScheme::Ecdsa, context: &[], input: &[7; 32] };

/// Makes a key and opens it.
async fn make(custodian: &Pkcs11Custodian, id: &str) -> (Vec<u8>, Arc<dyn KeyHandle>) {
    let spec = KeySpec::EcP256;
    let made = custodian.generate(Wanted::usual(spec), id.as_bytes()).await.unwrap();
    let handle = custodian.open(spec, &made.reference, id.as_bytes()).await.unwrap();
    (made.reference, handle)
}

async fn destroy(custodian: &Pkcs11Custodian, reference: &[u8]) {
    custodian.destroy(reference).await.unwrap();
}

fn offers(custodian: &Pkcs11Custodian) {
    let offered = custodian.capabilities();
    let pairs = PAIRS.into_iter().chain(SECRETS);
    assert_eq!(offered.generates.len(), pairs.clone().count(), "{:?}", offered.generates);
    for spec in pairs {
        assert!(offered.generates.contains(&spec), "{spec}");
        assert_eq!(offered.imports.contains(&spec), spec != KeySpec::Ed25519, "{spec}");
    }
    let oaep =
        |digest| Algorithm::Encryption(EncryptionScheme::RsaOaep { digest, mgf_digest: digest });
    // SoftHSM2 lists the mechanism, and has it for SHA-1 alone.
    assert!(offered.algorithms.contains(oaep(Digest::Sha1)));
    assert!(!offered.algorithms.contains(oaep(Digest::Sha256)));
    let names: Vec<_> = offered.algorithms.names().collect();
    for digest in DIGESTS {
        for name in ["rsa-pkcs1", "rsa-pss", "hmac"] {
            assert!(names.contains(&format!("{name}-{digest}")), "{name} {digest}");
        }
    }
    for name in ["rsa-raw", "ecdsa", "ed25519", "ecdh", "aes-gcm", "aes-ctr", "aes-cmac"] {
        assert!(names.iter().any(|offered| offered == name), "{name}");
    }
    for name in ["ml-dsa", "aes-ccm", "aes-kw", "hkdf-sha256", "ecdh-x963-sha256"] {
        assert!(!names.iter().any(|offered| offered == name), "{name}");
    }
}

async fn stored(custodian: &Pkcs11Custodian, token: &Token) {
    let (reference, _) = make(custodian, "stored").await;
    assert_eq!(reference, b"\x01stored");
    assert_eq!(token.labels(), ["supacrypt store/stored"; 2]);
    destroy(custodian, &reference).await;
    assert_eq!(token.objects().len(), 0);
}

async fn recovers(custodian: &Pkcs11Custodian, token: &Token) {
    let (reference, handle) = make(custodian, "recovers").await;
    // Signing, making and destroying, each by a session that is not logged in any more.
    token.session().logout().unwrap();
    assert!(handle.perform(SIGN).await.is_ok());
    token.session().logout().unwrap();
    let (other, _) = make(custodian, "recovered").await;
    token.session().logout().unwrap();
    destroy(custodian, &other).await;
    destroy(custodian, &reference).await;
    assert_eq!(token.objects().len(), 0);
}

async fn refused_pin(token: &Token) {
    let custodian = Token::open(&token.settings()).await.unwrap();
    let (reference, handle) = make(&custodian, "refused").await;
    token.change_pin(PIN, "other pin");
    let error = handle.perform(SIGN).await.err().unwrap();
    assert_eq!(error.reason(), Reason::CustodianDenied);
    assert!(error.message().contains("pin_file"), "{error}");
    token.change_pin("other pin", PIN);
    assert_eq!(handle.perform(SIGN).await.err().unwrap(), error);
    // A start tries it again.
    let custodian = Token::open(&token.settings()).await.unwrap();
    destroy(&custodian, &reference).await;
}

async fn abandoned(token: &Token) {
    let settings = Pkcs11Settings { sessions: 1.try_into().unwrap(), ..token.settings() };
    let custodian = Token::open(&settings).await.unwrap();
    let waiting = custodian.generate(Wanted::usual(KeySpec::Rsa4096), b"abandoned");
    assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    // The one session is free again when the key is made.
    destroy(&custodian, b"\x01another").await;
    let gone = async {
        while !token.objects().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.unwrap();
}

async fn patient(custodian: &Pkcs11Custodian) {
    let (reference, handle) = make(custodian, "patient").await;
    for _ in 0..16 {
        let waiting = tokio::time::timeout(Duration::ZERO, handle.perform(SIGN));
        drop(waiting.await);
    }
    assert!(handle.perform(SIGN).await.is_ok());
    destroy(custodian, &reference).await;
}
