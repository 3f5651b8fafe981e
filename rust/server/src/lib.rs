//! The Supacrypt backend: [`Server`] is one, [`config::Config`] describes it.
//!
//! A request goes down this list and its answer comes back up: [`transport`] (who is it), [`grpc`]
//! (what is asked), [`service`] (may they; record it), [`keys`] (which key), [`custody`] (perform).
//! What is no key, certificates and data, stands in [`objects`].

pub mod audit;
pub mod authz;
pub mod config;
pub mod custody;
pub mod data_keys;
mod endpoints;
pub mod grpc;
pub mod keyrings;
pub mod keys;
pub mod memory;
mod new_id;
pub mod objects;
pub mod pins;
pub mod seal;
pub mod sealing;
mod secret_file;
mod server;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod transport;
pub mod watch;

pub use endpoints::Endpoints;
pub use server::Server;
