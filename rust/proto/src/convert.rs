//! Conversions between wire and [`supacrypt_core`]. A wire value that is unspecified or unknown
//! never becomes a default: it is an error that names what was expected.

mod capabilities;
mod derivation;
mod key;
mod key_attributes;
mod object;
mod role;
mod scheme;

pub use key::{key_usages_from_wire, key_usages_to_wire};
pub use key_attributes::{allowed_from_wire, with_key_attributes};

use supacrypt_core::{Error, Reason};

/// The error for an enum that is unspecified or from a newer API than ours.
fn unknown(what: &str) -> Error {
    Error::new(Reason::InvalidArgument, format!("{what} is unspecified or unknown to this version"))
}

/// The error for a scheme of a kind that is unspecified or from a newer API than ours.
fn not_supported(kind: &str) -> Error {
    Error::new(
        Reason::AlgorithmNotSupported,
        format!("the {kind} scheme is unspecified or unknown to this version"),
    )
    .in_field("scheme.type")
}
