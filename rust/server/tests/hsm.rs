//! Keys in an HSM, which SoftHSM2 stands for.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "hsm/away.rs"]
mod away;
#[path = "hsm/backend.rs"]
mod backend;
mod common;
mod contract;
#[path = "hsm/custodian.rs"]
mod custodian;
#[path = "common/elsewhere.rs"]
mod elsewhere;
#[path = "hsm/held.rs"]
mod held;
#[path = "hsm/place.rs"]
mod place;
#[path = "hsm/refused.rs"]
mod refused;
#[path = "hsm/token.rs"]
mod token;

use std::process::{Command, ExitCode};

use token::Token;

fn main() -> ExitCode {
    // This program again, in an environment that tells where the token is.
    if std::env::var_os(token::PLACE).is_none() {
        let dir = tempfile::tempdir().unwrap();
        let status = Command::new(std::env::current_exe().unwrap())
            .env(token::PLACE, token::configure(dir.path()))
            .status()
            .unwrap();
        if status.success() {
            return ExitCode::SUCCESS;
        }
        // A module may end the process, which says nothing then.
        eprintln!("the tests ended with {status}");
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let early = away::before(dir.path()).await;
        let token = Token::make();
        // Before anything logs in: a process does so once, with whatever PIN.
        refused::settings(&token).await;
        done("what_is_configured_wrong_is_refused_with_what_to_do");
        place::keeps_the_contract(&token).await;
        away::after(&early).await;
        done("a_token_that_was_away_at_the_start_is_used_when_it_is_there");
        custodian::all(&token).await;
        backend::all(&token).await;
        held::all(&token).await;
    });
    ExitCode::SUCCESS
}

fn done(name: &str) {
    println!("test {name} ... ok");
}
