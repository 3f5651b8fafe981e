//! Signatures that what was signed can be recovered from (PKCS#11 v2.40 base, sections 5.11 and
//! 5.12).

use cryptoki_sys::*;

use super::{Output, guard::in_session, input};
use crate::operation::{Recover, Sign, begin, cancel, step};

pub(super) unsafe extern "C" fn sign_recover_init(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_SignRecoverInit", session, |module, session| {
        // SAFETY: the caller passes a mechanism or null.
        let mechanism = unsafe { input::optional_mechanism(mechanism) }?;
        let Some(mechanism) = mechanism else {
            return cancel(&mut session.operations().sign_recover);
        };
        begin(&mut session.operations().sign_recover, || {
            let (class, key) = module.key(key)?;
            Sign::new(CKF_SIGN_RECOVER, &mechanism, class, key)
        })
    })
}

pub(super) unsafe extern "C" fn sign_recover(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_SignRecover", session, |module, session| {
        step(&mut session.operations().sign_recover, |operation| {
            // SAFETY: the caller passes the data and a buffer, with their lengths.
            let (data, mut output) = unsafe {
                (input::bytes(data, data_length)?, Output::new(signature, signature_length)?)
            };
            operation.whole(&module.client, data, &mut output)
        })
    })
}

pub(super) unsafe extern "C" fn verify_recover_init(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
) -> CK_RV {
    in_session("C_VerifyRecoverInit", session, |module, session| {
        // SAFETY: the caller passes a mechanism or null.
        let mechanism = unsafe { input::optional_mechanism(mechanism) }?;
        let Some(mechanism) = mechanism else {
            return cancel(&mut session.operations().verify_recover);
        };
        begin(&mut session.operations().verify_recover, || {
            let (class, key) = module.key(key)?;
            Recover::new(&mechanism, class, key)
        })
    })
}

pub(super) unsafe extern "C" fn verify_recover(
    session: CK_SESSION_HANDLE,
    signature: *mut CK_BYTE,
    signature_length: CK_ULONG,
    data: *mut CK_BYTE,
    data_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_VerifyRecover", session, |_, session| {
        step(&mut session.operations().verify_recover, |operation| {
            // SAFETY: the caller passes the signature and a buffer, with their lengths.
            let (signature, mut output) = unsafe {
                (input::bytes(signature, signature_length)?, Output::new(data, data_length)?)
            };
            operation.whole(signature, &mut output)
        })
    })
}
