//! Keys in and out of other keys (PKCS#11 v2.40 base, section 5.14).

use cryptoki_sys::*;

use super::{Output, guard::in_session, input, output::put};
use crate::{error::Rv, wrap};

pub(super) unsafe extern "C" fn wrap_key(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    wrapping_key: CK_OBJECT_HANDLE,
    key: CK_OBJECT_HANDLE,
    wrapped: *mut CK_BYTE,
    wrapped_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_WrapKey", session, |module, session| {
        // SAFETY: the caller passes a mechanism, and a buffer with its length.
        let (mechanism, mut output) =
            unsafe { (input::mechanism(mechanism)?, Output::new(wrapped, wrapped_length)?) };
        wrap::wrap(module, session, &mechanism, wrapping_key, key, &mut output)
    })
}

pub(super) unsafe extern "C" fn unwrap_key(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    unwrapping_key: CK_OBJECT_HANDLE,
    wrapped: *mut CK_BYTE,
    wrapped_length: CK_ULONG,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    key: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_UnwrapKey", session, |module, session| {
        // SAFETY: the caller passes a mechanism, and the wrapped key and a template with their
        // lengths.
        let (mechanism, wrapped, template) = unsafe {
            (
                input::mechanism(mechanism)?,
                input::bytes(wrapped, wrapped_length)?,
                input::template(template, count)?,
            )
        };
        if key.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let made = wrap::unwrap(module, session, &mechanism, unwrapping_key, wrapped, &template)?;
        // SAFETY: not null; the caller passes a handle to write to.
        unsafe { put(key, made) }
    })
}
