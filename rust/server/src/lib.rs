//! The Supacrypt backend.

pub mod audit;
