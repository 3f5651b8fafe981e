//! AES in the unauthenticated modes ECB, CBC and CTR (NIST SP 800-38A).

use std::ffi::c_int;

use aws_lc_sys as lc;
use zeroize::Zeroizing;

use super::{Failed, check, owned::Owned};

/// Mode of operation.
#[derive(Clone, Copy)]
pub(crate) enum BlockMode {
    /// Each block on its own; no IV.
    Ecb,
    /// Cipher block chaining, with PKCS#7 padding or without.
    Cbc { padding: bool },
    /// Counter mode, the whole block being the counter.
    Ctr,
}

/// Which way.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    Encrypt,
    Decrypt,
}

const BLOCK_LEN: usize = 16;

/// Encrypts or decrypts `input` in one go. `key` has 16, 24 or 32 bytes and `iv` 16, or none for ECB.
pub(crate) fn run(
    key: &[u8],
    mode: BlockMode,
    direction: Direction,
    iv: &[u8],
    input: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Failed> {
    // SAFETY: these functions only return pointers to static tables.
    let cipher = unsafe {
        match (mode, key.len()) {
            (BlockMode::Ecb, 16) => lc::EVP_aes_128_ecb(),
            (BlockMode::Ecb, 24) => lc::EVP_aes_192_ecb(),
            (BlockMode::Ecb, 32) => lc::EVP_aes_256_ecb(),
            (BlockMode::Cbc { .. }, 16) => lc::EVP_aes_128_cbc(),
            (BlockMode::Cbc { .. }, 24) => lc::EVP_aes_192_cbc(),
            (BlockMode::Cbc { .. }, 32) => lc::EVP_aes_256_cbc(),
            (BlockMode::Ctr, 16) => lc::EVP_aes_128_ctr(),
            (BlockMode::Ctr, 24) => lc::EVP_aes_192_ctr(),
            (BlockMode::Ctr, 32) => lc::EVP_aes_256_ctr(),
            _ => return Err(Failed),
        }
    };
    let iv_len = if matches!(mode, BlockMode::Ecb) { 0 } else { BLOCK_LEN };
    if iv.len() != iv_len {
        return Err(Failed);
    }
    let encrypt = c_int::from(matches!(direction, Direction::Encrypt));
    let padding = c_int::from(matches!(mode, BlockMode::Cbc { padding: true }));
    let input_len = c_int::try_from(input.len()).map_err(|_| Failed)?;
    let mut out = Zeroizing::new(vec![0; input.len() + BLOCK_LEN]);
    let (mut body, mut tail) = (0, 0);
    // SAFETY: key and IV have the lengths the cipher wants; the output has room for the input and
    // one block more, which is the most that update and final write together; `body` is what
    // update wrote, so that the tail starts inside the buffer.
    unsafe {
        let context = Owned::new(lc::EVP_CIPHER_CTX_new())?;
        check(lc::EVP_CipherInit_ex(
            context.as_ptr(),
            cipher,
            std::ptr::null_mut(),
            key.as_ptr(),
            iv.as_ptr(),
            encrypt,
        ))?;
        check(lc::EVP_CIPHER_CTX_set_padding(context.as_ptr(), padding))?;
        check(lc::EVP_CipherUpdate(
            context.as_ptr(),
            out.as_mut_ptr(),
            &raw mut body,
            input.as_ptr(),
            input_len,
        ))?;
        let written = usize::try_from(body).map_err(|_| Failed)?;
        check(lc::EVP_CipherFinal_ex(
            context.as_ptr(),
            out[written..].as_mut_ptr(),
            &raw mut tail,
        ))?;
    }
    out.truncate(usize::try_from(body + tail).map_err(|_| Failed)?);
    Ok(out)
}
