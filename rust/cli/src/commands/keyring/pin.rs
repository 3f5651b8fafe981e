//! `supacrypt keyring pin`.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;
use supacrypt_core::Result;
use supacrypt_proto::v1;

use super::show;
use crate::{api::Api, confirm::confirm, context::Context, names::KeyringRef, pin};

/// The PIN that keys with --always-authenticate want for each use
#[derive(Subcommand)]
pub(crate) enum Pin {
    /// Set a PIN, also in place of one that is locked or forgotten; for the keyring's administrators
    Set {
        /// The keyring
        keyring: KeyringRef,
        /// Take the new PIN, 4 to 64 bytes, from this file, or from standard input for `-`; asked for at a
        /// terminal by default
        #[arg(long, value_name = "FILE")]
        new_pin_file: Option<PathBuf>,
    },
    /// Set another PIN, knowing the one there is
    Change {
        /// The keyring
        keyring: KeyringRef,
        /// Take the current PIN from this file; asked for at a terminal by default
        #[arg(long, value_name = "FILE")]
        pin_file: Option<PathBuf>,
        /// Take the new PIN, 4 to 64 bytes, from this file; asked for at a terminal by default
        #[arg(long, value_name = "FILE")]
        new_pin_file: Option<PathBuf>,
    },
    /// Remove the PIN: keys want none any more; for the keyring's administrators
    Remove {
        /// The keyring
        keyring: KeyringRef,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Check whether a PIN is the right one; a wrong one counts
    Check {
        /// The keyring
        keyring: KeyringRef,
        /// Take the PIN from this file, or from standard input for `-`; asked for at a terminal by default
        #[arg(long, value_name = "FILE")]
        pin_file: Option<PathBuf>,
    },
}

impl Pin {
    pub(super) fn run(self, context: &Context, api: &Api) -> Result<()> {
        match self {
            Pin::Set { keyring, new_pin_file } => {
                let name = keyring.name();
                let pin = pin::new(new_pin_file.as_deref(), &name)?;
                let request = v1::SetPinRequest {
                    name: name.to_string(),
                    pin: pin.to_vec(),
                    ..v1::SetPinRequest::default()
                };
                show(context, api.set_pin(request)?)
            }
            Pin::Change { keyring, pin_file, new_pin_file } => {
                let name = keyring.name();
                let current = pin::current(pin_file.as_deref(), &name)?;
                let pin = pin::new(new_pin_file.as_deref(), &name)?;
                let request = v1::SetPinRequest {
                    name: name.to_string(),
                    pin: pin.to_vec(),
                    current_pin: current.to_vec(),
                };
                show(context, api.set_pin(request)?)
            }
            Pin::Remove { keyring, yes } => {
                let name = keyring.name().to_string();
                confirm(&format!("Remove the PIN of {name}"), yes)?;
                let request = v1::SetPinRequest { name, ..v1::SetPinRequest::default() };
                show(context, api.set_pin(request)?)
            }
            Pin::Check { keyring, pin_file } => {
                let name = keyring.name();
                pin::verify(api, &name, &pin::current(pin_file.as_deref(), &name)?)?;
                let value = json!({ "name": name.to_string(), "correct": true });
                context.output.document(&value, || format!("that is the PIN of {name}\n"))
            }
        }
    }
}
