//! HKDF (RFC 5869).

use aws_lc_sys as lc;
use supacrypt_core::Digest;
use zeroize::Zeroizing;

use super::{Failed, check, digest::algorithm};

/// The first step: a secret as long as the digest.
pub(crate) fn extract(
    digest: Digest,
    secret: &[u8],
    salt: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let mut out = Zeroizing::new(vec![0; digest.len()]);
    let mut len = 0;
    // SAFETY: the pointers and lengths describe live slices; the output is as long as the digest,
    // which is all that is written.
    unsafe {
        check(lc::HKDF_extract(
            out.as_mut_ptr(),
            &raw mut len,
            algorithm(digest),
            secret.as_ptr(),
            secret.len(),
            salt.as_ptr(),
            salt.len(),
        ))?;
    }
    out.truncate(len);
    Ok(out)
}

/// The second step: `length` bytes, at most 255 times the digest's.
pub(crate) fn expand(
    digest: Digest,
    secret: &[u8],
    info: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let mut out = Zeroizing::new(vec![0; length]);
    // SAFETY: the pointers and lengths describe live slices.
    unsafe {
        check(lc::HKDF_expand(
            out.as_mut_ptr(),
            out.len(),
            algorithm(digest),
            secret.as_ptr(),
            secret.len(),
            info.as_ptr(),
            info.len(),
        ))?;
    }
    Ok(out)
}
