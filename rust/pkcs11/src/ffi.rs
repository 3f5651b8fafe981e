//! The C edge: the only place with `unsafe`. Every function goes through [`guard`], reads the
//! caller's memory with `input`, and writes it with `output`.
#![allow(unsafe_code, reason = "the caller hands over raw pointers")]

mod cipher;
mod derive;
mod digest;
mod dual;
mod general;
mod guard;
mod input;
mod key;
mod list;
mod message_cipher;
mod message_parameter;
mod message_sign;
mod object;
mod output;
mod recover;
mod session;
mod sign;
mod slot;
mod state;
mod token;
mod unsupported;
mod verify;
mod wrap;

pub use list::{C_GetFunctionList, C_GetInterface, C_GetInterfaceList};
pub(crate) use output::Output;
