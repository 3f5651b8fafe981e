//! Encryption: what one half or the twin encrypts, the key decrypts.

use supacrypt_core::{Digest, EncryptionScheme, Error, KeySpec, Operation, Reason};
use supacrypt_crypto::{Key, generate};
use supacrypt_server::custody::{CryptoOutput, CryptoRequest, Weight};

use super::key::Made;

fn decrypt<'a>(
    scheme: EncryptionScheme,
    iv: &'a [u8],
    aad: &'a [u8],
    ciphertext: &'a [u8],
) -> CryptoRequest<'a> {
    CryptoRequest::Decrypt { scheme, iv, aad, ciphertext }
}

pub(super) async fn undone(key: &Made<'_>, scheme: EncryptionScheme) {
    match key.spec.is_asymmetric() {
        true => by_pair(key, scheme).await,
        false => {
            by_secret(key, scheme).await;
            if let EncryptionScheme::AesGcm { .. } = scheme {
                by_secret(key, EncryptionScheme::AesGcm { tag_length: 12 }).await;
            }
        }
    }
}

async fn by_pair(key: &Made<'_>, scheme: EncryptionScheme) {
    let plaintext = match scheme {
        EncryptionScheme::RsaRaw => [&[0], &vec![7; key.spec.bytes() - 1][..]].concat(),
        _ => b"a secret".to_vec(),
    };
    let ciphertext = key.public().encrypt(scheme, &[], &plaintext).unwrap();
    for ciphertext in [&ciphertext, &encrypted(key, scheme, b"", &plaintext).unwrap()] {
        let decrypted = key.bytes(decrypt(scheme, b"", b"", ciphertext)).await;
        assert_eq!(decrypted, plaintext, "{} {scheme}", key.spec);
    }
    for place in [100, 200] {
        let mut altered = ciphertext.clone();
        altered[place] ^= 1;
        match (scheme, key.handle.perform(decrypt(scheme, b"", b"", &altered)).await) {
            (EncryptionScheme::RsaRaw, _) => {}
            // Some give a wrong plaintext instead of a failure, which would be an oracle.
            (EncryptionScheme::RsaPkcs1, Ok(CryptoOutput::Bytes(bytes))) => {
                assert_ne!(*bytes, plaintext);
            }
            (_, output) => assert_eq!(output.err(), Some(failure()), "{} {scheme}", key.spec),
        }
    }
}

