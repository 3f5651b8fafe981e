//! The custodian alone: what a token gives is what the engine of this process gives.

use std::sync::Arc;
use std::time::Duration;

use supacrypt_core::{
    Algorithm, DerivationInput, DerivationScheme, Digest, EncryptionScheme, Kdf, KeySpec, Reason,
    SignatureScheme,
};
use supacrypt_crypto::{Key, PublicComponents, PublicKey, generate};
use supacrypt_server::config::Pkcs11Settings;
use supacrypt_server::custody::{
    CryptoOutput, CryptoRequest, Custodian, Held, KeyHandle, Pkcs11Custodian, Wanted, Weight,
};

use crate::done;
use crate::secret_keys::{self, SECRETS};
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
pub(crate) const DIGESTS: [Digest; 5] =
    [Digest::Sha1, Digest::Sha224, Digest::Sha256, Digest::Sha384, Digest::Sha512];

pub(crate) async fn all(token: &Token) {
    let custodian = Token::open(&token.settings()).await.unwrap();
    offers(&custodian);
    done("a_token_offers_what_it_does");
    signs(&custodian).await;
    done("every_scheme_signs_for_the_public_half");
    decrypts(&custodian).await;
    done("rsa_decrypts_what_the_public_half_encrypts");
    secret_keys::all(&custodian).await;
    done("secret_keys_compute_as_the_engine_does");
    agrees(&custodian).await;
    done("two_keys_agree_on_a_secret");
    imports(&custodian).await;
    done("private_keys_are_brought");
    lives(&custodian, token).await;
    done("a_key_lives_until_it_is_destroyed");
    recovers(&custodian, token).await;
    done("a_login_that_is_lost_is_made_again");
    refused_pin(token).await;
    done("a_pin_that_is_refused_is_not_tried_again");
    abandoned(token).await;
    done("a_key_that_nobody_waits_for_is_destroyed");
    bounded(&custodian).await;
    done("more_is_asked_than_there_are_sessions");
}

/// Makes a key and opens it.
pub(crate) async fn make(
    custodian: &Pkcs11Custodian,
    spec: KeySpec,
    id: &str,
) -> (Vec<u8>, Arc<dyn KeyHandle>, Option<PublicKey>) {
    let made = custodian.generate(Wanted::usual(spec), id.as_bytes()).await.unwrap();
    let public = made.public_key.map(|der| PublicKey::from_spki_der(&der).unwrap());
    let handle = custodian.open(spec, &made.reference, id.as_bytes()).await.unwrap();
    (made.reference, handle, public)
}

pub(crate) async fn bytes(handle: &Arc<dyn KeyHandle>, request: CryptoRequest<'_>) -> Vec<u8> {
    match handle.perform(request).await {
        Ok(CryptoOutput::Bytes(bytes)) => bytes.to_vec(),
        Ok(CryptoOutput::Valid(_)) => panic!("a verdict"),
        Err(error) => panic!("{}: {error}", request.algorithm()),
    }
}

pub(crate) async fn reason(handle: &Arc<dyn KeyHandle>, request: CryptoRequest<'_>) -> Reason {
    handle.perform(request).await.err().unwrap().reason()
}

pub(crate) async fn destroy(custodian: &Pkcs11Custodian, reference: &[u8]) {
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

async fn signs(custodian: &Pkcs11Custodian) {
    let offered = custodian.capabilities().algorithms;
    for spec in PAIRS {
        let (reference, handle, public) = make(custodian, spec, &format!("signs-{spec}")).await;
        let public = public.unwrap();
        assert_eq!(public.spec(), spec);
        let mut tried = 0;
        for (scheme, input) in schemes(spec) {
            if !offered.contains(Algorithm::Signature(scheme)) {
                continue;
            }
            let request = CryptoRequest::Sign { scheme, context: &[], input: &input };
            assert_eq!(handle.weight(request.operation()), Weight::Remote);
            let signature = bytes(&handle, request).await;
            assert!(public.verify(scheme, &input, &signature).unwrap(), "{spec} {scheme}");
            let verify = CryptoRequest::Verify {
                scheme,
                context: &[],
                input: &input,
                signature: &signature,
            };
            assert_ne!(handle.weight(verify.operation()), Weight::Remote);
            let CryptoOutput::Valid(true) = handle.compute(&verify).unwrap() else {
                panic!("{spec} {scheme}")
            };
            tried += 1;
        }
        assert!(tried > 0, "{spec}");
        // Who does not wait gets no signature.
        let (scheme, input) = schemes(spec).remove(0);
        let request = CryptoRequest::Sign { scheme, context: &[], input: &input };
        assert_eq!(handle.compute(&request).err().unwrap().reason(), Reason::Internal);
        destroy(custodian, &reference).await;
    }
}

/// All that a key may sign by, with an input for each.
fn schemes(spec: KeySpec) -> Vec<(SignatureScheme, Vec<u8>)> {
    let digests = || DIGESTS.into_iter().map(|digest| (digest, vec![7; digest.len()]));
    if SignatureScheme::Ed25519.check(spec, 0).is_ok() {
        let messages = [vec![], b"a message".to_vec(), vec![7; 10_000]];
        return messages.map(|message| (SignatureScheme::Ed25519, message)).into();
    }
    if SignatureScheme::Ecdsa.check(spec, 32).is_ok() {
        return digests().map(|(_, input)| (SignatureScheme::Ecdsa, input)).collect();
    }
    let sha3 = (SignatureScheme::RsaPkcs1 { digest: Digest::Sha3_384 }, vec![7; 48]);
    let raw = (SignatureScheme::RsaPkcs1Raw, b"as it is".to_vec());
    let number = (SignatureScheme::RsaRaw, [&[0], &vec![7; spec.bytes() - 1][..]].concat());
    digests()
        .map(|(digest, input)| (SignatureScheme::RsaPkcs1 { digest }, input))
        .chain(digests().map(|(digest, input)| {
            let salt_length = digest.len() as u16;
            (SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length }, input)
        }))
        .chain([sha3, raw, number])
        .collect()
}

