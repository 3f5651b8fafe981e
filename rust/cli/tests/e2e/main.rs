//! The command as users run it: the program itself, against real backends, beside OpenSSL.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod certificates;
mod command;
mod custodians;
mod doctor;
mod help;
mod keyrings;
mod keys;
mod objects;
#[cfg(target_os = "linux")]
mod p11;
mod pins;
mod quickstart;
mod seals;
mod signatures;
