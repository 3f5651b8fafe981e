//! A certificate authority for development and tests: what `supacrypt quickstart` and the test kit
//! use so that mutual TLS is there from the first minute.
//!
//! All keys are ECDSA P-256. Certificates follow the profile that rustls and OpenSSL both accept
//! (RFC 5280): a critical basic constraint and key usage on the authority, an extended key usage
//! and a subject alternative name on everything it issues.

mod authority;
mod files;
mod identity;

pub use authority::{Authority, Error, Issued};
pub use identity::{Identity, Validity};
