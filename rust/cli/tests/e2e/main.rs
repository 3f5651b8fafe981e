//! The command as users run it: the program itself, against real backends, beside OpenSSL.

mod audit;
mod command;
mod doctor;
mod help;
mod keyrings;
mod keys;
mod quickstart;
mod signatures;
