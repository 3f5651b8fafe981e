//! The `supacrypt` command: administration, quickstart, doctor; and [`local`], the backend that
//! quickstart makes, for the test kit.

mod api;
mod args;
mod build_info;
mod commands;
mod confirm;
mod context;
mod exit;
mod files;
mod hex_bytes;
pub mod local;
mod names;
mod output;
mod pin;
mod scheme;
mod signature;
mod view;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Args, context::Context};

/// Runs the command of this process's arguments.
pub fn run() -> ExitCode {
    let args = Args::parse();
    let context = Context::new(args.global);
    match commands::run(args.command, &context) {
        Ok(code) => code,
        Err(error) => {
            context.output.error(&error);
            exit::code(error.reason())
        }
    }
}
