//! Administration of tokens (PKCS#11 v2.40 base, sections 5.5 and 5.6). What may be done with a keyring is
//! decided by the backend, for whoever the client certificate says the caller is.

use std::{ffi::c_void, thread, time::Duration};

use cryptoki_sys::*;

use super::{
    guard::{guard, in_session},
    input::bytes,
    output::put,
};
use crate::{error::Rv, module::Module, pin};

/// How often a caller that waits looks whether a keyring came or went.
const LOOK: Duration = Duration::from_secs(1);

/// Waits for a token to come or go. It asks in the caller's time: there is no thread of ours.
pub(super) unsafe extern "C" fn wait_for_slot_event(
    flags: CK_FLAGS,
    slot: *mut CK_SLOT_ID,
    reserved: *mut c_void,
) -> CK_RV {
    guard("C_WaitForSlotEvent", || {
        if slot.is_null() || !reserved.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        loop {
            // Asked for each time: C_Finalize ends the wait.
            let module = Module::current()?;
            let looked = module.slots.refresh(&module.client);
            if let Some(id) = module.slots.take_event() {
                // SAFETY: not null; the caller passes an id to write to.
                return unsafe { put(slot, id) };
            }
            if flags & CKF_DONT_BLOCK != 0 {
                return looked.and(Err(Rv(CKR_NO_EVENT)));
            }
            drop(module);
            thread::sleep(LOOK);
        }
    })
}

/// Would erase all keys, which takes more than a PIN: the keyring's administrators delete them.
pub(super) unsafe extern "C" fn init_token(
    slot: CK_SLOT_ID,
    _pin: *mut CK_UTF8CHAR,
    _pin_length: CK_ULONG,
    _label: *mut CK_UTF8CHAR,
) -> CK_RV {
    guard("C_InitToken", || {
        let module = Module::current()?;
        module.slots.token(slot, &module.client)?;
        Err(Rv(CKR_TOKEN_WRITE_PROTECTED))
    })
}

pub(super) unsafe extern "C" fn init_pin(
    session: CK_SESSION_HANDLE,
    pin: *mut CK_UTF8CHAR,
    length: CK_ULONG,
) -> CK_RV {
    in_session("C_InitPIN", session, |module, session| {
        // SAFETY: the caller passes a PIN and its length.
        let pin = unsafe { bytes(pin, length) }?;
        pin::init(module, session, pin)
    })
}

pub(super) unsafe extern "C" fn set_pin(
    session: CK_SESSION_HANDLE,
    old_pin: *mut CK_UTF8CHAR,
    old_length: CK_ULONG,
    new_pin: *mut CK_UTF8CHAR,
    new_length: CK_ULONG,
) -> CK_RV {
    in_session("C_SetPIN", session, |module, session| {
        // SAFETY: the caller passes two PINs and their lengths.
        let (old, new) = unsafe { (bytes(old_pin, old_length)?, bytes(new_pin, new_length)?) };
        pin::set(module, session, old, new)
    })
}
