//! Checks of PKCS#11 modules, any module: how it lives with its process (initialize, finalize,
//! unload, fork, threads), and whether it keeps to the standard where programs stumble over it.
//!
//! A check may crash, hang, or leave the module in a state of which nothing more can be said. So a
//! process runs one check, and ends; who starts these processes is `supacrypt p11 check`.
//!
//! Sections of the standard are those of "PKCS #11 Cryptographic Token Interface Base Specification
//! Version 2.40", unless another version is named.
#![cfg(unix)]

mod application;
mod check;
mod checks;
mod describe;
mod ffi;
mod key;
mod names;
mod notes;
mod rounds;
mod target;
mod template;
mod verdict;

pub use check::{Check, all};
pub use describe::{Description, describe, sweep};
pub use ffi::journal::keep_journal;
pub use ffi::process::end_after;
pub use target::Target;
pub use verdict::Stop;
