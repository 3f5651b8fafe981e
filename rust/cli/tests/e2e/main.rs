//! The command as users run it: the program itself, against real backends, beside OpenSSL.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod certificates;
mod command;
mod doctor;
mod help;
mod keyrings;
mod keys;
mod quickstart;
mod signatures;
