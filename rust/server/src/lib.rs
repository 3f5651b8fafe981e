//! The Supacrypt backend.

pub mod audit;
pub mod authz;
pub mod config;
pub mod custody;
pub mod keyrings;
pub mod keys;
pub mod memory;
pub mod seal;
pub mod store;
pub mod telemetry;
pub mod transport;