async fn decrypts(custodian: &Pkcs11Custodian) {
    let spec = KeySpec::Rsa2048;
    let (reference, handle, public) = make(custodian, spec, "decrypts").await;
    let public = public.unwrap();
    let (digest, mgf_digest) = (Digest::Sha1, Digest::Sha1);
    let whole = [&[0][..], &[7; 255]].concat();
    for (scheme, plaintext) in [
        (EncryptionScheme::RsaPkcs1, &b"secret"[..]),
        (EncryptionScheme::RsaPkcs1, b""),
        (EncryptionScheme::RsaOaep { digest, mgf_digest }, b"secret"),
        (EncryptionScheme::RsaRaw, &whole),
    ] {
        let ciphertext = public.encrypt(scheme, &[], plaintext).unwrap();
        let request = |ciphertext| CryptoRequest::Decrypt { scheme, iv: &[], aad: &[], ciphertext };
        assert_eq!(bytes(&handle, request(&ciphertext)).await, plaintext, "{scheme}");
        let encrypt = CryptoRequest::Encrypt { scheme, iv: &[], aad: &[], plaintext };
        assert_ne!(handle.weight(encrypt.operation()), Weight::Remote);
        assert!(handle.compute(&encrypt).is_ok());
        if scheme != EncryptionScheme::RsaRaw {
            let mut altered = ciphertext.clone();
            altered[100] ^= 1;
            let refused = reason(&handle, request(&altered)).await;
            assert_eq!(refused, Reason::DecryptionFailed, "{scheme}");
        }
    }
    let sha256 = Digest::Sha256;
    let scheme = EncryptionScheme::RsaOaep { digest: sha256, mgf_digest: sha256 };
    let ciphertext = public.encrypt(scheme, &[], b"secret").unwrap();
    let request = CryptoRequest::Decrypt { scheme, iv: &[], aad: &[], ciphertext: &ciphertext };
    assert_eq!(reason(&handle, request).await, Reason::AlgorithmNotSupported);
    destroy(custodian, &reference).await;
}

async fn agrees(custodian: &Pkcs11Custodian) {
    let scheme = DerivationScheme::Ecdh { kdf: Kdf::None };
    for spec in [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::EcSecp256k1] {
        let (reference, handle, public) = make(custodian, spec, &format!("agrees-{spec}")).await;
        let peer = Key::load(spec, &generate(spec).unwrap()).unwrap();
        let point = |key: &PublicKey| match key.components() {
            PublicComponents::Ec { point } => point,
            other => panic!("{other:?}"),
        };
        let (ours, theirs) = (point(&public.unwrap()), point(peer.public_key().unwrap()));
        let input = |peer| DerivationInput { peer, length: spec.bytes(), ..Default::default() };
        let request = CryptoRequest::Derive { scheme, input: input(&theirs) };
        let secret = bytes(&handle, request).await;
        assert_eq!(secret, *peer.derive(scheme, &input(&ours)).unwrap(), "{spec}");
        destroy(custodian, &reference).await;
    }
}

