//! Functions that this module does not offer. `docs/pkcs11-status.md` lists them.

use std::ffi::c_void;

use cryptoki_sys::*;

macro_rules! unsupported {
    ($value:ident: $($name:ident($($parameter:ty),*);)*) => {
        $(pub(super) extern "C" fn $name($(_: $parameter),*) -> CK_RV { $value })*
    };
}

type Session = CK_SESSION_HANDLE;
type Object = CK_OBJECT_HANDLE;
type Bytes = *mut CK_BYTE;
type Length = *mut CK_ULONG;
type Mechanism = *mut CK_MECHANISM;
type Attributes = *mut CK_ATTRIBUTE;

unsupported! { CKR_FUNCTION_NOT_SUPPORTED:
    init_token(CK_SLOT_ID, *mut CK_UTF8CHAR, CK_ULONG, *mut CK_UTF8CHAR);
    init_pin(Session, *mut CK_UTF8CHAR, CK_ULONG);
    set_pin(Session, *mut CK_UTF8CHAR, CK_ULONG, *mut CK_UTF8CHAR, CK_ULONG);
    get_operation_state(Session, Bytes, Length);
    set_operation_state(Session, Bytes, CK_ULONG, Object, Object);
    create_object(Session, Attributes, CK_ULONG, *mut Object);
    copy_object(Session, Object, Attributes, CK_ULONG, *mut Object);
    digest_key(Session, Object);
    sign_recover_init(Session, Mechanism, Object);
    sign_recover(Session, Bytes, CK_ULONG, Bytes, Length);
    verify_recover_init(Session, Mechanism, Object);
    verify_recover(Session, Bytes, CK_ULONG, Bytes, Length);
    digest_encrypt_update(Session, Bytes, CK_ULONG, Bytes, Length);
    decrypt_digest_update(Session, Bytes, CK_ULONG, Bytes, Length);
    sign_encrypt_update(Session, Bytes, CK_ULONG, Bytes, Length);
    decrypt_verify_update(Session, Bytes, CK_ULONG, Bytes, Length);
    wrap_key(Session, Mechanism, Object, Object, Bytes, Length);
    unwrap_key(Session, Mechanism, Object, Bytes, CK_ULONG, Attributes, CK_ULONG, *mut Object);
    derive_key(Session, Mechanism, Object, Attributes, CK_ULONG, *mut Object);
    wait_for_slot_event(CK_FLAGS, *mut CK_SLOT_ID, *mut c_void);
}

unsupported! { CKR_FUNCTION_NOT_PARALLEL:
    get_function_status(Session);
    cancel_function(Session);
}
