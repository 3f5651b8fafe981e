//! Signatures and MACs (PKCS#11 v2.40 base, section 5.11).

use cryptoki_sys::*;

use super::{Output, guard::in_session, input};
use crate::operation::{Sign, begin, cancel, step};

pub(super) unsafe extern "C" fn sign_init(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_SignInit", session, |module, session| {
        // SAFETY: the caller passes a mechanism or null.
        let mechanism = unsafe { input::optional_mechanism(mechanism) }?;
        let Some(mechanism) = mechanism else { return cancel(&mut session.operations().sign) };
        begin(&mut session.operations().sign, || {
            let (class, key) = module.key(key)?;
            Sign::new(CKF_SIGN, &mechanism, class, key)
        })
    })
}

pub(super) unsafe extern "C" fn sign(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_Sign", session, |module, session| {
        step(&mut session.operations().sign, |operation| {
            // SAFETY: the caller passes the data and a buffer, with their lengths.
            let (data, mut output) = unsafe {
                (input::bytes(data, data_length)?, Output::new(signature, signature_length)?)
            };
            operation.whole(&module.client, data, &mut output)
        })
    })
}

pub(super) unsafe extern "C" fn sign_update(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    part_length: CK_ULONG,
) -> CK_RV {
    in_session("C_SignUpdate", session, |_, session| {
        step(&mut session.operations().sign, |operation| {
            // SAFETY: the caller passes the data and its length.
            operation.update(unsafe { input::bytes(part, part_length) }?)
        })
    })
}

pub(super) unsafe extern "C" fn sign_final(
    session: CK_SESSION_HANDLE,
    signature: *mut CK_BYTE,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_SignFinal", session, |module, session| {
        step(&mut session.operations().sign, |operation| {
            // SAFETY: the caller passes a buffer and its length.
            let mut output = unsafe { Output::new(signature, signature_length) }?;
            operation.finish(&module.client, &mut output)
        })
    })
}
