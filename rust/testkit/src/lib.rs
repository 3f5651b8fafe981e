//! A real backend for end-to-end tests, in one line:
//!
//! ```no_run
//! let backend = supacrypt_testkit::Backend::start();
//! let client = backend.client();
//! ```
//!
//! Each [`Backend`] is a `supacryptd` process of its own, with its own certificates, store and port,
//! in a directory that goes when it does. Nothing is mocked. What goes wrong in here panics with the
//! server's log, as a test wants it.

mod artifacts;
mod audit;
mod backend;
mod identities;
mod metrics;
mod process;

pub use artifacts::{cdylib, program};
pub use backend::{Backend, KEYRING};
pub use process::{Forked, descriptors, fork, lose_right_to, threads};
pub use supacrypt_pki::{Identity, Validity};
