//! The PKCS#11 module (PKCS#11 v2.40). A keyring of the backend is a token; its keys are the
//! token's objects.
//!
//! - [`ffi`] is the C edge: it alone reads and writes the caller's memory, and turns panics and
//!   errors into return values.
//! - `module` holds what one process has: slots, sessions and object handles. All of it is local;
//!   the backend knows nothing of it, and a restart of the backend harms none of it.
//! - `mechanism` is the table of mechanisms, `attribute` that of attributes; `find`, `generate` and
//!   `operation` do what applications ask for.
//!
//! Locks are those of `std`, which are nothing but a word of memory each: a child made by `fork`
//! can leave a locked one behind, as `module` does.

mod attribute;
mod error;
mod ffi;
mod find;
mod generate;
mod logging;
mod mechanism;
mod module;
mod object;
mod operation;
mod session;
mod slot;
#[cfg(test)]
mod status;
mod template;
mod vendor;

pub use ffi::C_GetFunctionList;
pub use vendor::{CKA_SUPACRYPT_KEY_NAME, CKA_SUPACRYPT_KEY_VERSION};
