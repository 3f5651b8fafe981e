//! AES key wrap (RFC 3394) and key wrap with padding (RFC 5649).

use std::mem::MaybeUninit;

use aws_lc_sys as lc;
use zeroize::Zeroizing;

use super::{Failed, check};

/// The integrity block of both wraps, in bytes.
const BLOCK_LEN: usize = 8;

/// Wraps whole 64-bit blocks, at least two.
pub(crate) fn wrap(key: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Failed> {
    let schedule = Schedule::new(key, lc::AES_set_encrypt_key)?;
    let mut out = vec![0; plaintext.len() + BLOCK_LEN];
    // SAFETY: the output is one block longer than the input, as the function wants; a null IV
    // means the default one of RFC 3394.
    let written = unsafe {
        lc::AES_wrap_key(
            schedule.as_ptr(),
            std::ptr::null(),
            out.as_mut_ptr(),
            plaintext.as_ptr(),
            plaintext.len(),
        )
    };
    finish(written, out)
}

/// Unwraps what [`wrap`] made.
pub(crate) fn unwrap(key: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let schedule = Schedule::new(key, lc::AES_set_decrypt_key)?;
    let length = ciphertext.len().checked_sub(BLOCK_LEN).ok_or(Failed)?;
    let mut out = Zeroizing::new(vec![0; length]);
    // SAFETY: the output is one block shorter than the input, which is all the function writes.
    let written = unsafe {
        lc::AES_unwrap_key(
            schedule.as_ptr(),
            std::ptr::null(),
            out.as_mut_ptr(),
            ciphertext.as_ptr(),
            ciphertext.len(),
        )
    };
    finish(written, out)
}

/// Wraps any number of bytes but none.
pub(crate) fn wrap_padded(key: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Failed> {
    let schedule = Schedule::new(key, lc::AES_set_encrypt_key)?;
    let mut out = vec![0; plaintext.len().next_multiple_of(BLOCK_LEN) + BLOCK_LEN];
    let mut len = 0;
    // SAFETY: the pointers and lengths describe live slices.
    unsafe {
        check(lc::AES_wrap_key_padded(
            schedule.as_ptr(),
            out.as_mut_ptr(),
            &raw mut len,
            out.len(),
            plaintext.as_ptr(),
            plaintext.len(),
        ))?;
    }
    out.truncate(len);
    Ok(out)
}

/// Unwraps what [`wrap_padded`] made.
pub(crate) fn unwrap_padded(key: &[u8], ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let schedule = Schedule::new(key, lc::AES_set_decrypt_key)?;
    let mut out = Zeroizing::new(vec![0; ciphertext.len()]);
    let mut len = 0;
    // SAFETY: the pointers and lengths describe live slices.
    unsafe {
        check(lc::AES_unwrap_key_padded(
            schedule.as_ptr(),
            out.as_mut_ptr(),
            &raw mut len,
            out.len(),
            ciphertext.as_ptr(),
            ciphertext.len(),
        ))?;
    }
    out.truncate(len);
    Ok(out)
}

/// The wraps return the number of bytes, or a negative one.
fn finish<V: AsRef<Vec<u8>>>(written: std::ffi::c_int, out: V) -> Result<V, Failed> {
    match usize::try_from(written) {
        Ok(length) if length == out.as_ref().len() => Ok(out),
        _ => Err(Failed::take()),
    }
}

/// An expanded AES key, wiped when dropped.
struct Schedule(MaybeUninit<lc::AES_KEY>);

impl Schedule {
    fn new(
        key: &[u8],
        expand: unsafe extern "C" fn(*const u8, std::ffi::c_uint, *mut lc::AES_KEY) -> i32,
    ) -> Result<Self, Failed> {
        let bits = std::ffi::c_uint::try_from(key.len() * 8).map_err(|_| Failed)?;
        let mut schedule = Schedule(MaybeUninit::uninit());
        // SAFETY: `key` has `bits` bits; the function fills the schedule or returns non-zero.
        let code = unsafe { expand(key.as_ptr(), bits, schedule.0.as_mut_ptr()) };
        if code == 0 { Ok(schedule) } else { Err(Failed::take()) }
    }

    fn as_ptr(&self) -> *const lc::AES_KEY {
        self.0.as_ptr()
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        // SAFETY: the pointer and the size describe the schedule, initialized or not; writing
        // zeros to it is always allowed.
        unsafe {
            lc::OPENSSL_cleanse(self.0.as_mut_ptr().cast(), size_of::<lc::AES_KEY>());
        }
    }
}
