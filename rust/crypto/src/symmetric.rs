//! AES and ChaCha20: every scheme that encrypts with a secret key.

use supacrypt_core::{EncryptionScheme, Error, Reason, Result};
use zeroize::Zeroizing;

use crate::sys::{BlockMode, Direction, Failed, aead, aead::Aead, ccm, cipher, key_wrap};

/// Encrypts; lengths have been checked by the scheme.
pub(crate) fn encrypt(
    key: &[u8],
    scheme: EncryptionScheme,
    iv: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>> {
    let sealed = match scheme {
        EncryptionScheme::AesGcm { tag_length } => {
            aead::seal(Aead::AesGcm { tag_length }, key, iv, aad, plaintext)
        }
        EncryptionScheme::ChaCha20Poly1305 => {
            aead::seal(Aead::ChaCha20Poly1305, key, iv, aad, plaintext)
        }
        EncryptionScheme::AesCcm { tag_length } => ccm::seal(key, tag_length, iv, aad, plaintext),
        EncryptionScheme::AesKeyWrap => key_wrap::wrap(key, plaintext),
        EncryptionScheme::AesKeyWrapPad => key_wrap::wrap_padded(key, plaintext),
        _ => cipher::run(key, mode(scheme)?, Direction::Encrypt, iv, plaintext)
            .map(|ciphertext| ciphertext.to_vec()),
    };
    sealed.map_err(|Failed| Error::new(Reason::Internal, format!("{scheme} failed to encrypt")))
}

/// Decrypts; lengths have been checked by the scheme. The caller turns every failure into the same
/// answer.
pub(crate) fn decrypt(
    key: &[u8],
    scheme: EncryptionScheme,
    iv: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Failed> {
    match scheme {
        EncryptionScheme::AesGcm { tag_length } => {
            aead::open(Aead::AesGcm { tag_length }, key, iv, aad, ciphertext)
        }
        EncryptionScheme::ChaCha20Poly1305 => {
            aead::open(Aead::ChaCha20Poly1305, key, iv, aad, ciphertext)
        }
        EncryptionScheme::AesCcm { tag_length } => ccm::open(key, tag_length, iv, aad, ciphertext),
        EncryptionScheme::AesKeyWrap => key_wrap::unwrap(key, ciphertext),
        EncryptionScheme::AesKeyWrapPad => key_wrap::unwrap_padded(key, ciphertext),
        _ => {
            let mode = mode(scheme).map_err(|_| Failed)?;
            cipher::run(key, mode, Direction::Decrypt, iv, ciphertext)
        }
    }
}

fn mode(scheme: EncryptionScheme) -> Result<BlockMode> {
    match scheme {
        EncryptionScheme::AesEcb => Ok(BlockMode::Ecb),
        EncryptionScheme::AesCbc => Ok(BlockMode::Cbc { padding: false }),
        EncryptionScheme::AesCbcPad => Ok(BlockMode::Cbc { padding: true }),
        EncryptionScheme::AesCtr => Ok(BlockMode::Ctr),
        _ => Err(Error::new(
            Reason::AlgorithmNotSupported,
            format!("{scheme} is not offered by the software engine"),
        )),
    }
}
