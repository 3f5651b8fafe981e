//! The foreign-function edge to AWS-LC: thin, safe wrappers around what `aws-lc-rs` does not offer
//! (raw digests, free PSS and OAEP parameters, short GCM tags, key wrap). Nothing here decides
//! anything; lengths are checked above.
#![allow(unsafe_code)]

pub(crate) mod aead;
pub(crate) mod agreement;
pub(crate) mod ccm;
pub(crate) mod cipher;
pub(crate) mod digest;
pub(crate) mod ec;
pub(crate) mod fork;
pub(crate) mod hkdf;
pub(crate) mod kem;
pub(crate) mod key_wrap;
pub(crate) mod mac;
pub(crate) mod message;
mod owned;
mod pkey;
pub(crate) mod rsa;

pub(crate) use cipher::{BlockMode, Direction};
pub(crate) use pkey::PKey;

/// AWS-LC said no. Why is never told to anyone: the reasons differ by secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed;

impl Failed {
    /// Empties the thread's error queue, which would otherwise mislead the next user of the thread.
    fn take() -> Failed {
        // SAFETY: touches only the calling thread's own error queue.
        unsafe { aws_lc_sys::ERR_clear_error() };
        Failed
    }
}

/// Turns the usual return code, 1 for success, into a result.
fn check(code: std::ffi::c_int) -> Result<(), Failed> {
    if code == 1 { Ok(()) } else { Err(Failed::take()) }
}
