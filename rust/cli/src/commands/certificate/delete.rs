//! `supacrypt certificate delete`.

use supacrypt_core::Result;

use super::show::get;
use crate::{commands::object::delete, context::Context, names::ObjectRef};

/// Delete a certificate, at once and for good
#[derive(clap::Args)]
pub(crate) struct Delete {
    /// The certificate
    certificate: ObjectRef,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        delete(context, &api, get(&api, &self.certificate)?, self.yes)
    }
}
