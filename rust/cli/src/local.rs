//! A backend on this machine with everything it needs in one directory: certificates, the
//! configuration of server and clients, data, log. What `supacrypt quickstart` makes, and what the
//! end-to-end tests run on.

mod files;
mod keyring;
mod ports;
mod process;

pub use files::{Deployment, client_toml};
pub use keyring::create_keyring;
pub use process::{Endpoints, Lifetime, find_supacryptd, start};
