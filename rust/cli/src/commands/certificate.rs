//! `supacrypt certificate`.

mod delete;
mod file;
mod import;
mod show;

use clap::Subcommand;
use supacrypt_core::Result;

use crate::context::Context;

/// Bring in, show and export the certificates of a keyring
///
/// A certificate is named KEYRING/CERTIFICATE, or CERTIFICATE alone when the configuration chooses a
/// keyring. It belongs to the key that has the same object id, if there is one.
#[derive(Subcommand)]
pub(crate) enum Certificate {
    Import(import::Import),
    List(show::List),
    Show(show::Show),
    Export(show::Export),
    Delete(delete::Delete),
}

impl Certificate {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        match self {
            Certificate::Import(command) => command.run(context),
            Certificate::List(command) => command.run(context),
            Certificate::Show(command) => command.run(context),
            Certificate::Export(command) => command.run(context),
            Certificate::Delete(command) => command.run(context),
        }
    }
}
