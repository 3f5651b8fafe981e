//! Recovery of what was signed (PKCS#11 v2.40 base, section 5.12).

use cryptoki_sys::*;
use supacrypt_core::KeyUsages;

use super::{Output, guard::in_session, input};
use crate::operation::{Recover, begin, cancel, step};

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
            let (class, key) = module.key_for(
                session,
                key,
                mechanism.row,
                CKA_VERIFY_RECOVER,
                KeyUsages::VERIFY,
            )?;
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
