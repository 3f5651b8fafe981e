//! `supacrypt p11 check` where there is no fork.

use std::{ffi::OsString, process::ExitCode};

use supacrypt_core::{Error, Reason, Result};

use crate::context::Context;

/// Check a PKCS#11 module; on Linux and macOS only
#[derive(clap::Args)]
pub(crate) struct Check {
    /// What it would take there
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _arguments: Vec<OsString>,
}

impl Check {
    pub(crate) fn run(self, _context: &Context) -> Result<ExitCode> {
        let message = "p11 check needs a Unix system, since it looks at what modules do to \
                       processes there: run it on Linux or macOS";
        Err(Error::new(Reason::InvalidArgument, message))
    }
}
