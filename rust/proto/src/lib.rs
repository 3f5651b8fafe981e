//! The Supacrypt API as Rust types: generated messages and services, their conversions to and from
//! [`supacrypt_core`], the limits of every field, and errors on the wire.
//!
//! The API itself is documented where it is defined, in `proto/supacrypt/v1`.

mod convert;
mod status;
mod validate;

pub use convert::{
    allowed_from_wire, key_usages_from_wire, key_usages_to_wire, with_key_attributes,
};
pub use status::{error_from_rpc_status, error_from_status, rpc_status, status};
pub use validate::{Validate, limits};

/// Version 1 of the API.
#[allow(missing_docs, unreachable_pub, clippy::all)]
pub mod v1 {
    tonic::include_proto!("supacrypt.v1");

    /// The compiled definitions with everything they import, for server reflection.
    pub const FILE_DESCRIPTOR_SET: &[u8] =
        include_bytes!(concat!(env!("OUT_DIR"), "/supacrypt.fds"));
}
