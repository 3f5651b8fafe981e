//! AES-CCM (NIST SP 800-38C), any nonce and tag that the standard has.

use std::{ffi::c_int, ptr};

use aws_lc_sys as lc;
use zeroize::Zeroizing;

use super::{Direction, Failed, check, owned::Owned};

type Context = Owned<lc::EVP_CIPHER_CTX>;

/// Encrypts; the tag follows the ciphertext.
pub(crate) fn seal(
    key: &[u8],
    tag_length: u8,
    nonce: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, Failed> {
    let mut sealed = vec![0; plaintext.len() + usize::from(tag_length)];
    let (body, tag) = sealed.split_at_mut(plaintext.len());
    let context = context(key, Direction::Encrypt, tag_length, ptr::null_mut(), nonce)?;
    run(&context, aad, plaintext, body)?;
    // SAFETY: the tag is complete after encrypting, and there is room for it.
    unsafe {
        check(lc::EVP_CIPHER_CTX_ctrl(
            context.as_ptr(),
            lc::EVP_CTRL_AEAD_GET_TAG,
            tag_length.into(),
            tag.as_mut_ptr().cast(),
        ))?;
    }
    Ok(sealed)
}

/// Checks the tag and decrypts. A plaintext whose tag does not fit is wiped.
pub(crate) fn open(
    key: &[u8],
    tag_length: u8,
    nonce: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let length = ciphertext.len().checked_sub(tag_length.into()).ok_or(Failed)?;
    let (body, tag) = ciphertext.split_at(length);
    let mut tag = tag.to_vec();
    let context = context(key, Direction::Decrypt, tag_length, tag.as_mut_ptr(), nonce)?;
    let mut plaintext = Zeroizing::new(vec![0; length]);
    run(&context, aad, body, &mut plaintext)?;
    Ok(plaintext)
}

/// A context with everything but the data. `tag` is null or points to a tag of that length.
fn context(
    key: &[u8],
    direction: Direction,
    tag_length: u8,
    tag: *mut u8,
    nonce: &[u8],
) -> Result<Context, Failed> {
    let nonce_length = c_int::try_from(nonce.len()).map_err(|_| Failed)?;
    let encrypt = c_int::from(matches!(direction, Direction::Encrypt));
    // SAFETY: the cipher is a static table whose key length is that of `key`; the nonce has the
    // length that is announced before it, and so has the tag, which AWS-LC copies.
    unsafe {
        let cipher = match key.len() {
            16 => lc::EVP_aes_128_ccm(),
            24 => lc::EVP_aes_192_ccm(),
            32 => lc::EVP_aes_256_ccm(),
            _ => return Err(Failed),
        };
        let context = Owned::new(lc::EVP_CIPHER_CTX_new())?;
        let at = context.as_ptr();
        let (engine, none) = (ptr::null_mut(), ptr::null());
        check(lc::EVP_CipherInit_ex(at, cipher, engine, none, none, encrypt))?;
        let no_value = ptr::null_mut();
        check(lc::EVP_CIPHER_CTX_ctrl(at, lc::EVP_CTRL_AEAD_SET_IVLEN, nonce_length, no_value))?;
        let tag_length = tag_length.into();
        check(lc::EVP_CIPHER_CTX_ctrl(at, lc::EVP_CTRL_AEAD_SET_TAG, tag_length, tag.cast()))?;
        check(lc::EVP_CipherInit_ex(
            at,
            ptr::null(),
            engine,
            key.as_ptr(),
            nonce.as_ptr(),
            encrypt,
        ))?;
        Ok(context)
    }
}

/// Runs the whole input through; CCM has to know its length before anything else.
fn run(context: &Context, aad: &[u8], input: &[u8], output: &mut [u8]) -> Result<(), Failed> {
    if output.len() < input.len() {
        return Err(Failed);
    }
    let length = |data: &[u8]| c_int::try_from(data.len()).map_err(|_| Failed);
    let mut written = 0;
    // SAFETY: the pointers and lengths describe live slices; null pointers tell AWS-LC that it gets
    // the length, or additional data; the output has room for the input, which is all that is
    // written.
    unsafe {
        let at = context.as_ptr();
        let (nowhere, nothing) = (ptr::null_mut(), ptr::null());
        let written = &raw mut written;
        check(lc::EVP_CipherUpdate(at, nowhere, written, nothing, length(input)?))?;
        if !aad.is_empty() {
            check(lc::EVP_CipherUpdate(at, nowhere, written, aad.as_ptr(), length(aad)?))?;
        }
        check(lc::EVP_CipherUpdate(
            at,
            output.as_mut_ptr(),
            written,
            input.as_ptr(),
            length(input)?,
        ))
    }
}
