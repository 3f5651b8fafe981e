//! The module, linked into this process and called as C does it: by its list of functions.

use std::{env, ptr, sync::LazyLock};

use cryptoki_sys::*;

use crate::backend;

/// Its functions, with a backend behind them.
pub static FUNCTIONS: LazyLock<&'static CK_FUNCTION_LIST_3_2> = LazyLock::new(|| {
    let config = backend::start();
    let mut version = CK_VERSION { major: 3, minor: 2 };
    let mut found = ptr::null_mut();
    // SAFETY: nobody else reads the environment now: the backend has its configuration. The module
    // gets what the standard wants, and its list is of the version that was asked for.
    unsafe {
        env::set_var("SUPACRYPT_CONFIG", config);
        let rv =
            supacrypt_pkcs11::C_GetInterface(ptr::null_mut(), &raw mut version, &raw mut found, 0);
        assert_eq!(rv, CKR_OK);
        &*(*found).pFunctionList.cast()
    }
});

/// Calls a function of the module, and checks what it returns.
#[macro_export]
macro_rules! call {
    ($function:ident($($argument:expr),* $(,)?)) => {{
        let function = $crate::module::FUNCTIONS.$function.expect("the list is complete");
        // SAFETY: the targets pass what can be read and written, or null.
        let rv = unsafe { function($($argument),*) };
        $crate::module::check(stringify!($function), rv)
    }};
}

/// What the module returns by its documentation while its backend is there. What is missing is
/// above all `CKR_GENERAL_ERROR`, which is a panic or another mistake of ours, and
/// `CKR_DEVICE_ERROR`, which would be one of the backend.
const RETURNED: &[CK_RV] = &[
    CKR_OK,
    CKR_SLOT_ID_INVALID,
    CKR_ARGUMENTS_BAD,
    CKR_NO_EVENT,
    CKR_CANT_LOCK,
    CKR_ATTRIBUTE_READ_ONLY,
    CKR_ATTRIBUTE_SENSITIVE,
    CKR_ATTRIBUTE_TYPE_INVALID,
    CKR_ATTRIBUTE_VALUE_INVALID,
    CKR_ACTION_PROHIBITED,
    CKR_DATA_LEN_RANGE,
    CKR_ENCRYPTED_DATA_INVALID,
    CKR_ENCRYPTED_DATA_LEN_RANGE,
    CKR_AEAD_DECRYPT_FAILED,
    CKR_FUNCTION_NOT_PARALLEL,
    CKR_FUNCTION_NOT_SUPPORTED,
    CKR_FUNCTION_REJECTED,
    CKR_KEY_HANDLE_INVALID,
    CKR_KEY_SIZE_RANGE,
    CKR_KEY_TYPE_INCONSISTENT,
    CKR_KEY_INDIGESTIBLE,
    CKR_KEY_FUNCTION_NOT_PERMITTED,
    CKR_KEY_NOT_WRAPPABLE,
    CKR_KEY_UNEXTRACTABLE,
    CKR_MECHANISM_INVALID,
    CKR_MECHANISM_PARAM_INVALID,
    CKR_OBJECT_HANDLE_INVALID,
    CKR_OPERATION_ACTIVE,
    CKR_OPERATION_NOT_INITIALIZED,
    CKR_PIN_INCORRECT,
    CKR_PIN_LEN_RANGE,
    CKR_PIN_LOCKED,
    CKR_SESSION_CLOSED,
    CKR_SESSION_HANDLE_INVALID,
    CKR_SESSION_PARALLEL_NOT_SUPPORTED,
    CKR_SESSION_READ_ONLY,
    CKR_SESSION_READ_ONLY_EXISTS,
    CKR_SESSION_READ_WRITE_SO_EXISTS,
    CKR_SIGNATURE_INVALID,
    CKR_SIGNATURE_LEN_RANGE,
    CKR_TEMPLATE_INCOMPLETE,
    CKR_TEMPLATE_INCONSISTENT,
    CKR_TOKEN_NOT_PRESENT,
    CKR_TOKEN_RESOURCE_EXCEEDED,
    CKR_TOKEN_WRITE_PROTECTED,
    CKR_UNWRAPPING_KEY_HANDLE_INVALID,
    CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
    CKR_USER_ALREADY_LOGGED_IN,
    CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
    CKR_USER_NOT_LOGGED_IN,
    CKR_USER_PIN_NOT_INITIALIZED,
    CKR_USER_TYPE_INVALID,
    CKR_WRAPPED_KEY_INVALID,
    CKR_WRAPPED_KEY_LEN_RANGE,
    CKR_WRAPPING_KEY_HANDLE_INVALID,
    CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
    CKR_BUFFER_TOO_SMALL,
    CKR_SAVED_STATE_INVALID,
    CKR_STATE_UNSAVEABLE,
    CKR_CRYPTOKI_NOT_INITIALIZED,
    CKR_CRYPTOKI_ALREADY_INITIALIZED,
    CKR_CURVE_NOT_SUPPORTED,
    CKR_PARAMETER_SET_NOT_SUPPORTED,
];

/// Passes a return value on that is one of those the module has.
pub fn check(function: &str, rv: CK_RV) -> CK_RV {
    assert!(RETURNED.contains(&rv), "{function} returned {rv:#x}");
    rv
}

/// Initializes the module.
pub fn initialize() {
    assert_eq!(call!(C_Initialize(ptr::null_mut())), CKR_OK);
}

/// The slot of the backend's only keyring.
pub fn slot() -> CK_SLOT_ID {
    let (mut slot, mut count) = (0, 0);
    assert_eq!(call!(C_GetSlotList(CK_TRUE, ptr::null_mut(), &raw mut count)), CKR_OK);
    assert_eq!(count, 1);
    assert_eq!(call!(C_GetSlotList(CK_TRUE, &raw mut slot, &raw mut count)), CKR_OK);
    slot
}

/// A session that may write.
pub fn open(slot: CK_SLOT_ID) -> CK_SESSION_HANDLE {
    let mut session = 0;
    let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
    let rv = call!(C_OpenSession(slot, flags, ptr::null_mut(), None, &raw mut session));
    assert_eq!(rv, CKR_OK);
    session
}

/// The mechanisms that a token lists.
pub fn mechanisms(slot: CK_SLOT_ID) -> Vec<CK_MECHANISM_TYPE> {
    let mut count = 0;
    assert_eq!(call!(C_GetMechanismList(slot, ptr::null_mut(), &raw mut count)), CKR_OK);
    let mut list = vec![0; count as usize];
    assert_eq!(call!(C_GetMechanismList(slot, list.as_mut_ptr(), &raw mut count)), CKR_OK);
    list
}
