//! The Supacrypt backend.

pub mod audit;
pub mod telemetry;
