//! ECDSA with fixed-length signatures.

use aws_lc_sys as lc;
use supacrypt_core::KeySpec;

use super::{Failed, PKey, check, owned::Owned};

/// Signs a digest; the signature is `r || s`, each of `field_len` bytes.
pub(crate) fn sign(key: &PKey, field_len: usize, digest: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut out = vec![0; 2 * field_len];
    let (r_out, s_out) = out.split_at_mut(field_len);
    let (mut r, mut s) = (std::ptr::null(), std::ptr::null());
    // SAFETY: the pointers and lengths describe live slices; `r` and `s` are lent by the signature,
    // which lives to the end of the block. A key that is not EC gives a null pointer, which is
    // checked.
    unsafe {
        let ec = lc::EVP_PKEY_get0_EC_KEY(key.as_ptr());
        if ec.is_null() {
            return Err(Failed::take());
        }
        let signature = Owned::new(lc::ECDSA_do_sign(digest.as_ptr(), digest.len(), ec))?;
        lc::ECDSA_SIG_get0(signature.as_ptr(), &raw mut r, &raw mut s);
        check(lc::BN_bn2bin_padded(r_out.as_mut_ptr(), r_out.len(), r))?;
        check(lc::BN_bn2bin_padded(s_out.as_mut_ptr(), s_out.len(), s))?;
    }
    Ok(out)
}

/// Verifies a signature `r || s` of two equal halves.
pub(crate) fn verify(key: &PKey, digest: &[u8], signature: &[u8]) -> Result<(), Failed> {
    let (r, s) = signature.split_at(signature.len() / 2);
    // SAFETY: the pointers and lengths describe live slices. `ECDSA_SIG_set0` takes over both
    // numbers only when it succeeds, and then they must not be freed here.
    unsafe {
        let ec = lc::EVP_PKEY_get0_EC_KEY(key.as_ptr());
        if ec.is_null() {
            return Err(Failed::take());
        }
        let r = Owned::new(lc::BN_bin2bn(r.as_ptr(), r.len(), std::ptr::null_mut()))?;
        let s = Owned::new(lc::BN_bin2bn(s.as_ptr(), s.len(), std::ptr::null_mut()))?;
        let pair = Owned::new(lc::ECDSA_SIG_new())?;
        check(lc::ECDSA_SIG_set0(pair.as_ptr(), r.as_ptr(), s.as_ptr()))?;
        std::mem::forget((r, s));
        check(lc::ECDSA_do_verify(digest.as_ptr(), digest.len(), pair.as_ptr(), ec))
    }
}

/// The uncompressed point of a `SubjectPublicKeyInfo` that AWS-LC encoded: its last bytes.
pub(crate) fn point(spki: &[u8], spec: KeySpec) -> Vec<u8> {
    spki[spki.len() - (1 + 2 * spec.bytes())..].to_vec()
}
