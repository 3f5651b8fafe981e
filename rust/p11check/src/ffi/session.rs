//! Sessions (section 5.6).

use std::ptr;

use cryptoki_sys::*;

use super::module::{Called, Module, call};

impl Module {
    pub(crate) fn open_session(
        &self,
        slot: CK_SLOT_ID,
        flags: CK_FLAGS,
    ) -> Called<CK_SESSION_HANDLE> {
        let mut session = 0;
        // SAFETY: no callback is given, and `session` is a place for the handle.
        unsafe { call!(self, C_OpenSession(slot, flags, ptr::null_mut(), None, &raw mut session)) }
            .map(|()| session)
    }

    pub(crate) fn close_session(&self, session: CK_SESSION_HANDLE) -> Called {
        // SAFETY: takes no pointers.
        unsafe { call!(self, C_CloseSession(session)) }
    }

    pub(crate) fn close_all_sessions(&self, slot: CK_SLOT_ID) -> Called {
        // SAFETY: takes no pointers.
        unsafe { call!(self, C_CloseAllSessions(slot)) }
    }

    pub(crate) fn session_info(&self, session: CK_SESSION_HANDLE) -> Called<CK_SESSION_INFO> {
        let mut info = CK_SESSION_INFO::default();
        // SAFETY: `info` is a place for what is written.
        unsafe { call!(self, C_GetSessionInfo(session, &raw mut info)) }.map(|()| info)
    }

    pub(crate) fn login(&self, session: CK_SESSION_HANDLE, pin: &str) -> Called {
        let (bytes, length) = (pin.as_ptr().cast_mut(), pin.len() as CK_ULONG);
        // SAFETY: the PIN lives until the call returns, and is only read.
        unsafe { call!(self, C_Login(session, CKU_USER, bytes, length)) }
    }
}
