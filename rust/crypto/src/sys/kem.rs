//! ML-KEM (FIPS 203).

use std::ptr;

use aws_lc_sys as lc;
use zeroize::Zeroizing;

use super::{Failed, PKey, check, owned::Owned};

/// Makes a secret of `secret_len` bytes and its ciphertext of `ciphertext_len`.
pub(crate) fn encapsulate(
    key: &PKey,
    ciphertext_len: usize,
    secret_len: usize,
) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), Failed> {
    let mut ciphertext = vec![0; ciphertext_len];
    let mut secret = Zeroizing::new(vec![0; secret_len]);
    let (mut ciphertext_len, mut secret_len) = (ciphertext_len, secret_len);
    // SAFETY: the key is valid; the pointers and lengths describe live slices.
    unsafe {
        let context = Owned::new(lc::EVP_PKEY_CTX_new(key.as_ptr(), ptr::null_mut()))?;
        check(lc::EVP_PKEY_encapsulate(
            context.as_ptr(),
            ciphertext.as_mut_ptr(),
            &raw mut ciphertext_len,
            secret.as_mut_ptr(),
            &raw mut secret_len,
        ))?;
    }
    ciphertext.truncate(ciphertext_len);
    secret.truncate(secret_len);
    Ok((ciphertext, secret))
}

/// The secret of `secret_len` bytes in a ciphertext.
pub(crate) fn decapsulate(
    key: &PKey,
    ciphertext: &[u8],
    secret_len: usize,
) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let mut secret = Zeroizing::new(vec![0; secret_len]);
    let mut len = secret_len;
    // SAFETY: the key is valid; the pointers and lengths describe live slices.
    unsafe {
        let context = Owned::new(lc::EVP_PKEY_CTX_new(key.as_ptr(), ptr::null_mut()))?;
        check(lc::EVP_PKEY_decapsulate(
            context.as_ptr(),
            secret.as_mut_ptr(),
            &raw mut len,
            ciphertext.as_ptr(),
            ciphertext.len(),
        ))?;
    }
    secret.truncate(len);
    Ok(secret)
}

/// Whether a public key is one (FIPS 203, section 7.2): AWS-LC looks at its length only when it
/// reads it.
pub(super) fn check_public(key: &PKey) -> Result<(), Failed> {
    // SAFETY: the key is valid.
    unsafe {
        let context = Owned::new(lc::EVP_PKEY_CTX_new(key.as_ptr(), ptr::null_mut()))?;
        check(lc::EVP_PKEY_public_check(context.as_ptr()))
    }
}

/// A key pair that has its public half. AWS-LC leaves that out when a private key came expanded,
/// though it lies within: `dk = dk_PKE || ek || H(ek) || z` (FIPS 203, algorithm 16).
pub(super) fn complete(pair: PKey) -> Result<PKey, Failed> {
    /// Length of `H(ek) || z`, and of the seed in `ek`.
    const TAIL_LEN: usize = 64;
    const SEED_LEN: usize = 32;
    if pair.raw_public().is_ok() {
        return Ok(pair);
    }
    let private = pair.raw_private()?;
    let end = private.len().checked_sub(TAIL_LEN).ok_or(Failed)?;
    let start = end.checked_sub(SEED_LEN).ok_or(Failed)? / 2;
    let public = &private[start..end];
    // SAFETY: the key is valid; the pointers and lengths describe live slices.
    unsafe {
        PKey::new(lc::EVP_PKEY_kem_new_raw_key(
            lc::EVP_PKEY_kem_get_type(pair.as_ptr()),
            public.as_ptr(),
            public.len(),
            private.as_ptr(),
            private.len(),
        ))
    }
}
