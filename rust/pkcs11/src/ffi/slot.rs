//! Slots and tokens (PKCS#11 v2.40 base, section 5.5).

use cryptoki_sys::*;

use super::{
    guard::guard,
    output::{put, put_list},
};
use crate::{
    error::Rv,
    mechanism::{self, Row},
    module::Module,
    slot::token_info,
};

pub(super) unsafe extern "C" fn get_slot_list(
    with_token: CK_BBOOL,
    list: *mut CK_SLOT_ID,
    count: *mut CK_ULONG,
) -> CK_RV {
    guard("C_GetSlotList", || {
        let module = Module::current()?;
        // By the standard the slots may change with the question for their number only.
        if list.is_null() || module.slots.ids(false).is_empty() {
            let refreshed = module.slots.refresh(&module.client);
            // While the backend is away, what was seen before is still there to be used later.
            if module.slots.ids(false).is_empty() {
                refreshed?;
            }
        }
        let ids = module.slots.ids(with_token != CK_FALSE);
        // SAFETY: the caller passes a list and its length.
        unsafe { put_list(list, count, &ids) }
    })
}

pub(super) unsafe extern "C" fn get_slot_info(slot: CK_SLOT_ID, info: *mut CK_SLOT_INFO) -> CK_RV {
    guard("C_GetSlotInfo", || {
        let module = Module::current()?;
        let value = module.slots.info(slot, &module.client)?;
        // SAFETY: the caller passes a CK_SLOT_INFO to write to.
        unsafe { put(info, value) }
    })
}

pub(super) unsafe extern "C" fn get_token_info(
    slot: CK_SLOT_ID,
    info: *mut CK_TOKEN_INFO,
) -> CK_RV {
    guard("C_GetTokenInfo", || {
        let module = Module::current()?;
        let token = module.slots.token(slot, &module.client)?;
        // SAFETY: the caller passes a CK_TOKEN_INFO to write to.
        unsafe { put(info, token_info(&token, module.sessions.count(slot))) }
    })
}

pub(super) unsafe extern "C" fn get_mechanism_list(
    slot: CK_SLOT_ID,
    list: *mut CK_MECHANISM_TYPE,
    count: *mut CK_ULONG,
) -> CK_RV {
    guard("C_GetMechanismList", || {
        let module = Module::current()?;
        let token = module.slots.token(slot, &module.client)?;
        // SAFETY: the caller passes a list and its length.
        unsafe { put_list(list, count, &mechanism::offered(&token.capabilities)) }
    })
}

pub(super) unsafe extern "C" fn get_mechanism_info(
    slot: CK_SLOT_ID,
    mechanism: CK_MECHANISM_TYPE,
    info: *mut CK_MECHANISM_INFO,
) -> CK_RV {
    guard("C_GetMechanismInfo", || {
        let module = Module::current()?;
        let token = module.slots.token(slot, &module.client)?;
        let row = Row::of(mechanism)?;
        if !row.is_offered(&token.capabilities) {
            return Err(Rv(CKR_MECHANISM_INVALID));
        }
        // SAFETY: the caller passes a CK_MECHANISM_INFO to write to.
        unsafe { put(info, row.info()) }
    })
}