/// Encrypts with the public half, which asks nobody.
fn encrypted(
    key: &Made<'_>,
    scheme: EncryptionScheme,
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, Error> {
    assert_ne!(key.handle.weight(Operation::Encrypt), Weight::Remote);
    let encrypt = CryptoRequest::Encrypt { scheme, iv: &[], aad, plaintext };
    match key.handle.compute(&encrypt)? {
        CryptoOutput::Bytes(bytes) => Ok(bytes.to_vec()),
        CryptoOutput::Valid(_) => panic!("{scheme}: a verdict"),
    }
}

async fn by_secret(key: &Made<'_>, scheme: EncryptionScheme) {
    let iv = vec![0x0f; scheme.iv_len()];
    let aad: &[u8] = if scheme.takes_aad() { b"bound to this" } else { b"" };
    for length in [0, 16, 20, 32, 100] {
        if scheme.check_encrypt(key.spec, iv.len(), length).is_err() {
            continue;
        }
        let plaintext = vec![7; length];
        let encrypt = CryptoRequest::Encrypt { scheme, iv: &iv, aad, plaintext: &plaintext };
        let ciphertext = key.bytes(encrypt).await;
        if let Some(twin) = &key.twin {
            let expected = twin.encrypt(scheme, &iv, aad, &plaintext).unwrap();
            assert_eq!(ciphertext, expected, "{} {scheme} {length}", key.spec);
        }
        let decrypted = key.bytes(decrypt(scheme, &iv, aad, &ciphertext)).await;
        assert_eq!(decrypted, plaintext, "{} {scheme} {length}", key.spec);
        if let Some(altered) = altered(scheme, &ciphertext) {
            let error = key.refused(decrypt(scheme, &iv, aad, &altered)).await;
            assert_eq!(error, failure(), "{scheme} {length}");
        }
        if scheme.takes_aad() {
            let error = key.refused(decrypt(scheme, &iv, b"bound to that", &ciphertext)).await;
            assert_eq!(error, failure(), "{scheme} {length}");
        }
    }
}

/// A ciphertext that the scheme finds to be altered.
fn altered(scheme: EncryptionScheme, ciphertext: &[u8]) -> Option<Vec<u8>> {
    let mut altered = ciphertext.to_vec();
    match scheme {
        // Without an integrity of its own, it finds out by the padding alone: the last byte of it is the
        // exclusive or of the block before with something from 1 to 16.
        EncryptionScheme::AesCbcPad => *altered.iter_mut().nth_back(16)? ^= 0xe0,
        EncryptionScheme::AesEcb | EncryptionScheme::AesCbc | EncryptionScheme::AesCtr => {
            return None;
        }
        _ => altered[0] ^= 1,
    }
    Some(altered)
}

/// What is told of all ciphertexts that do not decrypt, by all custodians: a difference would tell more.
fn failure() -> Error {
    let aes = Key::load(KeySpec::Aes256, &generate(KeySpec::Aes256).unwrap()).unwrap();
    aes.decrypt(EncryptionScheme::AesKeyWrap, &[], &[], &[7; 24]).unwrap_err()
}

/// Inputs that do not fit are refused.
pub(super) async fn refused(key: &Made<'_>, scheme: EncryptionScheme) {
    let iv = vec![0x0f; scheme.iv_len()];
    let fits = vec![7; scheme.ciphertext_len(key.spec, 32)];
    for length in [0, 15, fits.len() + 1] {
        if scheme.check_decrypt(key.spec, iv.len(), length).is_err() {
            let error = key.refused(decrypt(scheme, &iv, b"", &vec![7; length])).await;
            assert_eq!(error.reason(), Reason::InputLength, "{scheme} {length}: {error}");
        }
    }
    let error = key.refused(decrypt(scheme, &[7; 17], b"", &fits)).await;
    assert_eq!(error.reason(), Reason::InvalidArgument, "{scheme}: {error}");
    let plaintext = vec![0; if scheme == EncryptionScheme::RsaRaw { key.spec.bytes() } else { 16 }];
    let encrypt = CryptoRequest::Encrypt { scheme, iv: &[7; 17], aad: &[], plaintext: &plaintext };
    let error = key.refused(encrypt).await;
    assert_eq!(error.reason(), Reason::InvalidArgument, "{scheme}: {error}");
    if !scheme.takes_aad() {
        let error = key.refused(decrypt(scheme, &iv, b"bound to this", &fits)).await;
        assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("aad")));
    }
}

/// What could not be decrypted is not encrypted either.
pub(super) async fn labelled(key: &Made<'_>, scheme: EncryptionScheme) {
    let EncryptionScheme::RsaOaep { digest, .. } = scheme else { return };
    let mgf_digest = match digest {
        Digest::Sha1 => Digest::Sha256,
        _ => Digest::Sha1,
    };
    let other = EncryptionScheme::RsaOaep { digest, mgf_digest };
    for (scheme, aad) in [(scheme, &b"a label"[..]), (other, b"")] {
        match encrypted(key, scheme, aad, b"a secret") {
            Ok(ciphertext) => {
                let decrypted = key.bytes(decrypt(scheme, b"", aad, &ciphertext)).await;
                assert_eq!(decrypted, b"a secret", "{scheme}");
            }
            Err(error) => assert_eq!(error.reason(), Reason::AlgorithmNotSupported, "{error}"),
        }
    }
}
