//! `supacrypt p11 run-check`: one check, in the process that may be lost by it. What to do comes as
//! JSON from standard input, so that the PIN is neither in the arguments nor in the environment; the
//! answer goes to a file, since a module may print.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use supacrypt_core::{Error, Reason, Result};
use supacrypt_p11check::{
    Check, Description, Stop, Target, all, describe, end_after, keep_journal, sweep,
};

/// How much longer than its deadline the process lives when nobody ends it.
const GRACE: Duration = Duration::from_secs(2);

/// Run what standard input says, for `p11 check`
#[derive(clap::Args)]
pub(crate) struct RunCheck {}

/// What a process is started for.
#[derive(Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) target: Target,
    /// Where the name of the function called last is kept.
    pub(super) journal: PathBuf,
    /// Where the answer is to be written.
    pub(super) answer: PathBuf,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Task {
    Describe,
    /// The check with this id.
    Check(String),
    /// Remove the keys that checks made.
    Sweep,
}

#[derive(Serialize, Deserialize)]
pub(super) enum Answer {
    Description(Description),
    /// Perhaps with a remark.
    Passed(String),
    Failed(String),
    Skipped(String),
}

impl RunCheck {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let job: Job = serde_json::from_reader(io::stdin().lock()).map_err(|error| {
            Error::new(Reason::InvalidArgument, format!("run `p11 check` instead: {error}"))
        })?;
        end_after(job.target.deadline + GRACE);
        keep_journal(File::create(&job.journal).map_err(|error| unwritable(&error))?);
        let answer = answer(&job);
        let text = serde_json::to_vec(&answer)
            .map_err(|error| Error::new(Reason::Internal, error.to_string()))?;
        fs::write(&job.answer, text).map_err(|error| unwritable(&error))?;
        // The process ends as every process does, with what the module has left to be done.
        Ok(ExitCode::SUCCESS)
    }
}

fn answer(job: &Job) -> Answer {
    let outcome = match &job.task {
        Task::Describe => describe(&job.target).map(Answer::Description),
        Task::Sweep => sweep(&job.target).map(|()| Answer::Passed(String::new())),
        Task::Check(id) => check(id).and_then(|check| check.run(&job.target)).map(Answer::Passed),
    };
    outcome.unwrap_or_else(|stop| match stop {
        Stop::Failed(why) => Answer::Failed(why),
        Stop::Skipped(why) => Answer::Skipped(why),
    })
}

fn check(id: &str) -> std::result::Result<&'static Check, Stop> {
    let found = all().find(|check| check.id() == id);
    found.ok_or_else(|| Stop::Skipped(format!("there is no check {id}")))
}

fn unwritable(error: &io::Error) -> Error {
    Error::new(Reason::Internal, format!("cannot write the answer of a check: {error}"))
}
