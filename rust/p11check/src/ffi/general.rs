//! Functions of the module as a whole, its slots and mechanisms (sections 5.4 and 5.5).

use std::ptr;

use cryptoki_sys::*;

use super::{
    module::{Called, Module, call},
    mutex,
};

/// What an application says about locks (section 5.4, C_Initialize).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locking {
    /// No arguments at all: one thread.
    None,
    /// Use the system's.
    System,
    /// Use the application's, four functions.
    Own,
    /// Two of the four functions, which is not allowed.
    Half,
    /// The reserved pointer is set, which is not allowed.
    Reserved,
}

impl Module {
    pub(crate) fn initialize(&self, locking: Locking) -> Called {
        let mut nothing = 0u8;
        let mut arguments = CK_C_INITIALIZE_ARGS {
            CreateMutex: None,
            DestroyMutex: None,
            LockMutex: None,
            UnlockMutex: None,
            flags: if locking == Locking::Own { 0 } else { CKF_OS_LOCKING_OK },
            pReserved: ptr::null_mut(),
        };
        if matches!(locking, Locking::Own | Locking::Half) {
            arguments.CreateMutex = Some(mutex::create);
            arguments.LockMutex = Some(mutex::lock);
        }
        if locking == Locking::Own {
            arguments.DestroyMutex = Some(mutex::destroy);
            arguments.UnlockMutex = Some(mutex::unlock);
        }
        if locking == Locking::Reserved {
            arguments.pReserved = (&raw mut nothing).cast();
        }
        let place = match locking {
            Locking::None => ptr::null_mut(),
            _ => (&raw mut arguments).cast(),
        };
        // SAFETY: the arguments live until the call returns, and the functions in them for ever.
        unsafe { call!(self, C_Initialize(place)) }
    }

    pub(crate) fn finalize(&self) -> Called {
        // SAFETY: null is what is asked for.
        unsafe { call!(self, C_Finalize(ptr::null_mut())) }
    }

    /// `C_Finalize` with the pointer set that must be null.
    pub(crate) fn finalize_with_argument(&self) -> Called {
        let mut nothing = 0u8;
        // SAFETY: the pointer is reserved, so that nothing is read from it.
        unsafe { call!(self, C_Finalize((&raw mut nothing).cast())) }
    }

    pub(crate) fn info(&self) -> Called<CK_INFO> {
        let mut info = CK_INFO::default();
        // SAFETY: `info` is a place for what is written.
        unsafe { call!(self, C_GetInfo(&raw mut info)) }.map(|()| info)
    }

    /// The number of slots that have a token.
    pub(crate) fn count_slots(&self) -> Called<CK_ULONG> {
        let mut count = 0;
        // SAFETY: without a place for the slots, only their number is written.
        unsafe { call!(self, C_GetSlotList(CK_TRUE, ptr::null_mut(), &raw mut count)) }
            .map(|()| count)
    }

    /// The slots that have a token, at most `room` of them; and what is said of their number, which
    /// is said even when there are more.
    pub(crate) fn slots(&self, room: usize) -> (Called<Vec<CK_SLOT_ID>>, CK_ULONG) {
        let mut slots = vec![0; room];
        let mut count = room as CK_ULONG;
        // SAFETY: there is room for as many as `count` says.
        let called =
            unsafe { call!(self, C_GetSlotList(CK_TRUE, slots.as_mut_ptr(), &raw mut count)) };
        slots.truncate(count as usize);
        (called.map(|()| slots), count)
    }

    pub(crate) fn slot_info(&self, slot: CK_SLOT_ID) -> Called<CK_SLOT_INFO> {
        let mut info = CK_SLOT_INFO::default();
        // SAFETY: `info` is a place for what is written.
        unsafe { call!(self, C_GetSlotInfo(slot, &raw mut info)) }.map(|()| info)
    }

    pub(crate) fn token_info(&self, slot: CK_SLOT_ID) -> Called<CK_TOKEN_INFO> {
        let mut info = CK_TOKEN_INFO::default();
        // SAFETY: `info` is a place for what is written.
        unsafe { call!(self, C_GetTokenInfo(slot, &raw mut info)) }.map(|()| info)
    }

    /// The number of mechanisms.
    pub(crate) fn count_mechanisms(&self, slot: CK_SLOT_ID) -> Called<CK_ULONG> {
        let mut count = 0;
        // SAFETY: without a place for the mechanisms, only their number is written.
        unsafe { call!(self, C_GetMechanismList(slot, ptr::null_mut(), &raw mut count)) }
            .map(|()| count)
    }

    /// The mechanisms, as in [`slots`](Self::slots).
    pub(crate) fn mechanisms(
        &self,
        slot: CK_SLOT_ID,
        room: usize,
    ) -> (Called<Vec<CK_MECHANISM_TYPE>>, CK_ULONG) {
        let mut mechanisms = vec![0; room];
        let mut count = room as CK_ULONG;
        // SAFETY: there is room for as many as `count` says.
        let called = unsafe {
            call!(self, C_GetMechanismList(slot, mechanisms.as_mut_ptr(), &raw mut count))
        };
        mechanisms.truncate(count as usize);
        (called.map(|()| mechanisms), count)
    }

    pub(crate) fn mechanism_info(
        &self,
        slot: CK_SLOT_ID,
        mechanism: CK_MECHANISM_TYPE,
    ) -> Called<CK_MECHANISM_INFO> {
        let mut info = CK_MECHANISM_INFO::default();
        // SAFETY: `info` is a place for what is written.
        unsafe { call!(self, C_GetMechanismInfo(slot, mechanism, &raw mut info)) }.map(|()| info)
    }

    /// Names of functions that the list has no pointer for.
    pub(crate) fn missing_functions(&self) -> Vec<&'static str> {
        macro_rules! missing {
            ($($name:ident)*) => {
                [$((stringify!($name), self.functions.$name.is_none())),*]
            };
        }
        let all = missing!(
            C_Initialize C_Finalize C_GetInfo C_GetFunctionList C_GetSlotList C_GetSlotInfo
            C_GetTokenInfo C_GetMechanismList C_GetMechanismInfo C_InitToken C_InitPIN C_SetPIN
            C_OpenSession C_CloseSession C_CloseAllSessions C_GetSessionInfo C_GetOperationState
            C_SetOperationState C_Login C_Logout C_CreateObject C_CopyObject C_DestroyObject
            C_GetObjectSize C_GetAttributeValue C_SetAttributeValue C_FindObjectsInit C_FindObjects
            C_FindObjectsFinal C_EncryptInit C_Encrypt C_EncryptUpdate C_EncryptFinal C_DecryptInit
            C_Decrypt C_DecryptUpdate C_DecryptFinal C_DigestInit C_Digest C_DigestUpdate
            C_DigestKey C_DigestFinal C_SignInit C_Sign C_SignUpdate C_SignFinal C_SignRecoverInit
            C_SignRecover C_VerifyInit C_Verify C_VerifyUpdate C_VerifyFinal C_VerifyRecoverInit
            C_VerifyRecover C_DigestEncryptUpdate C_DecryptDigestUpdate C_SignEncryptUpdate
            C_DecryptVerifyUpdate C_GenerateKey C_GenerateKeyPair C_WrapKey C_UnwrapKey C_DeriveKey
            C_SeedRandom C_GenerateRandom C_GetFunctionStatus C_CancelFunction C_WaitForSlotEvent
        );
        all.into_iter().filter_map(|(name, is_missing)| is_missing.then_some(name)).collect()
    }
}
