//! The arguments all commands share.

use std::path::PathBuf;

use clap::Parser;

use crate::{build_info::VERSION, commands::Command, exit};

#[derive(Parser)]
#[command(
    name = "supacrypt",
    version,
    long_version = VERSION.as_str(),
    about = "Administers Supacrypt and works with its keys",
    after_help = exit::HELP,
    infer_long_args = false,
    propagate_version = false
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(clap::Args)]
pub(crate) struct Global {
    /// Configuration to use instead of the one SUPACRYPT_CONFIG names or the default one
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON: one document, or one a line for commands that go on
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print results and errors only
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }
}
