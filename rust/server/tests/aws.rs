//! Keys in the Key Management Service of AWS: in one that moto stands for, in one of ours that answers as
//! it is told, and in the real one where the environment has credentials for it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "aws/backend.rs"]
mod backend;
mod common;
mod contract;
#[path = "aws/custodian.rs"]
mod custodian;
#[path = "common/elsewhere.rs"]
mod elsewhere;
#[path = "aws/faults.rs"]
mod faults;
#[path = "aws/keys.rs"]
mod keys;
#[path = "aws/life.rs"]
mod life;
#[path = "aws/moto.rs"]
mod moto;
#[path = "aws/operations.rs"]
mod operations;
#[path = "aws/place.rs"]
mod place;
#[path = "aws/reconciled.rs"]
mod reconciled;
#[path = "aws/settings.rs"]
mod settings;
#[path = "aws/wire.rs"]
mod wire;

use std::process::{Command, ExitCode};

use moto::Moto;
use place::Place;

/// What tells this program that it has its environment, and where KMS is: a URL, or nothing for AWS.
const RUN: &str = "SUPACRYPT_TEST_AWS_RUN";
/// Names the region to test in with real keys.
const REGION: &str = "SUPACRYPT_TEST_AWS_REGION";

fn main() -> ExitCode {
    let real = std::env::var(REGION).ok();
    match std::env::var(RUN).as_deref() {
        Ok("") => run(async { everything_in(&Place::real(&real.unwrap())).await }),
        Ok(url) => run(async {
            everything_in(&Place::emulated(url)).await;
            reconciled::all(&Place::emulated(url)).await;
            settings::all(url).await;
            operations::all().await;
            life::all().await;
            faults::all().await;
        }),
        // This program again: the SDK reads its environment, and nothing here shall find real keys.
        Err(_) => {
            let moto = Moto::start();
            let mut emulated = again(&moto.url());
            emulated.env_remove("AWS_PROFILE").env("AWS_EC2_METADATA_DISABLED", "true");
            emulated.env("AWS_ENDPOINT_URL_STS", moto.url());
            for file in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
                emulated.env(file, "/dev/null");
            }
            for secret in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
                emulated.env(secret, "test");
            }
            let mut runs = vec![emulated];
            match &real {
                Some(_) => runs.push(again("")),
                None => println!("not run with keys in AWS: {REGION} names no region"),
            }
            let succeeded = runs.iter_mut().all(|run| run.status().unwrap().success());
            if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

fn again(kms: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(RUN, kms);
    command
}

fn run(tests: impl Future<Output = ()>) -> ExitCode {
    tokio::runtime::Runtime::new().unwrap().block_on(tests);
    ExitCode::SUCCESS
}

async fn everything_in(place: &Place) {
    place.keeps_the_contract().await;
    custodian::all(place).await;
    backend::all(place).await;
}

fn done(name: &str) {
    println!("test {name} ... ok");
}
