//! `supacrypt completions`.

use clap::CommandFactory;
use clap_complete::Shell;
use supacrypt_core::Result;

use crate::{args::Args, context::Context};

/// Print a script that completes this command in a shell
#[derive(clap::Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Args::command(), "supacrypt", &mut script);
        context.output.bytes(&script)
    }
}
