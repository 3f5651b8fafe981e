//! What keys of a vault do from their making to their end, at the stand-in and at a real vault.

use supacrypt_core::{Algorithm, Digest, EncryptionScheme, KeySpec, Reason, SignatureScheme};
use supacrypt_crypto::{Key, generate};
use supacrypt_server::custody::{
    AzureCustodian, CryptoOutput, CryptoRequest, Custodian, Held, Wanted, Weight,
};

use crate::{Made, bytes, make, reason, signing, signs};

pub(crate) const SPECS: [KeySpec; 7] = [
    KeySpec::Rsa2048,
    KeySpec::Rsa3072,
    KeySpec::Rsa4096,
    KeySpec::EcP256,
    KeySpec::EcP384,
    KeySpec::EcP521,
    KeySpec::EcSecp256k1,
];
const DIGESTS: [Digest; 5] =
    [Digest::Sha1, Digest::Sha224, Digest::Sha256, Digest::Sha384, Digest::Sha512];

/// All that a key may sign by, with an input for each.
fn schemes(spec: KeySpec) -> Vec<(SignatureScheme, Vec<u8>)> {
    let digests = || DIGESTS.into_iter().map(|digest| (digest, vec![7; digest.len()]));
    if SignatureScheme::Ecdsa.check(spec, 32).is_ok() {
        return digests().map(|(_, input)| (SignatureScheme::Ecdsa, input)).collect();
    }
    digests()
        .map(|(digest, input)| (SignatureScheme::RsaPkcs1 { digest }, input))
        .chain(digests().map(|(digest, input)| {
            let salt_length = digest.len() as u16;
            (SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length }, input)
        }))
        .collect()
}

/// Every scheme that is offered signs for the public half; the others are refused.
pub(crate) async fn every_scheme_signs(custodian: &AzureCustodian, spec: KeySpec, id: &str) {
    let offered = custodian.capabilities().algorithms;
    let Made { reference, handle, public } = make(custodian, spec, id).await;
    let mut signed = 0;
    for (scheme, input) in schemes(spec) {
        let request = CryptoRequest::Sign { scheme, context: &[], input: &input };
        assert_eq!(handle.weight(request.operation()), Weight::Remote);
        assert_eq!(handle.compute(&request).err().unwrap().reason(), Reason::Internal);
        if !offered.contains(Algorithm::Signature(scheme)) {
            assert_eq!(reason(&handle, request).await, Reason::AlgorithmNotSupported, "{scheme}");
            continue;
        }
        let signature = bytes(&handle, request).await;
        assert!(public.verify(scheme, &input, &signature).unwrap(), "{spec} {scheme}");
        let verify =
            CryptoRequest::Verify { scheme, context: &[], input: &input, signature: &signature };
        assert_ne!(handle.weight(verify.operation()), Weight::Remote);
        let CryptoOutput::Valid(true) = handle.compute(&verify).unwrap() else {
            panic!("{scheme}")
        };
        signed += 1;
    }
    assert_eq!(signed, if public.spec().bits() < 1000 { 5 } else { 6 });
    custodian.destroy(&reference).await.unwrap();
}

/// RSA undoes what its public half encrypts, and tells nothing of why it cannot.
pub(crate) async fn decrypts(custodian: &AzureCustodian, id: &str) {
    let Made { reference, handle, .. } = make(custodian, KeySpec::Rsa2048, id).await;
    let oaep = |digest| EncryptionScheme::RsaOaep { digest, mgf_digest: digest };
    for scheme in [EncryptionScheme::RsaPkcs1, oaep(Digest::Sha1), oaep(Digest::Sha256)] {
        for plaintext in [&b"secret"[..], b"\0"] {
            let encrypt = CryptoRequest::Encrypt { scheme, iv: &[], aad: &[], plaintext };
            assert_ne!(handle.weight(encrypt.operation()), Weight::Remote);
            let ciphertext = bytes(&handle, encrypt).await;
            let decrypt =
                |ciphertext| CryptoRequest::Decrypt { scheme, iv: &[], aad: &[], ciphertext };
            assert_eq!(bytes(&handle, decrypt(&ciphertext)).await, plaintext, "{scheme}");
            if scheme != EncryptionScheme::RsaPkcs1 {
                let mut altered = ciphertext.clone();
                altered[100] ^= 1;
                let error = handle.perform(decrypt(&altered)).await.err().unwrap();
                assert_eq!(error.reason(), Reason::DecryptionFailed, "{scheme}");
                assert!(!error.message().contains("custodian"), "{error}");
            }
        }
    }
    // What the vault could not undo is not encrypted either.
    for (scheme, aad) in [(oaep(Digest::Sha512), &b""[..]), (oaep(Digest::Sha256), b"label")] {
        let encrypt = CryptoRequest::Encrypt { scheme, iv: &[], aad, plaintext: b"secret" };
        assert_eq!(reason(&handle, encrypt).await, Reason::AlgorithmNotSupported, "{scheme}");
    }
    custodian.destroy(&reference).await.unwrap();
}

