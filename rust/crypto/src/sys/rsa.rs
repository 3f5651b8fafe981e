//! RSA signatures and encryption with freely chosen padding parameters (RFC 8017).

use std::ffi::c_int;

use aws_lc_sys as lc;
use supacrypt_core::{EncryptionScheme, SignatureScheme};
use zeroize::Zeroizing;

use super::{Failed, PKey, check, digest::algorithm, owned::Owned};

type Context = Owned<lc::EVP_PKEY_CTX>;

/// Signs a digest, or raw bytes with [`SignatureScheme::RsaPkcs1Raw`].
pub(crate) fn sign(key: &PKey, scheme: SignatureScheme, input: &[u8]) -> Result<Vec<u8>, Failed> {
    let context = context(key)?;
    let mut out = vec![0; size(key)];
    let mut len = out.len();
    // SAFETY: the context is valid; the pointers and lengths describe live slices.
    unsafe {
        check(lc::EVP_PKEY_sign_init(context.as_ptr()))?;
        set_signature_padding(&context, scheme)?;
        check(lc::EVP_PKEY_sign(
            context.as_ptr(),
            out.as_mut_ptr(),
            &raw mut len,
            input.as_ptr(),
            input.len(),
        ))?;
    }
    out.truncate(len);
    Ok(out)
}

/// Verifies a signature.
pub(crate) fn verify(
    key: &PKey,
    scheme: SignatureScheme,
    input: &[u8],
    signature: &[u8],
) -> Result<(), Failed> {
    let context = context(key)?;
    // SAFETY: the context is valid; the pointers and lengths describe live slices.
    unsafe {
        check(lc::EVP_PKEY_verify_init(context.as_ptr()))?;
        set_signature_padding(&context, scheme)?;
        check(lc::EVP_PKEY_verify(
            context.as_ptr(),
            signature.as_ptr(),
            signature.len(),
            input.as_ptr(),
            input.len(),
        ))
    }
}

/// The bytes inside of a signature's PKCS#1 v1.5 padding.
pub(crate) fn recover(key: &PKey, signature: &[u8]) -> Result<Vec<u8>, Failed> {
    let context = context(key)?;
    let mut out = vec![0; size(key)];
    let mut len = out.len();
    // SAFETY: the context is valid; the pointers and lengths describe live slices.
    unsafe {
        check(lc::EVP_PKEY_verify_recover_init(context.as_ptr()))?;
        check(lc::EVP_PKEY_CTX_set_rsa_padding(context.as_ptr(), lc::RSA_PKCS1_PADDING))?;
        check(lc::EVP_PKEY_verify_recover(
            context.as_ptr(),
            out.as_mut_ptr(),
            &raw mut len,
            signature.as_ptr(),
            signature.len(),
        ))?;
    }
    out.truncate(len);
    Ok(out)
}

