//! `supacrypt-bench`: how fast the PKCS#11 module is, beside SoftHSM2 in the process and SoftHSM2
//! behind `p11-kit server`, in one run on one machine.
//!
//! Each module is loaded by a process of its own, a [`worker`], which the parent tells what to
//! measure. The parent goes round the modules for each figure, so that whatever else the machine
//! does in the meantime falls on all of them.

mod options;
mod peers;
mod plan;
mod protocol;
mod report;
mod subject;
mod worker;

use std::fs;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

use options::{Command, Options};

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.command {
        Some(Command::Worker) => worker::run(),
        None => compare(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("supacrypt-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn compare(options: &Options) -> anyhow::Result<()> {
    let peers = peers::Peers::prepare(options)?;
    let subjects = peers.subjects(options)?;
    let results = plan::Plan::new(options).run(&subjects)?;
    println!("{}", report::table(&results));
    for verdict in report::verdicts(&results) {
        println!("{verdict}");
    }
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&results)?;
        fs::write(path, json + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
