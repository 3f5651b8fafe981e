//! A process that loads one module and measures it.

mod keys;
mod measure;
mod memory;
mod pkcs11;
mod signer;
mod template;
mod token;

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::time::Instant;

use anyhow::{Context, bail};

use crate::protocol::{Algorithm, Answer, By, Figures, Request};
use measure::Tally;
use token::Token;

/// Answers the requests on standard input until it ends.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut worker = Worker::default();
    for line in io::stdin().lock().lines() {
        let request = serde_json::from_str(&line?).context("this is no request of the bench")?;
        let answer = worker.answer(request);
        let failed = answer.is_err();
        let answer =
            answer.unwrap_or_else(|error| Answer::Failed { message: format!("{error:#}") });
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, &answer)?;
        out.write_all(b"\n")?;
        out.flush()?;
        if failed {
            break;
        }
    }
    Ok(())
}

#[derive(Default)]
struct Worker {
    token: Option<Token>,
    signing: HashMap<(Algorithm, usize), Tally>,
    finding: HashMap<(By, usize), Tally>,
    /// Resident memory when the module had been opened, in bytes.
    opened_with: u64,
    population: usize,
}

impl Worker {
    fn answer(&mut self, request: Request) -> anyhow::Result<Answer> {
        if let Request::Open { module, token, pin } = request {
            let (token, initialize) = Token::open(&module, &token, &pin)?;
            self.token = Some(token);
            self.opened_with = memory::resident()?;
            return Ok(Answer::Opened { initialize });
        }
        let Some(token) = &self.token else { bail!("the first request opens a module") };
        match request {
            Request::Open { .. } => unreachable!("invariant: handled above"),
            Request::Sign { algorithm, threads, span } => {
                keys::ensure_pair(&token.session()?, algorithm)?;
                let tally = self.signing.entry((algorithm, threads)).or_default();
                measure::measure(tally, threads, span, || {
                    signer::Signing::start(token, algorithm)
                })?;
                Ok(Answer::Measured(tally.figures()))
            }
            Request::Populate { keys, at_most } => {
                self.population = keys::populate(token, keys, at_most)?;
                Ok(Answer::Populated { keys: self.population })
            }
            Request::Find { by, span } => {
                let population = self.population;
                let tally = self.finding.entry((by, population)).or_default();
                measure::measure(tally, 1, span, || keys::Finding::start(token, by, population))?;
                Ok(Answer::Measured(tally.figures()))
            }
            Request::List => {
                let started = Instant::now();
                self.population = keys::count(token)?;
                Ok(Answer::Measured(Figures::once(started.elapsed())))
            }
            Request::Growth => {
                let bytes = memory::resident()?.saturating_sub(self.opened_with);
                Ok(Answer::Grown { bytes })
            }
        }
    }
}
