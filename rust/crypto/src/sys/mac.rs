//! HMAC (FIPS 198-1) with any digest, and AES-CMAC (RFC 4493).

use std::{ffi::c_uint, ptr};

use aws_lc_sys as lc;
use supacrypt_core::Digest;

use super::{Failed, check, digest::algorithm, owned::Owned};

/// Length in bytes of an AES-CMAC.
const CMAC_LEN: usize = 16;

/// The whole HMAC of a message.
pub(crate) fn hmac(digest: Digest, key: &[u8], message: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut out = vec![0; digest.len()];
    // SAFETY: the pointers and lengths describe live slices; the output is as long as the digest.
    let made = unsafe {
        lc::HMAC(
            algorithm(digest),
            key.as_ptr().cast(),
            key.len(),
            message.as_ptr(),
            message.len(),
            out.as_mut_ptr(),
            ptr::null_mut::<c_uint>(),
        )
    };
    if made.is_null() { Err(Failed::take()) } else { Ok(out) }
}

/// The whole CMAC of a message; the key is one for AES.
pub(crate) fn cmac(key: &[u8], message: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut out = vec![0; CMAC_LEN];
    let mut len = 0;
    // SAFETY: the cipher is a static table whose key length is that of `key`; the pointers and
    // lengths describe live slices; the output has the length of a block, which is all that is
    // written.
    unsafe {
        let cipher = match key.len() {
            16 => lc::EVP_aes_128_cbc(),
            24 => lc::EVP_aes_192_cbc(),
            32 => lc::EVP_aes_256_cbc(),
            _ => return Err(Failed),
        };
        let context = Owned::new(lc::CMAC_CTX_new())?;
        check(lc::CMAC_Init(
            context.as_ptr(),
            key.as_ptr().cast(),
            key.len(),
            cipher,
            ptr::null_mut(),
        ))?;
        check(lc::CMAC_Update(context.as_ptr(), message.as_ptr(), message.len()))?;
        check(lc::CMAC_Final(context.as_ptr(), out.as_mut_ptr(), &raw mut len))?;
    }
    Ok(out)
}
