//! Calls that change nothing.

use std::ptr::null_mut;

use cryptoki_sys::*;

use super::Caller;
use crate::{call, input::Input};

impl Caller<'_> {
    /// Asks for information, with a place for the answer or without.
    pub(super) fn ask(&mut self) -> CK_RV {
        fn place<T>(input: &mut Input<'_>, value: &mut T) -> *mut T {
            if input.byte() == 0 { null_mut() } else { value }
        }
        let slot = self.slot();
        match self.input.byte() % 9 {
            0 => {
                let mut info = CK_INFO::default();
                call!(C_GetInfo(place(&mut self.input, &mut info)))
            }
            1 => {
                let mut info = CK_SLOT_INFO::default();
                call!(C_GetSlotInfo(slot, place(&mut self.input, &mut info)))
            }
            2 => {
                let mut info = CK_TOKEN_INFO::default();
                call!(C_GetTokenInfo(slot, place(&mut self.input, &mut info)))
            }
            3 => {
                let session = self.session();
                let mut info = CK_SESSION_INFO::default();
                call!(C_GetSessionInfo(session, place(&mut self.input, &mut info)))
            }
            4 => {
                let kind = self.input.number();
                let mut info = CK_MECHANISM_INFO::default();
                call!(C_GetMechanismInfo(slot, kind, place(&mut self.input, &mut info)))
            }
            5 => {
                let mut list = vec![0; self.input.byte().into()];
                let mut count = list.len() as CK_ULONG;
                let at = if list.is_empty() { null_mut() } else { list.as_mut_ptr() };
                call!(C_GetMechanismList(slot, at, place(&mut self.input, &mut count)))
            }
            6 => {
                let mut list = vec![0; self.input.below(3)];
                let mut count = list.len() as CK_ULONG;
                let at = if list.is_empty() { null_mut() } else { list.as_mut_ptr() };
                let present = self.input.byte();
                call!(C_GetSlotList(present, at, place(&mut self.input, &mut count)))
            }
            7 => {
                let (session, object) = (self.session(), self.object());
                let mut size = 0;
                call!(C_GetObjectSize(session, object, place(&mut self.input, &mut size)))
            }
            _ => {
                let (session, kind) = (self.session(), self.input.number());
                let mut flags = 0;
                let at = place(&mut self.input, &mut flags);
                call!(C_GetSessionValidationFlags(session, kind, at))
            }
        }
    }

    /// Calls that change nothing, whatever comes of them.
    pub(super) fn ask_nothing(&mut self) -> CK_RV {
        let session = self.session();
        let (at, length) = self.bytes();
        let mut number = 0;
        let place = &raw mut number;
        match self.input.byte() % 9 {
            0 => call!(C_GetOperationState(session, at, place)),
            1 => call!(C_SetOperationState(session, at, length, 0, 0)),
            2 => call!(C_SeedRandom(session, at, length)),
            3 => {
                let mut random = vec![0; self.input.byte().into()];
                let length = random.len() as CK_ULONG;
                call!(C_GenerateRandom(session, random.as_mut_ptr(), length))
            }
            4 => call!(C_GenerateRandom(session, null_mut(), self.input.number())),
            5 => call!(C_GetFunctionStatus(session)),
            6 => call!(C_WaitForSlotEvent(CKF_DONT_BLOCK, place, null_mut())),
            7 => call!(C_InitToken(self.slot(), at, length, null_mut())),
            _ => call!(C_AsyncGetID(session, at, place)),
        }
    }
}
