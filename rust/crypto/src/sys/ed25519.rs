//! Ed25519 (RFC 8032) over whole messages.

use aws_lc_sys as lc;

use super::{Failed, PKey, check, owned::Owned};

const SIGNATURE_LEN: usize = 64;

/// Signs a message.
pub(crate) fn sign(key: &PKey, message: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut out = vec![0; SIGNATURE_LEN];
    let mut len = out.len();
    // SAFETY: the context lives to the end of the block; the pointers and lengths describe live
    // slices; the null digest is what Ed25519 wants.
    unsafe {
        let context = Owned::new(lc::EVP_MD_CTX_new())?;
        check(lc::EVP_DigestSignInit(
            context.as_ptr(),
            std::ptr::null_mut(),
            std::ptr::null(),
            std::ptr::null_mut(),
            key.as_ptr(),
        ))?;
        check(lc::EVP_DigestSign(
            context.as_ptr(),
            out.as_mut_ptr(),
            &raw mut len,
            message.as_ptr(),
            message.len(),
        ))?;
    }
    out.truncate(len);
    Ok(out)
}

/// Verifies a signature of a message.
pub(crate) fn verify(key: &PKey, message: &[u8], signature: &[u8]) -> Result<(), Failed> {
    // SAFETY: as in `sign`.
    unsafe {
        let context = Owned::new(lc::EVP_MD_CTX_new())?;
        check(lc::EVP_DigestVerifyInit(
            context.as_ptr(),
            std::ptr::null_mut(),
            std::ptr::null(),
            std::ptr::null_mut(),
            key.as_ptr(),
        ))?;
        check(lc::EVP_DigestVerify(
            context.as_ptr(),
            signature.as_ptr(),
            signature.len(),
            message.as_ptr(),
            message.len(),
        ))
    }
}

/// The encoded point of a `SubjectPublicKeyInfo`: its last 32 bytes (RFC 8410, section 4).
pub(crate) fn public(spki: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(&spki[spki.len() - 32..]);
    key
}
