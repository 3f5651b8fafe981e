//! The API: each method reads its request, says what it is about and which permission it takes, and
//! turns the outcome into an answer. What every request has in common is [`crate::service`]'s.

mod audit;
mod call;
mod crypto;
mod custodian;
mod key;
mod keyring;
mod object;
mod operation;
mod page;
mod perform;
mod records;
mod refused;
mod request_id;
mod seal;
mod serve;
mod streams;

pub use serve::serve;
