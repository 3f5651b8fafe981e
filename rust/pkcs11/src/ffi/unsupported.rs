//! Functions that this module does not offer. `docs/pkcs11-status.md` lists them.

use cryptoki_sys::*;

macro_rules! unsupported {
    ($value:ident: $($name:ident($($parameter:ty),*);)*) => {
        $(pub(super) extern "C" fn $name($(_: $parameter),*) -> CK_RV { $value })*
    };
}

type Session = CK_SESSION_HANDLE;
type Bytes = *mut CK_BYTE;
type Length = *mut CK_ULONG;

unsupported! { CKR_FUNCTION_NOT_SUPPORTED:
    async_complete(Session, *mut CK_UTF8CHAR, *mut CK_ASYNC_DATA);
    async_get_id(Session, *mut CK_UTF8CHAR, Length);
    async_join(Session, *mut CK_UTF8CHAR, CK_ULONG, Bytes, CK_ULONG);
}

unsupported! { CKR_FUNCTION_NOT_PARALLEL:
    get_function_status(Session);
    cancel_function(Session);
}
