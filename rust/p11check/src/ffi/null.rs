//! Calls with the null pointer where it is not allowed. One after the other in each group: which of
//! them ended the process is in the journal.

use std::ptr::null_mut;

use cryptoki_sys::*;

use super::module::{Called, Module, call};

/// A call, and how it was answered.
pub(crate) struct NullCall {
    pub(crate) what: &'static str,
    pub(crate) called: Called,
}

/// The list of calls `function(arguments)`, each with what is missing in words.
macro_rules! calls {
    ($module:expr, $($what:literal => $name:ident($($argument:expr),*);)*) => {
        vec![$({
            // SAFETY: what is not null is sound; null is what the module is to refuse.
            let called = unsafe { call!($module, $name($($argument),*)) };
            NullCall { what: concat!(stringify!($name), " without ", $what), called }
        }),*]
    };
}

impl Module {
    /// Of functions of the module, its slots and mechanisms.
    pub(crate) fn null_general(&self, slot: CK_SLOT_ID) -> Vec<NullCall> {
        calls!(self,
            "a place for the info" => C_GetInfo(null_mut());
            "a place for the list" => C_GetFunctionList(null_mut());
            "a place for the count" => C_GetSlotList(CK_TRUE, null_mut(), null_mut());
            "a place for the info" => C_GetSlotInfo(slot, null_mut());
            "a place for the info" => C_GetTokenInfo(slot, null_mut());
            "a place for the count" => C_GetMechanismList(slot, null_mut(), null_mut());
            "a place for the info" => C_GetMechanismInfo(slot, CKM_RSA_PKCS, null_mut());
        )
    }

    /// Of functions of sessions.
    pub(crate) fn null_session(
        &self,
        slot: CK_SLOT_ID,
        session: CK_SESSION_HANDLE,
    ) -> Vec<NullCall> {
        let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
        calls!(self,
            "a place for the handle" => C_OpenSession(slot, flags, null_mut(), None, null_mut());
            "a place for the info" => C_GetSessionInfo(session, null_mut());
            "a place for the bytes" => C_GenerateRandom(session, null_mut(), 16);
        )
    }

    /// Of functions of objects and keys.
    pub(crate) fn null_object(
        &self,
        session: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
    ) -> Vec<NullCall> {
        let mut mechanism = CK_MECHANISM {
            mechanism: CKM_EC_KEY_PAIR_GEN,
            pParameter: null_mut(),
            ulParameterLen: 0,
        };
        let mechanism = &raw mut mechanism;
        let (mut count, mut public, mut private) = (0, 0, 0);
        let mut found = [0; 1];
        let calls = calls!(self,
            "a template" => C_GetAttributeValue(session, object, null_mut(), 1);
            "a template" => C_SetAttributeValue(session, object, null_mut(), 1);
            "a place for the size" => C_GetObjectSize(session, object, null_mut());
            "a template" => C_CreateObject(session, null_mut(), 1, &raw mut public);
            "a template" => C_FindObjectsInit(session, null_mut(), 1);
            "a mechanism" => C_GenerateKeyPair(
                session, null_mut(), null_mut(), 0, null_mut(), 0, &raw mut public, &raw mut private
            );
            "templates" => C_GenerateKeyPair(
                session, mechanism, null_mut(), 1, null_mut(), 1, &raw mut public, &raw mut private
            );
        );
        // A search is needed for these two.
        // SAFETY: an empty template may be null.
        if unsafe { call!(self, C_FindObjectsInit(session, null_mut(), 0)) }.is_err() {
            return calls;
        }
        let searching = calls!(self,
            "a place for the handles" => C_FindObjects(session, null_mut(), 1, &raw mut count);
            "a place for the count" => C_FindObjects(session, found.as_mut_ptr(), 1, null_mut());
        );
        calls.into_iter().chain(searching).collect()
    }

    /// Of functions that sign and digest. Each begins anew, since an error ends an operation.
    pub(crate) fn null_operation(
        &self,
        session: CK_SESSION_HANDLE,
        key: CK_OBJECT_HANDLE,
        signing: CK_MECHANISM_TYPE,
    ) -> Vec<NullCall> {
        let bare =
            |mechanism| CK_MECHANISM { mechanism, pParameter: null_mut(), ulParameterLen: 0 };
        let (mut signing, mut digesting) = (bare(signing), bare(CKM_SHA256));
        let (signing, digesting) = (&raw mut signing, &raw mut digesting);
        let (input, mut output) = ([0u8; 32], [0u8; 512]);
        let (data, length) = (input.as_ptr().cast_mut(), input.len() as CK_ULONG);
        let (place, mut size) = (output.as_mut_ptr(), output.len() as CK_ULONG);
        let begin = || {
            // SAFETY: the mechanisms live until the call returns. Where one is refused, so is what
            // follows, which is what should happen to it.
            unsafe {
                let _ = call!(self, C_SignInit(session, signing, key));
                let _ = call!(self, C_DigestInit(session, digesting));
            }
        };
        let mut calls = calls!(self,
            "a mechanism" => C_DigestInit(session, null_mut());
            "a mechanism" => C_EncryptInit(session, null_mut(), key);
            "a mechanism" => C_DecryptInit(session, null_mut(), key);
            "a mechanism" => C_VerifyInit(session, null_mut(), key);
        );
        begin();
        calls.extend(calls!(self,
            "data" => C_Sign(session, null_mut(), length, place, &raw mut size);
            "data" => C_DigestUpdate(session, null_mut(), length);
        ));
        begin();
        calls.extend(calls!(self,
            "a place for the length" => C_Sign(session, data, length, place, null_mut());
            "a place for the length" => C_Digest(session, data, length, place, null_mut());
        ));
        calls
    }
}
