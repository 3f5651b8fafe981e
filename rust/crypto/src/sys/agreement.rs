//! Diffie-Hellman on curves: ECDH (NIST SP 800-56A) and X25519 (RFC 7748).

use std::ptr;

use aws_lc_sys as lc;
use supacrypt_core::{KeyClass, KeySpec};
use zeroize::Zeroizing;

use super::{Failed, PKey, check, owned::Owned, pkey::curve};

/// The secret that the pair `key` of type `spec` shares with `peer`, which must be a point of the
/// curve and not of low order.
pub(crate) fn agree(key: &PKey, spec: KeySpec, peer: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let peer = match spec.class() {
        KeyClass::Ec => on_curve(spec, peer)?,
        KeyClass::Montgomery => montgomery(peer)?,
        _ => return Err(Failed),
    };
    let mut secret = Zeroizing::new(vec![0; spec.bytes()]);
    let mut len = secret.len();
    // SAFETY: both keys are valid and the context holds references of its own; the pointer and
    // length describe a live slice.
    unsafe {
        let context = Owned::new(lc::EVP_PKEY_CTX_new(key.as_ptr(), ptr::null_mut()))?;
        check(lc::EVP_PKEY_derive_init(context.as_ptr()))?;
        check(lc::EVP_PKEY_derive_set_peer(context.as_ptr(), peer.as_ptr()))?;
        check(lc::EVP_PKEY_derive(context.as_ptr(), secret.as_mut_ptr(), &raw mut len))?;
    }
    if len == secret.len() { Ok(secret) } else { Err(Failed) }
}

/// An encoded point; AWS-LC checks that it lies on the curve.
fn on_curve(spec: KeySpec, point: &[u8]) -> Result<PKey, Failed> {
    let curve = curve(spec).ok_or(Failed)?;
    // SAFETY: the pointer and length describe a live slice; the new key takes a reference of its own
    // to the point's.
    unsafe {
        let ec = Owned::new(lc::EC_KEY_new_by_curve_name(curve))?;
        let group = lc::EC_KEY_get0_group(ec.as_ptr());
        let decoded = Owned::new(lc::EC_POINT_new(group))?;
        check(lc::EC_POINT_oct2point(
            group,
            decoded.as_ptr(),
            point.as_ptr(),
            point.len(),
            ptr::null_mut(),
        ))?;
        check(lc::EC_KEY_set_public_key(ec.as_ptr(), decoded.as_ptr()))?;
        let key = PKey::new(lc::EVP_PKEY_new())?;
        check(lc::EVP_PKEY_set1_EC_KEY(key.as_ptr(), ec.as_ptr()))?;
        Ok(key)
    }
}

/// The 32 bytes of an X25519 key.
fn montgomery(key: &[u8]) -> Result<PKey, Failed> {
    // SAFETY: the pointer and length describe a live slice.
    unsafe {
        PKey::new(lc::EVP_PKEY_new_raw_public_key(
            lc::EVP_PKEY_X25519,
            ptr::null_mut(),
            key.as_ptr(),
            key.len(),
        ))
    }
}
