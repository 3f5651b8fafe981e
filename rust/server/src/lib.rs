//! The Supacrypt backend.

pub mod audit;
pub mod config;
pub mod memory;
pub mod telemetry;
pub mod transport;
