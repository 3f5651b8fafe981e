//! What begins and ends: the module, sessions, logins.

use std::ptr::{self, null_mut};

use cryptoki_sys::*;

use super::{Caller, SESSIONS};
use crate::{call, input::Input};

impl Caller<'_> {
    pub(super) fn lifetime(&mut self) -> CK_RV {
        match self.input.byte() % 8 {
            // Rarely, as it takes much longer than all else.
            0 => {
                let rv = call!(C_Finalize(null_mut()));
                self.initialized = false;
                rv
            }
            1 => call!(C_Finalize(ptr::dangling_mut())),
            2 => self.initialize_with_arguments(),
            3 if !self.initialized => self.initialize(),
            _ => {
                let mut arguments = CK_C_INITIALIZE_ARGS {
                    CreateMutex: None,
                    DestroyMutex: None,
                    LockMutex: None,
                    UnlockMutex: None,
                    flags: self.input.number(),
                    pReserved: null_mut(),
                };
                let rv = call!(C_Initialize((&raw mut arguments).cast()));
                self.begin_anew(rv)
            }
        }
    }

    pub(super) fn initialize(&mut self) -> CK_RV {
        let rv = call!(C_Initialize(null_mut()));
        self.begin_anew(rv)
    }

    /// With half of the functions for locks, or a pointer that has to be null.
    pub(super) fn initialize_with_arguments(&mut self) -> CK_RV {
        unsafe extern "C" fn lock(_: *mut std::ffi::c_void) -> CK_RV {
            CKR_OK
        }
        let flag = |input: &mut Input<'_>| input.flag().then_some(lock as _);
        let mut arguments = CK_C_INITIALIZE_ARGS {
            CreateMutex: None,
            DestroyMutex: flag(&mut self.input),
            LockMutex: flag(&mut self.input),
            UnlockMutex: flag(&mut self.input),
            flags: self.input.number(),
            pReserved: if self.input.flag() { ptr::dangling_mut() } else { null_mut() },
        };
        let rv = call!(C_Initialize((&raw mut arguments).cast()));
        self.begin_anew(rv)
    }

    pub(super) fn begin_anew(&mut self, rv: CK_RV) -> CK_RV {
        if rv == CKR_OK {
            assert!(!self.initialized, "initialized twice");
            self.initialized = true;
            self.made.clear();
            self.token.find();
        }
        rv
    }

    pub(super) fn open_or_close(&mut self) -> CK_RV {
        match self.input.byte() % 8 {
            0..=3 => {
                let (slot, place) = (self.slot(), self.input.below(SESSIONS));
                let flags = match self.input.byte() {
                    flags @ 0..=7 => flags.into(),
                    _ => CKF_SERIAL_SESSION | CKF_RW_SESSION,
                };
                let mut session = 0;
                let rv = call!(C_OpenSession(slot, flags, null_mut(), None, &raw mut session));
                if rv == CKR_OK {
                    self.sessions[place] = session;
                }
                rv
            }
            4 => {
                call!(C_OpenSession(self.slot(), CKF_SERIAL_SESSION, null_mut(), None, null_mut()))
            }
            5 => call!(C_CloseAllSessions(self.slot())),
            _ => call!(C_CloseSession(self.session())),
        }
    }

    pub(super) fn login(&mut self) -> CK_RV {
        let session = self.session();
        let (pin, length) = self.bytes();
        let user = self.input.number() % 4;
        match self.input.byte() % 6 {
            0 | 1 => call!(C_Login(session, user, pin, length)),
            2 => call!(C_LoginUser(session, user, pin, length, pin, length)),
            3 => call!(C_InitPIN(session, pin, length)),
            4 => call!(C_SetPIN(session, pin, length, pin, length)),
            _ => call!(C_Logout(session)),
        }
    }
}
