//! Secret keys of a token: they compute what those of the engine do.

use std::sync::Arc;

use supacrypt_core::{Algorithm, Digest, EncryptionScheme, KeySpec, MacScheme, Operation, Reason};
use supacrypt_crypto::{Key, generate, generate_secret};
use supacrypt_server::custody::{
    CryptoOutput, CryptoRequest, Custodian, KeyHandle, Pkcs11Custodian, Wanted, Weight,
};

use crate::custodian::{DIGESTS, bytes, destroy, make, reason};

pub(crate) const SECRETS: [KeySpec; 7] = [
    KeySpec::Aes128,
    KeySpec::Aes192,
    KeySpec::Aes256,
    KeySpec::HmacSha256,
    KeySpec::HmacSha384,
    KeySpec::HmacSha512,
    KeySpec::GenericSecret,
];

pub(crate) async fn all(custodian: &Pkcs11Custodian) {
    let offered = custodian.capabilities().algorithms;
    for spec in SECRETS {
        // SoftHSM2 wants secrets that are as long as the digest.
        let material = match spec {
            KeySpec::GenericSecret => generate_secret(spec, 64).unwrap(),
            _ => generate(spec).unwrap(),
        };
        let id = format!("secret-{spec}");
        let brought = custodian
            .import(Wanted::usual(spec), material.as_bytes(), id.as_bytes())
            .await
            .unwrap();
        assert!(brought.public_key.is_none());
        let handle = custodian.open(spec, &brought.reference, id.as_bytes()).await.unwrap();
        let key = Key::load(spec, &material).unwrap();
        for scheme in [
            EncryptionScheme::AesGcm { tag_length: 16 },
            EncryptionScheme::AesGcm { tag_length: 12 },
            EncryptionScheme::AesCbc,
            EncryptionScheme::AesCbcPad,
            EncryptionScheme::AesEcb,
            EncryptionScheme::AesCtr,
        ] {
            if scheme.key_class() == spec.class() && offered.contains(Algorithm::Encryption(scheme))
            {
                encrypts(&handle, &key, scheme).await;
            }
        }
        let hmacs = DIGESTS.into_iter().map(MacScheme::hmac);
        let short = MacScheme::Hmac { digest: Digest::Sha256, length: 8 };
        for scheme in hmacs.chain([short, MacScheme::aes_cmac()]) {
            if scheme.check(spec).is_ok() && offered.contains(Algorithm::Mac(scheme)) {
                macs(&handle, &key, scheme).await;
            }
        }
        destroy(custodian, &brought.reference).await;
        let (reference, handle, _) = make(custodian, spec, &format!("made-{spec}")).await;
        assert_eq!(handle.weight(Operation::Verify), Weight::Remote);
        destroy(custodian, &reference).await;
    }
}

async fn encrypts(handle: &Arc<dyn KeyHandle>, key: &Key, scheme: EncryptionScheme) {
    let iv = vec![0x0f; scheme.iv_len()];
    let aad: &[u8] = if scheme.takes_aad() { b"bound to this" } else { b"" };
    for length in [0, 16, 32, 100] {
        let plaintext = vec![7; length];
        if scheme.check_encrypt(key.spec(), iv.len(), length).is_err() {
            continue;
        }
        let expected = key.encrypt(scheme, &iv, aad, &plaintext).unwrap();
        let request = CryptoRequest::Encrypt { scheme, iv: &iv, aad, plaintext: &plaintext };
        assert_eq!(bytes(handle, request).await, expected, "{scheme} {length}");
        let decrypt = |ciphertext| CryptoRequest::Decrypt { scheme, iv: &iv, aad, ciphertext };
        assert_eq!(bytes(handle, decrypt(&expected)).await, plaintext, "{scheme} {length}");
        if scheme.takes_aad() {
            let mut altered = expected.clone();
            altered[0] ^= 1;
            let refused = reason(handle, decrypt(&altered)).await;
            assert_eq!(refused, Reason::DecryptionFailed, "{scheme} {length}");
        }
    }
}

async fn macs(handle: &Arc<dyn KeyHandle>, key: &Key, scheme: MacScheme) {
    for input in [&b""[..], b"a message"] {
        let expected = key.mac(scheme, input).unwrap();
        let made = bytes(handle, CryptoRequest::MacSign { scheme, input }).await;
        assert_eq!(made, expected, "{scheme}");
        for (mac, expected) in [(&made[..], true), (&made[1..], false), (&[0; 64], false)] {
            let request = CryptoRequest::MacVerify { scheme, input, mac };
            match handle.perform(request).await.unwrap() {
                CryptoOutput::Valid(valid) => assert_eq!(valid, expected, "{scheme}"),
                CryptoOutput::Bytes(_) => panic!("no verdict"),
            }
        }
    }
}
