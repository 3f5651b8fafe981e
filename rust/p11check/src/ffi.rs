//! The C edge, the only place with `unsafe`: the module's functions with their memory seen to, and
//! forking.
//!
//! A module that does not keep to the standard may do anything to its process. That is what is to be
//! found out, and why a process runs one check only: what the blocks in here promise is what an
//! application has to promise to a sound module.
#![allow(unsafe_code, reason = "a C library is called, with good arguments and with bad ones")]

mod general;
pub(crate) mod journal;
mod module;
mod mutex;
mod null;
mod object;
mod operation;
pub(crate) mod process;
mod session;

pub(crate) use general::Locking;
pub(crate) use module::{Called, Module, Refusal};
pub(crate) use null::NullCall;
pub(crate) use operation::{Filled, Mechanism, Operation};
