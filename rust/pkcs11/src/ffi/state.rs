//! States of operations (PKCS#11 v2.40 base, section 5.6): those of the engine cannot be taken out.

use cryptoki_sys::*;

use super::guard::in_session;
use crate::error::Rv;

pub(super) unsafe extern "C" fn get_operation_state(
    session: CK_SESSION_HANDLE,
    _state: *mut CK_BYTE,
    _length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_GetOperationState", session, |_, session| {
        let active = session.operations().is_active();
        Err(Rv(if active { CKR_STATE_UNSAVEABLE } else { CKR_OPERATION_NOT_INITIALIZED }))
    })
}

pub(super) unsafe extern "C" fn set_operation_state(
    session: CK_SESSION_HANDLE,
    _state: *mut CK_BYTE,
    _length: CK_ULONG,
    _encryption_key: CK_OBJECT_HANDLE,
    _authentication_key: CK_OBJECT_HANDLE,
) -> CK_RV {
    // None was ever given out.
    in_session("C_SetOperationState", session, |_, _| Err(Rv(CKR_SAVED_STATE_INVALID)))
}
