//! `supacrypt object`.

mod delete;
mod import;
mod show;

use clap::Subcommand;
use supacrypt_core::Result;

pub(crate) use delete::delete;

use crate::context::Context;

/// Bring in, show and export the data objects of a keyring
///
/// Data that applications keep beside their keys: CKO_DATA in PKCS#11. A data object is named
/// KEYRING/OBJECT, or OBJECT alone when the configuration chooses a keyring.
#[derive(Subcommand)]
pub(crate) enum Object {
    Import(import::Import),
    List(show::List),
    Show(show::Show),
    Export(show::Export),
    Delete(delete::Delete),
}

impl Object {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        match self {
            Object::Import(command) => command.run(context),
            Object::List(command) => command.run(context),
            Object::Show(command) => command.run(context),
            Object::Export(command) => command.run(context),
            Object::Delete(command) => command.run(context),
        }
    }
}
