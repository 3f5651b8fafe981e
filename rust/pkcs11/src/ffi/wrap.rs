//! Keys in and out of other keys (PKCS#11 v3.2, section 5.18).

use cryptoki_sys::*;

use super::{Output, guard::in_session, input, message_parameter::MessageParameter, output::put};
use crate::{
    error::{Result, Rv},
    mechanism::Row,
    unwrap, wrap,
};

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
        let made = unwrap::unwrap(module, session, &mechanism, unwrapping_key, wrapped, &template)?;
        // SAFETY: not null; the caller passes a handle to write to.
        unsafe { put(key, made) }
    })
}

/// A mechanism whose parameter is that of a message.
///
/// # Safety
/// `mechanism` is null or points to a mechanism, with a parameter as for [`MessageParameter::read`].
unsafe fn message_mechanism(
    mechanism: *const CK_MECHANISM,
) -> Result<(&'static Row, MessageParameter)> {
    if mechanism.is_null() {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    // SAFETY: not null.
    let given = unsafe { mechanism.read_unaligned() };
    let row = Row::of(given.mechanism)?;
    // SAFETY: passed on.
    let parameter = unsafe { MessageParameter::read(row, given.pParameter, given.ulParameterLen) }?;
    Ok((row, parameter))
}

/// The nonce, if the module makes it, and the tag go to the places that the parameter names.
pub(super) unsafe extern "C" fn wrap_key_authenticated(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    wrapping_key: CK_OBJECT_HANDLE,
    key: CK_OBJECT_HANDLE,
    aad: *mut CK_BYTE,
    aad_length: CK_ULONG,
    wrapped: *mut CK_BYTE,
    wrapped_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_WrapKeyAuthenticated", session, |module, session| {
        // SAFETY: the caller passes a mechanism with a parameter, the associated data, and a buffer
        // with its length.
        let ((row, parameter), aad, mut output) = unsafe {
            (
                message_mechanism(mechanism)?,
                input::part(aad, aad_length)?,
                Output::new(wrapped, wrapped_length)?,
            )
        };
        let nonce = parameter.nonce_to_encrypt()?;
        let mechanism = parameter.with_data(row, nonce.clone(), aad.to_vec());
        let tag = wrap::wrap_authenticated(
            module,
            session,
            &mechanism,
            wrapping_key,
            key,
            parameter.tag_length(),
            &mut output,
        )?;
        if let Some(tag) = tag {
            parameter.write_nonce(&nonce);
            parameter.write_tag(&tag);
        }
        Ok(())
    })
}

pub(super) unsafe extern "C" fn unwrap_key_authenticated(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    unwrapping_key: CK_OBJECT_HANDLE,
    wrapped: *mut CK_BYTE,
    wrapped_length: CK_ULONG,
    template: *mut CK_ATTRIBUTE,
    count: CK_ULONG,
    aad: *mut CK_BYTE,
    aad_length: CK_ULONG,
    key: *mut CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_UnwrapKeyAuthenticated", session, |module, session| {
        // SAFETY: the caller passes a mechanism with a parameter, and the wrapped key, a template and
        // the associated data with their lengths.
        let ((row, parameter), mut wrapped, template, aad) = unsafe {
            (
                message_mechanism(mechanism)?,
                input::copy(wrapped, wrapped_length)?,
                input::template(template, count)?,
                input::part(aad, aad_length)?,
            )
        };
        if key.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let mechanism = parameter.with_data(row, parameter.nonce()?, aad.to_vec());
        wrapped.extend_from_slice(&parameter.tag()?);
        let made =
            unwrap::unwrap(module, session, &mechanism, unwrapping_key, &wrapped, &template)?;
        // SAFETY: not null; the caller passes a handle to write to.
        unsafe { put(key, made) }
    })
}
