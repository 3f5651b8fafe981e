//! Mutexes that an application hands to a module (section 3.7).

use std::{
    ffi::c_void,
    ptr,
    sync::{Condvar, Mutex, PoisonError},
};

use cryptoki_sys::{CK_RV, CKR_MUTEX_NOT_LOCKED, CKR_OK};

/// A lock that is not tied to a scope: what is guarded is whether it is taken.
#[derive(Default)]
struct Lock {
    taken: Mutex<bool>,
    released: Condvar,
}

pub(super) unsafe extern "C" fn create(place: *mut *mut c_void) -> CK_RV {
    let lock: *mut Lock = Box::into_raw(Box::default());
    // SAFETY: the module passes a place for one pointer.
    unsafe { ptr::write(place, lock.cast()) };
    CKR_OK
}

pub(super) unsafe extern "C" fn destroy(lock: *mut c_void) -> CK_RV {
    // SAFETY: the module passes what `create` gave it, for the last time.
    drop(unsafe { Box::from_raw(lock.cast::<Lock>()) });
    CKR_OK
}

pub(super) unsafe extern "C" fn lock(lock: *mut c_void) -> CK_RV {
    // SAFETY: the module passes what `create` gave it and `destroy` did not get yet.
    let lock = unsafe { &*lock.cast::<Lock>() };
    let mut taken = lock.taken.lock().unwrap_or_else(PoisonError::into_inner);
    while *taken {
        taken = lock.released.wait(taken).unwrap_or_else(PoisonError::into_inner);
    }
    *taken = true;
    CKR_OK
}

pub(super) unsafe extern "C" fn unlock(lock: *mut c_void) -> CK_RV {
    // SAFETY: as for `lock`.
    let lock = unsafe { &*lock.cast::<Lock>() };
    let mut taken = lock.taken.lock().unwrap_or_else(PoisonError::into_inner);
    if !*taken {
        return CKR_MUTEX_NOT_LOCKED;
    }
    *taken = false;
    lock.released.notify_one();
    CKR_OK
}
