//! The `supacrypt` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    supacrypt_cli::run()
}
