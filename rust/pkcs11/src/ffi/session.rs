//! Sessions (PKCS#11 v2.40 base, section 5.6).

use std::ffi::c_void;

use cryptoki_sys::*;

use super::{
    guard::{guard, in_session},
    input::bytes,
    output::put,
};
use crate::{error::Rv, module::Module, pin};

pub(super) unsafe extern "C" fn open_session(
    slot: CK_SLOT_ID,
    flags: CK_FLAGS,
    _application: *mut c_void,
    _notify: CK_NOTIFY,
    session: *mut CK_SESSION_HANDLE,
) -> CK_RV {
    guard("C_OpenSession", || {
        let module = Module::current()?;
        if flags & CKF_SERIAL_SESSION == 0 {
            return Err(Rv(CKR_SESSION_PARALLEL_NOT_SUPPORTED));
        }
        if session.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        let token = module.slots.token(slot, &module.client)?;
        if flags & CKF_RW_SESSION == 0 && module.sessions.logged_in(slot) == Some(CKU_SO) {
            return Err(Rv(CKR_SESSION_READ_WRITE_SO_EXISTS));
        }
        let handle = module.sessions.open(slot, token.name, flags & CKF_RW_SESSION != 0);
        // SAFETY: not null; the caller passes a handle to write to.
        unsafe { put(session, handle) }
    })
}

pub(super) unsafe extern "C" fn close_session(session: CK_SESSION_HANDLE) -> CK_RV {
    guard("C_CloseSession", || Module::current()?.close_session(session))
}

pub(super) unsafe extern "C" fn close_all_sessions(slot: CK_SLOT_ID) -> CK_RV {
    guard("C_CloseAllSessions", || {
        let module = Module::current()?;
        module.slots.token(slot, &module.client)?;
        module.close_all_sessions(slot);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn get_session_info(
    session: CK_SESSION_HANDLE,
    info: *mut CK_SESSION_INFO,
) -> CK_RV {
    in_session("C_GetSessionInfo", session, |module, session| {
        // SAFETY: the caller passes a CK_SESSION_INFO to write to.
        unsafe { put(info, module.sessions.info(session)) }
    })
}

pub(super) unsafe extern "C" fn login(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_UTF8CHAR,
    pin_length: CK_ULONG,
) -> CK_RV {
    in_session("C_Login", session, |module, session| {
        // SAFETY: the caller passes a PIN and its length.
        let given = unsafe { bytes(pin, pin_length) }?;
        pin::log_in(module, session, user, (!pin.is_null()).then_some(given))
    })
}

pub(super) unsafe extern "C" fn logout(session: CK_SESSION_HANDLE) -> CK_RV {
    in_session("C_Logout", session, |module, session| {
        if module.sessions.log_out(session.slot) { Ok(()) } else { Err(Rv(CKR_USER_NOT_LOGGED_IN)) }
    })
}

/// Names of users are nothing here: the client certificate has said who the caller is.
pub(super) unsafe extern "C" fn login_user(
    session: CK_SESSION_HANDLE,
    user: CK_USER_TYPE,
    pin: *mut CK_UTF8CHAR,
    pin_length: CK_ULONG,
    _name: *mut CK_UTF8CHAR,
    _name_length: CK_ULONG,
) -> CK_RV {
    // SAFETY: passed on.
    unsafe { login(session, user, pin, pin_length) }
}

pub(super) unsafe extern "C" fn session_cancel(
    session: CK_SESSION_HANDLE,
    flags: CK_FLAGS,
) -> CK_RV {
    in_session("C_SessionCancel", session, |_, session| {
        session.operations().cancel(flags);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn get_session_validation_flags(
    session: CK_SESSION_HANDLE,
    kind: CK_SESSION_VALIDATION_FLAGS_TYPE,
    flags: *mut CK_FLAGS,
) -> CK_RV {
    in_session("C_GetSessionValidationFlags", session, |_, _| {
        if kind != CKS_LAST_VALIDATION_OK {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        // No operation of the module claims to be of a validated one.
        // SAFETY: the caller passes flags to write to.
        unsafe { put(flags, 0) }
    })
}
