//! General-purpose functions (PKCS#11 v2.40 base, section 5.4) and random numbers (5.15).

use std::{ffi::c_void, slice};

use cryptoki_sys::*;

use super::{
    guard::{guard, in_session},
    output::put,
};
use crate::{
    error::{Result, Rv},
    module::Module,
    slot::{VERSION, padded},
};

pub(super) unsafe extern "C" fn initialize(arguments: *mut c_void) -> CK_RV {
    guard("C_Initialize", || {
        if !arguments.is_null() {
            // SAFETY: by the standard it is this structure.
            check(&unsafe { arguments.cast::<CK_C_INITIALIZE_ARGS>().read_unaligned() })?;
        }
        Module::initialize()
    })
}

/// Locks are always those of the system. Threads are never made, so that it does not matter
/// whether they may be.
fn check(arguments: &CK_C_INITIALIZE_ARGS) -> Result<()> {
    // Copied out: on Windows the standard's structures are packed, and their fields have no address.
    let CK_C_INITIALIZE_ARGS { CreateMutex, DestroyMutex, LockMutex, UnlockMutex, .. } = *arguments;
    let given =
        [CreateMutex.is_some(), DestroyMutex.is_some(), LockMutex.is_some(), UnlockMutex.is_some()];
    let callbacks = given.contains(&true);
    if !arguments.pReserved.is_null() || (callbacks && given.contains(&false)) {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    if callbacks && arguments.flags & CKF_OS_LOCKING_OK == 0 {
        return Err(Rv(CKR_CANT_LOCK));
    }
    Ok(())
}

pub(super) unsafe extern "C" fn finalize(reserved: *mut c_void) -> CK_RV {
    guard("C_Finalize", || {
        if !reserved.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        Module::finalize()
    })
}

pub(super) unsafe extern "C" fn get_info(info: *mut CK_INFO) -> CK_RV {
    guard("C_GetInfo", || {
        Module::current()?;
        let value = CK_INFO {
            cryptokiVersion: CK_VERSION { major: 2, minor: 40 },
            manufacturerID: padded("Supacrypt"),
            flags: 0,
            libraryDescription: padded("Supacrypt PKCS#11 module"),
            libraryVersion: VERSION,
        };
        // SAFETY: the caller passes a CK_INFO to write to.
        unsafe { put(info, value) }
    })
}

pub(super) unsafe extern "C" fn generate_random(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    length: CK_ULONG,
) -> CK_RV {
    in_session("C_GenerateRandom", session, |module, _| {
        if length == 0 {
            return Ok(());
        }
        let length = usize::try_from(length).map_err(|_| Rv(CKR_ARGUMENTS_BAD))?;
        if data.is_null() || isize::try_from(length).is_err() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        // SAFETY: not null, `length` bytes are the caller's to be written, and they are
        // initialized here before anything reads them.
        let data = unsafe {
            data.write_bytes(0, length);
            slice::from_raw_parts_mut(data, length)
        };
        Ok(module.client.random(data)?)
    })
}

/// The backend seeds itself, and better than any caller. Some callers give up when a seed is refused,
/// so it is taken, and comes to nothing.
pub(super) unsafe extern "C" fn seed_random(
    session: CK_SESSION_HANDLE,
    seed: *mut CK_BYTE,
    length: CK_ULONG,
) -> CK_RV {
    in_session("C_SeedRandom", session, |_, _| {
        if seed.is_null() && length > 0 { Err(Rv(CKR_ARGUMENTS_BAD)) } else { Ok(()) }
    })
}
