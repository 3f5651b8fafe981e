//! Bytes on the command line.

use std::str::FromStr;

use supacrypt_core::{Error, Reason, Result};

/// Bytes written in hex.
#[derive(Clone)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl FromStr for Hex {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        hex::decode(text).map(Hex).map_err(|error| {
            Error::new(Reason::InvalidArgument, format!("write bytes in hex: {error}"))
        })
    }
}
