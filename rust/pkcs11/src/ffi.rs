//! The C edge: the only place with `unsafe`. Every function goes through [`guard`], reads the
//! caller's memory with `input`, and writes it with `output`.
#![allow(unsafe_code, reason = "the caller hands over raw pointers")]

mod cipher;
mod digest;
mod general;
mod guard;
mod input;
mod key;
mod list;
mod object;
mod output;
mod session;
mod sign;
mod slot;
mod unsupported;
mod verify;

pub use list::C_GetFunctionList;
pub(crate) use output::Output;
