//! The software engine: everything Supacrypt computes with a key in its own memory, on AWS-LC.
//!
//! - [`generate`], [`generate_secret`] and [`import`] make [`Material`], the form a private or secret key is stored in
//!   (wrapped by an [`envelope`]).
//! - [`Key`] is loaded material: it signs, decrypts, encrypts, decapsulates, derives and makes MACs
//!   without parsing anything again.
//! - [`PublicKey`] is the half that providers hold too, to verify, encrypt and encapsulate without a
//!   network.
//! - [`Certificate`] is what an X.509 certificate says.
//! - [`hash_pin`] is what may be kept of a PIN.
//!
//! Lengths and parameters are checked by the schemes of `supacrypt_core` before anything is
//! computed. Nothing hashes behind the caller's back: an operation's input is what its scheme says.
//!
//! Private and secret values are wiped when dropped, by this crate or by AWS-LC's own allocator,
//! and appear in no `Debug` output and no error.

mod certificate;
mod compare;
mod derive;
mod digest;
pub mod envelope;
mod key;
mod material;
mod pin;
mod public_key;
mod random;
mod seed;
mod symmetric;
mod sys;

pub use certificate::Certificate;
pub use compare::is_equal;
pub use digest::{Hasher, digest};
pub use key::Key;
pub use material::{Material, generate, generate_secret, import};
pub use pin::{hash_pin, is_pin};
pub use public_key::{PublicComponents, PublicKey};
pub use random::random;
pub use sys::fork::{Undivided, undivided, watch_forks};
