//! Message digests (FIPS 180-4, FIPS 202). `aws-lc-rs` lacks SHA3-224.

use std::{ffi::c_uint, ptr};

use aws_lc_sys as lc;
use supacrypt_core::Digest;

use super::{Failed, check, owned::Owned};

/// A digest in the making.
pub(crate) struct Context {
    digest: Digest,
    context: Owned<lc::EVP_MD_CTX>,
}

// SAFETY: the context is plain memory of its own, without ties to the thread that made it.
unsafe impl Send for Context {}
// SAFETY: what changes the context takes it exclusively; copying only reads it.
unsafe impl Sync for Context {}

impl Context {
    /// Starts a digest.
    pub(crate) fn new(digest: Digest) -> Result<Context, Failed> {
        // SAFETY: the context is fresh and the algorithm static.
        unsafe {
            let context = Owned::new(lc::EVP_MD_CTX_new())?;
            check(lc::EVP_DigestInit_ex(context.as_ptr(), algorithm(digest), ptr::null_mut()))?;
            Ok(Context { digest, context })
        }
    }

    /// A digest that goes on from the same pieces.
    pub(crate) fn copy(&self) -> Result<Context, Failed> {
        // SAFETY: one context is fresh, the other initialized.
        unsafe {
            let context = Owned::new(lc::EVP_MD_CTX_new())?;
            check(lc::EVP_MD_CTX_copy_ex(context.as_ptr(), self.context.as_ptr()))?;
            Ok(Context { digest: self.digest, context })
        }
    }

    /// Takes the next piece of the message.
    pub(crate) fn update(&mut self, data: &[u8]) -> Result<(), Failed> {
        // SAFETY: the context is initialized; the pointer and length describe a live slice.
        unsafe {
            check(lc::EVP_DigestUpdate(self.context.as_ptr(), data.as_ptr().cast(), data.len()))
        }
    }

    /// The digest of all pieces.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Failed> {
        let mut out = vec![0; self.digest.len()];
        // SAFETY: the context is initialized; the output is as long as the digest.
        unsafe {
            check(lc::EVP_DigestFinal_ex(
                self.context.as_ptr(),
                out.as_mut_ptr(),
                ptr::null_mut::<c_uint>(),
            ))?;
        }
        Ok(out)
    }
}

/// The digest of `data`.
pub(crate) fn digest(digest: Digest, data: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut out = vec![0; digest.len()];
    // SAFETY: the pointer and length describe a live slice; the output is as long as the digest.
    unsafe {
        check(lc::EVP_Digest(
            data.as_ptr().cast(),
            data.len(),
            out.as_mut_ptr(),
            ptr::null_mut::<c_uint>(),
            algorithm(digest),
            ptr::null_mut(),
        ))?;
    }
    Ok(out)
}

/// AWS-LC's table for a digest.
pub(super) fn algorithm(digest: Digest) -> *const lc::EVP_MD {
    // SAFETY: these functions only return pointers to static tables.
    unsafe {
        match digest {
            Digest::Sha1 => lc::EVP_sha1(),
            Digest::Sha224 => lc::EVP_sha224(),
            Digest::Sha256 => lc::EVP_sha256(),
            Digest::Sha384 => lc::EVP_sha384(),
            Digest::Sha512 => lc::EVP_sha512(),
            Digest::Sha3_224 => lc::EVP_sha3_224(),
            Digest::Sha3_256 => lc::EVP_sha3_256(),
            Digest::Sha3_384 => lc::EVP_sha3_384(),
            Digest::Sha3_512 => lc::EVP_sha3_512(),
        }
    }
}
