//! Verification (PKCS#11 v2.40 base, section 5.12).

use cryptoki_sys::*;

use super::{guard::in_session, input};
use crate::operation::{Verify, begin, cancel, step};

pub(super) unsafe extern "C" fn verify_init(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_VerifyInit", session, |module, session| {
        // SAFETY: the caller passes a mechanism or null.
        let mechanism = unsafe { input::optional_mechanism(mechanism) }?;
        let Some(mechanism) = mechanism else { return cancel(&mut session.operations().verify) };
        begin(&mut session.operations().verify, || {
            let (class, key) = module.key(session, key, mechanism.row)?;
            Verify::new(CKF_VERIFY, &mechanism, class, key)
        })
    })
}

pub(super) unsafe extern "C" fn verify(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: CK_ULONG,
) -> CK_RV {
    in_session("C_Verify", session, |module, session| {
        step(&mut session.operations().verify, |operation| {
            // SAFETY: the caller passes the data and the signature, with their lengths.
            let (data, signature) = unsafe {
                (input::bytes(data, data_length)?, input::bytes(signature, signature_length)?)
            };
            operation.whole(&module.client, data, signature)
        })
    })
}

pub(super) unsafe extern "C" fn verify_update(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    part_length: CK_ULONG,
) -> CK_RV {
    in_session("C_VerifyUpdate", session, |_, session| {
        step(&mut session.operations().verify, |operation| {
            // SAFETY: the caller passes the data and its length.
            operation.update(unsafe { input::bytes(part, part_length) }?)
        })
    })
}

pub(super) unsafe extern "C" fn verify_final(
    session: CK_SESSION_HANDLE,
    signature: *mut CK_BYTE,
    signature_length: CK_ULONG,
) -> CK_RV {
    in_session("C_VerifyFinal", session, |module, session| {
        step(&mut session.operations().verify, |operation| {
            // SAFETY: the caller passes the signature and its length.
            let signature = unsafe { input::bytes(signature, signature_length) }?;
            operation.finish(&module.client, signature)
        })
    })
}
