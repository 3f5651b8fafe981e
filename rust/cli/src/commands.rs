//! The commands.

mod audit;
mod certificate;
mod completions;
mod custodian;
mod doctor;
mod key;
mod keyring;
mod object;
mod p11;
mod quickstart;
mod random;
mod seal;
mod sign;
mod verify;
mod version;

use std::process::ExitCode;

use clap::Subcommand;
use supacrypt_core::Result;

use crate::context::Context;

#[derive(Subcommand)]
pub(crate) enum Command {
    Quickstart(quickstart::Quickstart),
    #[command(subcommand)]
    Keyring(keyring::Keyring),
    #[command(subcommand)]
    Key(key::Key),
    #[command(subcommand)]
    Certificate(certificate::Certificate),
    #[command(subcommand)]
    Object(object::Object),
    #[command(subcommand)]
    Custodian(custodian::Custodian),
    #[command(subcommand)]
    Seal(seal::Seal),
    Sign(sign::Sign),
    Verify(verify::Verify),
    Random(random::Random),
    #[command(subcommand)]
    Audit(audit::Audit),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    P11(p11::P11),
    Completions(completions::Completions),
    Version(version::Version),
}

/// Runs a command; the exit code is for those that end well and still have something to tell.
pub(crate) fn run(command: Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::Quickstart(command) => command.run(context)?,
        Command::Keyring(command) => command.run(context)?,
        Command::Key(command) => command.run(context)?,
        Command::Certificate(command) => command.run(context)?,
        Command::Object(command) => command.run(context)?,
        Command::Seal(command) => command.run(context)?,
        Command::Sign(command) => command.run(context)?,
        Command::Verify(command) => command.run(context)?,
        Command::Random(command) => command.run(context)?,
        Command::Audit(command) => command.run(context)?,
        Command::Custodian(command) => return command.run(context),
        Command::Doctor(command) => return command.run(context),
        Command::P11(command) => return command.run(context),
        Command::Completions(command) => command.run(context)?,
        Command::Version(command) => command.run(context)?,
    }
    Ok(ExitCode::SUCCESS)
}
