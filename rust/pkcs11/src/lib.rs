//! The PKCS#11 module (PKCS#11 v2.40, v3.0 and v3.2). A keyring of the backend is a token; its keys are the
//! token's objects.
//!
//! - [`ffi`] is the C edge: it alone reads and writes the caller's memory, and turns panics and
//!   errors into return values.
//! - `module` holds what one process has: slots, sessions and object handles. All of it is local;
//!   the backend knows nothing of it, and a restart of the backend harms none of it.
//! - `mechanism` is the table of mechanisms, `attribute` that of attributes of the token's keys,
//!   `key_attributes` has those that the backend keeps for PKCS#11's sake, and `rules` says what
//!   applications may set of session objects; `create`, `change`, `find`, `generate`, `wrap`,
//!   `unwrap`, `derive` and `operation` do what applications ask for.
//! - `mechanism_object` shows the mechanisms as objects.
//! - `session_object` is what exists in this process alone; `key` makes its keys and those of the
//!   token look alike to operations.
//!
//! Locks are those of `std`, which are nothing but a word of memory each: a child made by `fork`
//! can leave a locked one behind, as `module` does.

mod allowed;
mod attribute;
mod attributes;
mod change;
mod create;
mod derive;
mod destroy;
mod error;
mod ffi;
mod find;
mod generate;
mod key;
mod key_attributes;
mod logging;
mod material;
mod mechanism;
mod mechanism_object;
mod module;
mod object;
mod operation;
mod pin;
mod plain_object;
mod rules;
mod session;
mod session_object;
mod slot;
#[cfg(test)]
mod status;
mod stored;
mod template;
mod unwrap;
mod vendor;
mod view;
mod wrap;

pub use ffi::{C_GetFunctionList, C_GetInterface, C_GetInterfaceList};
pub use vendor::{CKA_SUPACRYPT_KEY_NAME, CKA_SUPACRYPT_KEY_VERSION};
