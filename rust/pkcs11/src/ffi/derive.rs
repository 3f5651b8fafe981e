//! Secrets out of key pairs (PKCS#11 v2.40 base, section 5.14, and v3.2, section 5.18.8 f.).

use cryptoki_sys::*;

use super::{Output, guard::in_session, input, output::put};
use crate::{derive, error::Rv};

pub(super) unsafe extern "C" fn derive_key(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    base: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    key: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_DeriveKey", session, |module, session| {
        // SAFETY: the caller passes a mechanism, and a template with its length.
        let (mechanism, template) =
            unsafe { (input::mechanism(mechanism)?, input::template(template, count)?) };
        if key.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let made = derive::derive(module, session, &mechanism, base, &template)?;
        // SAFETY: not null; the caller passes a handle to write to.
        unsafe { put(key, made) }
    })
}

pub(super) unsafe extern "C" fn encapsulate_key(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    public_key: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    ciphertext: *mut CK_BYTE,
    ciphertext_length: *mut CK_ULONG,
    key: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_EncapsulateKey", session, |module, session| {
        // SAFETY: the caller passes a mechanism, and a template and a buffer with their lengths.
        let (mechanism, template, mut output) = unsafe {
            (
                input::mechanism(mechanism)?,
                input::template(template, count)?,
                Output::new(ciphertext, ciphertext_length)?,
            )
        };
        if key.is_null() && !output.is_query() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let made =
            derive::encapsulate(module, session, &mechanism, public_key, &template, &mut output)?;
        match made {
            // SAFETY: not null; the caller passes a handle to write to.
            Some(made) => unsafe { put(key, made) },
            None => Ok(()),
        }
    })
}

pub(super) unsafe extern "C" fn decapsulate_key(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    private_key: CK_OBJECT_HANDLE,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    ciphertext: *mut CK_BYTE,
    ciphertext_length: CK_ULONG,
    key: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_DecapsulateKey", session, |module, session| {
        // SAFETY: the caller passes a mechanism, and a template and the ciphertext with their
        // lengths.
        let (mechanism, template, ciphertext) = unsafe {
            (
                input::mechanism(mechanism)?,
                input::template(template, count)?,
                input::bytes(ciphertext, ciphertext_length)?,
            )
        };
        if key.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let made =
            derive::decapsulate(module, session, &mechanism, private_key, ciphertext, &template)?;
        // SAFETY: not null; the caller passes a handle to write to.
        unsafe { put(key, made) }
    })
}
