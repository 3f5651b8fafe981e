//! Signatures over whole messages: Ed25519 (RFC 8032) and ML-DSA (FIPS 204).

use std::ptr;

use aws_lc_sys as lc;

use super::{Failed, PKey, check, owned::Owned};

/// Signs a message. `len` is the signature's length in bytes; an Ed25519 key takes no `context`.
pub(crate) fn sign(
    key: &PKey,
    len: usize,
    context: &[u8],
    message: &[u8],
) -> Result<Vec<u8>, Failed> {
    let mut out = vec![0; len];
    let mut len = out.len();
    let mut parameters = ptr::null_mut();
    // SAFETY: the operation lives to the end of the block and lends its parameters; the pointers and
    // lengths describe live slices; the null digest is what these signatures want.
    unsafe {
        let operation = Owned::new(lc::EVP_MD_CTX_new())?;
        check(lc::EVP_DigestSignInit(
            operation.as_ptr(),
            &raw mut parameters,
            ptr::null(),
            ptr::null_mut(),
            key.as_ptr(),
        ))?;
        set_context(parameters, context)?;
        check(lc::EVP_DigestSign(
            operation.as_ptr(),
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
pub(crate) fn verify(
    key: &PKey,
    context: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), Failed> {
    let mut parameters = ptr::null_mut();
    // SAFETY: as in `sign`.
    unsafe {
        let operation = Owned::new(lc::EVP_MD_CTX_new())?;
        check(lc::EVP_DigestVerifyInit(
            operation.as_ptr(),
            &raw mut parameters,
            ptr::null(),
            ptr::null_mut(),
            key.as_ptr(),
        ))?;
        set_context(parameters, context)?;
        check(lc::EVP_DigestVerify(
            operation.as_ptr(),
            signature.as_ptr(),
            signature.len(),
            message.as_ptr(),
            message.len(),
        ))
    }
}

/// # Safety
/// `parameters` must be those of an operation that was just initialized.
unsafe fn set_context(parameters: *mut lc::EVP_PKEY_CTX, context: &[u8]) -> Result<(), Failed> {
    if context.is_empty() {
        return Ok(());
    }
    // SAFETY: the caller initialized the operation; AWS-LC copies the context.
    unsafe {
        check(lc::EVP_PKEY_CTX_set_signature_context(parameters, context.as_ptr(), context.len()))
    }
}