async fn imports(custodian: &Pkcs11Custodian) {
    for spec in PAIRS.into_iter().filter(|spec| *spec != KeySpec::Ed25519) {
        let material = generate(spec).unwrap();
        let key = Key::load(spec, &material).unwrap();
        let id = format!("brought-{spec}");
        let brought = custodian
            .import(Wanted::usual(spec), material.as_bytes(), id.as_bytes())
            .await
            .unwrap();
        let public = key.public_key().unwrap();
        assert_eq!(brought.public_key.as_deref(), Some(public.spki_der()));
        let handle = custodian.open(spec, &brought.reference, id.as_bytes()).await.unwrap();
        let (scheme, input) = schemes(spec).remove(2);
        let request = CryptoRequest::Sign { scheme, context: &[], input: &input };
        let signature = bytes(&handle, request).await;
        assert!(public.verify(scheme, &input, &signature).unwrap(), "{spec}");
        let refused = custodian.export(spec, &brought.reference, id.as_bytes()).await;
        assert_eq!(refused.err().unwrap().reason(), Reason::UsageNotPermitted);
        destroy(custodian, &brought.reference).await;
    }
    let refused = custodian.import(Wanted::usual(KeySpec::EcP256), b"no key", b"refused").await;
    assert_eq!(refused.err().unwrap().reason(), Reason::InvalidKeyMaterial);
}

async fn lives(custodian: &Pkcs11Custodian, token: &Token) {
    assert_eq!(token.objects().len(), 0, "all that was made before is destroyed");
    let spec = KeySpec::EcP256;
    let (reference, handle, _) = make(custodian, spec, "lives").await;
    assert_eq!(token.objects().len(), 2);
    assert_eq!(reference, b"\x01lives");
    let held = Held { context: b"lives".to_vec(), reference: reference.clone(), whole: true };
    assert_eq!(custodian.held().await.unwrap(), [held]);
    let refused = custodian.open(spec, &reference, b"another").await;
    assert_eq!(refused.err().unwrap().reason(), Reason::CustodianUnavailable);
    destroy(custodian, &reference).await;
    assert_eq!(token.objects().len(), 0);
    destroy(custodian, &reference).await;
    let scheme = SignatureScheme::Ecdsa;
    let request = CryptoRequest::Sign { scheme, context: &[], input: &[7; 32] };
    assert_eq!(reason(&handle, request).await, Reason::KeyVersionDestroyed);
    let refused = custodian.open(spec, &reference, b"lives").await;
    assert_eq!(refused.err().unwrap().reason(), Reason::KeyVersionDestroyed);
}

async fn recovers(custodian: &Pkcs11Custodian, token: &Token) {
    let spec = KeySpec::EcP256;
    let (reference, handle, _) = make(custodian, spec, "recovers").await;
    let scheme = SignatureScheme::Ecdsa;
    let request = CryptoRequest::Sign { scheme, context: &[], input: &[7; 32] };
    // Signing, making and destroying, each by a session that is not logged in any more.
    token.session().logout().unwrap();
    assert_eq!(bytes(&handle, request).await.len(), 64);
    token.session().logout().unwrap();
    let (other, _, _) = make(custodian, spec, "recovered").await;
    token.session().logout().unwrap();
    destroy(custodian, &other).await;
    destroy(custodian, &reference).await;
    assert_eq!(token.objects().len(), 0);
}

async fn refused_pin(token: &Token) {
    let custodian = Token::open(&token.settings()).await.unwrap();
    let (reference, handle, _) = make(&custodian, KeySpec::EcP256, "refused").await;
    let scheme = SignatureScheme::Ecdsa;
    let request = CryptoRequest::Sign { scheme, context: &[], input: &[7; 32] };
    token.change_pin(PIN, "other pin");
    let error = handle.perform(request).await.err().unwrap();
    assert_eq!(error.reason(), Reason::CustodianDenied);
    assert!(error.message().contains("pin_file"), "{error}");
    token.change_pin("other pin", PIN);
    assert_eq!(handle.perform(request).await.err().unwrap(), error);
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

async fn bounded(custodian: &Pkcs11Custodian) {
    let (reference, handle, _) = make(custodian, KeySpec::EcP256, "bounded").await;
    let scheme = SignatureScheme::Ecdsa;
    let request = CryptoRequest::Sign { scheme, context: &[], input: &[7; 32] };
    let all = (0..64).map(|_| handle.perform(request));
    for output in futures_util::future::join_all(all).await {
        assert!(output.is_ok());
    }
    // Who stops waiting keeps no session from the others.
    for _ in 0..16 {
        let waiting = tokio::time::timeout(Duration::ZERO, handle.perform(request));
        drop(waiting.await);
    }
    assert_eq!(bytes(&handle, request).await.len(), 64);
    destroy(custodian, &reference).await;
}
