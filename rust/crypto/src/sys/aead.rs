//! Authenticated encryption: AES-GCM (NIST SP 800-38D) with tags of 12 to 16 bytes, and
//! ChaCha20-Poly1305 (RFC 8439).

use aws_lc_sys as lc;
use zeroize::Zeroizing;

use super::{Failed, check, owned::Owned};

/// Which of them.
#[derive(Clone, Copy)]
pub(crate) enum Aead {
    AesGcm { tag_length: u8 },
    ChaCha20Poly1305,
}

impl Aead {
    fn tag_length(self) -> usize {
        match self {
            Aead::AesGcm { tag_length } => tag_length.into(),
            Aead::ChaCha20Poly1305 => 16,
        }
    }
}

/// Encrypts; the tag follows the ciphertext.
pub(crate) fn seal(
    aead: Aead,
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, Failed> {
    let context = context(aead, key)?;
    let mut out = vec![0; plaintext.len() + aead.tag_length()];
    let mut len = 0;
    // SAFETY: the context is valid; the pointers and lengths describe live slices.
    unsafe {
        check(lc::EVP_AEAD_CTX_seal(
            context.as_ptr(),
            out.as_mut_ptr(),
            &raw mut len,
            out.len(),
            iv.as_ptr(),
            iv.len(),
            plaintext.as_ptr(),
            plaintext.len(),
            aad.as_ptr(),
            aad.len(),
        ))?;
    }
    out.truncate(len);
    Ok(out)
}

/// Checks the tag and decrypts.
pub(crate) fn open(
    aead: Aead,
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let context = context(aead, key)?;
    let mut out = Zeroizing::new(vec![0; ciphertext.len()]);
    let mut len = 0;
    // SAFETY: the context is valid; the pointers and lengths describe live slices.
    unsafe {
        check(lc::EVP_AEAD_CTX_open(
            context.as_ptr(),
            out.as_mut_ptr(),
            &raw mut len,
            out.len(),
            iv.as_ptr(),
            iv.len(),
            ciphertext.as_ptr(),
            ciphertext.len(),
            aad.as_ptr(),
            aad.len(),
        ))?;
    }
    out.truncate(len);
    Ok(out)
}

fn context(aead: Aead, key: &[u8]) -> Result<Owned<lc::EVP_AEAD_CTX>, Failed> {
    // SAFETY: the algorithm is a static table, its key length is that of `key`.
    unsafe {
        let algorithm = match (aead, key.len()) {
            (Aead::AesGcm { .. }, 16) => lc::EVP_aead_aes_128_gcm(),
            (Aead::AesGcm { .. }, 24) => lc::EVP_aead_aes_192_gcm(),
            (Aead::AesGcm { .. }, 32) => lc::EVP_aead_aes_256_gcm(),
            (Aead::ChaCha20Poly1305, 32) => lc::EVP_aead_chacha20_poly1305(),
            _ => return Err(Failed),
        };
        Owned::new(lc::EVP_AEAD_CTX_new(algorithm, key.as_ptr(), key.len(), aead.tag_length()))
    }
}