/// Encrypts; `label` is for OAEP.
pub(crate) fn encrypt(
    key: &PKey,
    scheme: EncryptionScheme,
    label: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, Failed> {
    let context = context(key)?;
    let mut out = vec![0; size(key)];
    let mut len = out.len();
    // SAFETY: the context is valid; the pointers and lengths describe live slices.
    unsafe {
        check(lc::EVP_PKEY_encrypt_init(context.as_ptr()))?;
        set_encryption_padding(&context, scheme, label)?;
        check(lc::EVP_PKEY_encrypt(
            context.as_ptr(),
            out.as_mut_ptr(),
            &raw mut len,
            plaintext.as_ptr(),
            plaintext.len(),
        ))?;
    }
    out.truncate(len);
    Ok(out)
}

/// Decrypts; `label` is for OAEP.
pub(crate) fn decrypt(
    key: &PKey,
    scheme: EncryptionScheme,
    label: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Failed> {
    let context = context(key)?;
    let mut out = Zeroizing::new(vec![0; size(key)]);
    let mut len = out.len();
    // SAFETY: the context is valid; the pointers and lengths describe live slices.
    unsafe {
        check(lc::EVP_PKEY_decrypt_init(context.as_ptr()))?;
        set_encryption_padding(&context, scheme, label)?;
        check(lc::EVP_PKEY_decrypt(
            context.as_ptr(),
            out.as_mut_ptr(),
            &raw mut len,
            ciphertext.as_ptr(),
            ciphertext.len(),
        ))?;
    }
    out.truncate(len);
    Ok(out)
}

/// Modulus and public exponent, big-endian without leading zeros; empty for a key that is not RSA.
pub(crate) fn components(key: &PKey) -> (Vec<u8>, Vec<u8>) {
    // SAFETY: the key lends its parts as long as it lives; a null pointer is checked first.
    unsafe {
        let rsa = lc::EVP_PKEY_get0_RSA(key.as_ptr());
        if rsa.is_null() {
            Failed::take();
            return Default::default();
        }
        (bytes(lc::RSA_get0_n(rsa)), bytes(lc::RSA_get0_e(rsa)))
    }
}

/// # Safety
/// `number` must be valid.
unsafe fn bytes(number: *const lc::BIGNUM) -> Vec<u8> {
    // SAFETY: the buffer is as long as the number, which the caller keeps valid.
    unsafe {
        let mut out = vec![0; lc::BN_num_bytes(number) as usize];
        lc::BN_bn2bin(number, out.as_mut_ptr());
        out
    }
}

fn size(key: &PKey) -> usize {
    // SAFETY: the key is valid.
    let size = unsafe { lc::EVP_PKEY_size(key.as_ptr()) };
    usize::try_from(size).unwrap_or(0)
}

fn context(key: &PKey) -> Result<Context, Failed> {
    // SAFETY: the key is valid; the context holds a reference of its own to it.
    unsafe { Owned::new(lc::EVP_PKEY_CTX_new(key.as_ptr(), std::ptr::null_mut())) }
}

/// # Safety
/// `context` must be initialized for signing or verifying with an RSA key.
unsafe fn set_signature_padding(context: &Context, scheme: SignatureScheme) -> Result<(), Failed> {
    let context = context.as_ptr();
    // SAFETY: the caller initialized the context; digests are static.
    unsafe {
        match scheme {
            SignatureScheme::RsaPkcs1 { digest } => {
                check(lc::EVP_PKEY_CTX_set_rsa_padding(context, lc::RSA_PKCS1_PADDING))?;
                check(lc::EVP_PKEY_CTX_set_signature_md(context, algorithm(digest)))
            }
            SignatureScheme::RsaPkcs1Raw => {
                check(lc::EVP_PKEY_CTX_set_rsa_padding(context, lc::RSA_PKCS1_PADDING))
            }
            SignatureScheme::RsaRaw => {
                check(lc::EVP_PKEY_CTX_set_rsa_padding(context, lc::RSA_NO_PADDING))
            }
            SignatureScheme::RsaPss { digest, mgf_digest, salt_length } => {
                check(lc::EVP_PKEY_CTX_set_rsa_padding(context, lc::RSA_PKCS1_PSS_PADDING))?;
                check(lc::EVP_PKEY_CTX_set_signature_md(context, algorithm(digest)))?;
                check(lc::EVP_PKEY_CTX_set_rsa_mgf1_md(context, algorithm(mgf_digest)))?;
                let salt_length = c_int::from(salt_length);
                check(lc::EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt_length))
            }
            _ => Err(Failed),
        }
    }
}

/// # Safety
/// `context` must be initialized for encrypting or decrypting with an RSA key.
unsafe fn set_encryption_padding(
    context: &Context,
    scheme: EncryptionScheme,
    label: &[u8],
) -> Result<(), Failed> {
    let context = context.as_ptr();
    // SAFETY: the caller initialized the context; digests are static. The label is copied into
    // AWS-LC's own memory; the context owns the copy once it accepted it, and it is freed here
    // when it did not.
    unsafe {
        match scheme {
            EncryptionScheme::RsaPkcs1 => {
                check(lc::EVP_PKEY_CTX_set_rsa_padding(context, lc::RSA_PKCS1_PADDING))
            }
            EncryptionScheme::RsaRaw => {
                check(lc::EVP_PKEY_CTX_set_rsa_padding(context, lc::RSA_NO_PADDING))
            }
            EncryptionScheme::RsaOaep { digest, mgf_digest } => {
                check(lc::EVP_PKEY_CTX_set_rsa_padding(context, lc::RSA_PKCS1_OAEP_PADDING))?;
                check(lc::EVP_PKEY_CTX_set_rsa_oaep_md(context, algorithm(digest)))?;
                check(lc::EVP_PKEY_CTX_set_rsa_mgf1_md(context, algorithm(mgf_digest)))?;
                if label.is_empty() {
                    return Ok(());
                }
                let copy = lc::OPENSSL_memdup(label.as_ptr().cast(), label.len());
                if copy.is_null() {
                    return Err(Failed::take());
                }
                check(lc::EVP_PKEY_CTX_set0_rsa_oaep_label(context, copy.cast(), label.len()))
                    .inspect_err(|_| lc::OPENSSL_free(copy))
            }
            _ => Err(Failed),
        }
    }
}
