//! Loading and unloading.

use std::{fmt, path::Path, ptr};

use cryptoki_sys::{CK_FUNCTION_LIST, CK_RV, CKR_FUNCTION_NOT_SUPPORTED, CKR_OK};
use libloading::Library;

use super::journal;
use crate::names;

/// The result of a call to the module.
pub(crate) type Called<T = ()> = Result<T, Refusal>;

/// A call that was not answered with `CKR_OK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) function: &'static str,
    pub(crate) value: CK_RV,
}

/// A loaded module. Dropping it unloads it.
pub(crate) struct Module {
    pub(super) functions: CK_FUNCTION_LIST,
    _library: Library,
}

/// Calls a function of the module's list. To be used in an `unsafe` block, for what the module makes
/// of the arguments.
macro_rules! call {
    ($module:expr, $name:ident($($argument:expr),* $(,)?)) => {{
        $crate::ffi::journal::calling(stringify!($name));
        let value = match $module.functions.$name {
            Some(function) => function($($argument),*),
            None => cryptoki_sys::CKR_FUNCTION_NOT_SUPPORTED,
        };
        $crate::ffi::module::answered(stringify!($name), value)
    }};
}
pub(super) use call;

pub(super) fn answered(function: &'static str, value: CK_RV) -> Called {
    if value == CKR_OK { Ok(()) } else { Err(Refusal { function, value }) }
}

impl Module {
    /// Loads a library and asks for its functions. Nothing is initialized.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    pub(crate) fn load(path: &Path) -> Result<Module, String> {
        type Get = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
        journal::calling("dlopen");
        // SAFETY: the user names the file as one to load; what it does then is what is checked.
        let library = unsafe { Library::new(path) }
            .map_err(|error| format!("cannot load {}: {error}", path.display()))?;
        let mut list = ptr::null_mut();
        journal::calling("C_GetFunctionList");
        // SAFETY: a function of this name has this type by the standard (section 5.4), and writes
        // one pointer.
        let value = unsafe {
            let get: libloading::Symbol<'_, Get> =
                library.get(b"C_GetFunctionList").map_err(|_| {
                    let path = path.display();
                    format!("{path} is no PKCS#11 module: it has no function C_GetFunctionList")
                })?;
            get(&raw mut list)
        };
        if value != CKR_OK || list.is_null() {
            let value = names::return_value(value);
            return Err(format!("C_GetFunctionList answers {value} and gives no list"));
        }
        // SAFETY: after CKR_OK the list can be read for as long as the library is loaded.
        let functions = unsafe { list.read() };
        Ok(Module { functions, _library: library })
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // The library goes next.
        journal::calling("dlclose");
    }
}

impl Refusal {
    /// Whether the module says that it has no such function.
    pub(crate) fn is_unsupported(&self) -> bool {
        self.value == CKR_FUNCTION_NOT_SUPPORTED
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answers {}", self.function, names::return_value(self.value))
    }
}
