//! The client core that every provider shares: a blocking face over one asynchronous connection.
//!
//! ```no_run
//! # fn main() -> supacrypt_core::Result<()> {
//! use supacrypt_client::{Client, Config, KeyFilter};
//!
//! let client = Client::new(Config::load()?)?;
//! for keyring in client.keyrings()? {
//!     let keys = client.find_keys(&keyring.name, &KeyFilter::default())?;
//!     println!("{} has {} keys", keyring.name, keys.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # No background threads
//!
//! A provider is a guest in a process that may fork, unload it or end at any moment, so nothing
//! here runs on a thread of its own. All callers share one single-threaded runtime, and whoever
//! waits for an answer drives it, for itself and for the others. Between calls nothing happens:
//! what arrived meanwhile is read by the next call.
//!
//! After a fork the child leaves what it inherited alone, down to the last socket, and starts anew
//! with its first call.
//!
//! # Errors
//!
//! All methods fail with [`supacrypt_core::Error`]. Beside those of the server a client's own
//! reasons are `Configuration`, `Unreachable`, `ServerNotTrusted`, `ClientCertificateMissing`,
//! `ClientCertificateExpired`, `ClientCertificateRejected`, `Protocol` and `DeadlineExceeded`.
//! Errors after which a repetition is safe are retried inside, until the operation's deadline.
//!
//! None of these methods may be called from inside an asynchronous runtime that this crate was
//! linked together with; use `spawn_blocking` there.

mod breaker;
mod cache;
mod call;
mod client;
mod config;
mod connection;
mod diagnose;
mod endpoint;
mod failure;
mod key_version;
mod keyrings;
mod keys;
mod lock;
mod objects;
mod observed;
mod operations;
mod perform;
mod pins;
mod platform;
mod process;
mod recent;
mod tls;
mod transport;
mod wrap;

pub use call::Retry;
pub use client::Client;
pub use config::{Config, Log, Timeouts, Tls};
pub use diagnose::{Outcome, Step, diagnose};
pub use endpoint::Url;
pub use key_version::KeyVersionRef;
pub use keyrings::Keyring;
pub use keys::{Key, KeyChange, KeyFilter, NewKey};
pub use objects::{
    CertificateObject, DataObject, NewObject, NewObjectContent, Object, ObjectChange,
    ObjectContent, ObjectFilter,
};
pub use pins::Ticket;
/// Limits of the API's fields, for providers that check before they ask.
pub use supacrypt_proto::limits;
pub use tls::key_exchanges;
pub use transport::Transport;
pub use wrap::{Unwrapping, WrappingKey};
