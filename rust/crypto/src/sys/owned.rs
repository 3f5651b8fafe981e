//! AWS-LC objects that free themselves.

use std::ptr::NonNull;

use super::Failed;

/// An object of AWS-LC that we own.
pub(super) struct Owned<T: Free>(NonNull<T>);

/// Types with a free function of their own.
pub(super) trait Free {
    /// Frees the object.
    ///
    /// # Safety
    /// `object` must be valid, owned by the caller and never used again.
    unsafe fn free(object: *mut Self);
}

impl<T: Free> Owned<T> {
    /// Takes over what an allocating function returned; null is its way of failing.
    ///
    /// # Safety
    /// `object` must be null, or valid and owned by nobody else.
    pub(super) unsafe fn new(object: *mut T) -> Result<Self, Failed> {
        NonNull::new(object).map(Owned).ok_or_else(Failed::take)
    }

    /// The pointer, valid as long as `self`.
    pub(super) fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T: Free> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: by the contract of `new` the object is valid and ours, and this is its last use.
        unsafe { T::free(self.0.as_ptr()) }
    }
}

macro_rules! free {
    ($($object:ident by $free:ident),+ $(,)?) => {$(
        impl Free for aws_lc_sys::$object {
            unsafe fn free(object: *mut Self) {
                // SAFETY: the caller keeps the contract of `Free::free`.
                unsafe { aws_lc_sys::$free(object) }
            }
        }
    )+};
}

free! {
    EVP_PKEY by EVP_PKEY_free,
    EVP_PKEY_CTX by EVP_PKEY_CTX_free,
    EVP_MD_CTX by EVP_MD_CTX_free,
    EVP_CIPHER_CTX by EVP_CIPHER_CTX_free,
    CMAC_CTX by CMAC_CTX_free,
    EVP_AEAD_CTX by EVP_AEAD_CTX_free,
    EC_KEY by EC_KEY_free,
    EC_POINT by EC_POINT_free,
    ECDSA_SIG by ECDSA_SIG_free,
    BIGNUM by BN_free,
}
