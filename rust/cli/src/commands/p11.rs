//! `supacrypt p11`.

#[cfg(unix)]
mod check;
#[cfg(unix)]
mod child;
#[cfg(unix)]
mod job;
#[cfg(not(unix))]
mod needs_unix;
#[cfg(unix)]
mod report;

use std::process::ExitCode;

use clap::Subcommand;
use supacrypt_core::Result;

use crate::context::Context;

#[cfg(unix)]
use self::{check::Check, job::RunCheck};
#[cfg(not(unix))]
use needs_unix::Check;

/// Check PKCS#11 modules, ours and others
#[derive(Subcommand)]
pub(crate) enum P11 {
    Check(Check),
    #[cfg(unix)]
    #[command(hide = true)]
    RunCheck(RunCheck),
}

impl P11 {
    /// The exit code says whether any check failed.
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        match self {
            P11::Check(command) => command.run(context),
            #[cfg(unix)]
            P11::RunCheck(command) => command.run(),
        }
    }
}