/// A key that was elsewhere is the same key there, and comes out no more.
pub(crate) async fn is_brought(custodian: &AzureCustodian, spec: KeySpec, id: &str) {
    let material = generate(spec).unwrap();
    let ours = Key::load(spec, &material).unwrap().public_key().unwrap().clone();
    let brought =
        custodian.import(Wanted::usual(spec), material.as_bytes(), id.as_bytes()).await.unwrap();
    assert_eq!(brought.public_key.as_deref(), Some(ours.spki_der()));
    let reference = brought.reference;
    let handle = custodian.open(spec, &reference, id.as_bytes()).await.unwrap();
    let made = Made { reference, handle, public: ours };
    signs(&made).await;
    let refused = custodian.export(spec, &made.reference, id.as_bytes()).await;
    assert_eq!(refused.err().unwrap().reason(), Reason::UsageNotPermitted);
    custodian.destroy(&made.reference).await.unwrap();
}

/// A key is found, disabled, enabled, adopted and destroyed.
pub(crate) async fn lives(custodian: &AzureCustodian, id: &str) {
    let spec = KeySpec::EcP256;
    let made = make(custodian, spec, id).await;
    let url = String::from_utf8(made.reference.clone()).unwrap();
    let url = url.strip_prefix("\x01made ").unwrap();
    let (whole, _version) = url.rsplit_once('/').unwrap();
    let held = custodian.held().await.unwrap();
    let reference = format!("\x01made {whole}").into_bytes();
    let wanted = Held { context: id.into(), reference: reference.clone(), whole: true };
    assert!(held.contains(&wanted), "{held:?}");

    custodian.set_enabled(&made.reference, false).await.unwrap();
    assert_eq!(reason(&made.handle, signing(spec)).await, Reason::KeyVersionDisabled);
    let refused = custodian.adopt(whole).await.err().unwrap();
    assert_eq!(refused.reason(), Reason::KeyNotFound, "{refused}");
    custodian.set_enabled(&made.reference, true).await.unwrap();
    signs(&made).await;

    // Others may take it over as one of theirs; what they do to it leaves it where it is.
    for name in [whole, url] {
        let adopted = custodian.adopt(name).await.unwrap();
        assert_eq!((adopted.spec, adopted.versions.len()), (spec, 1));
        let reference = &adopted.versions[0].reference;
        assert_eq!(reference, format!("\x01adopted {url}").as_bytes());
        custodian.destroy(reference).await.unwrap();
        custodian.set_enabled(reference, false).await.unwrap();
        let handle = custodian.open(spec, reference, b"another").await.unwrap();
        assert_eq!(bytes(&handle, signing(spec)).await.len(), 64);
    }

    let altered = custodian.open(spec, &made.reference, b"another").await;
    assert_eq!(altered.err().unwrap().reason(), Reason::CustodianUnavailable);
    // By what it is held as, as one that the store does not know.
    custodian.destroy(&reference).await.unwrap();
    custodian.destroy(&made.reference).await.unwrap();
    assert!(!custodian.held().await.unwrap().contains(&wanted));
    assert_eq!(reason(&made.handle, signing(spec)).await, Reason::KeyVersionDestroyed);
    let gone = custodian.open(spec, &made.reference, id.as_bytes()).await;
    assert_eq!(gone.err().unwrap().reason(), Reason::KeyVersionDestroyed);
    let gone = custodian.adopt(whole).await.err().unwrap();
    assert_eq!((gone.reason(), gone.field()), (Reason::KeyNotFound, Some("source")));
}
