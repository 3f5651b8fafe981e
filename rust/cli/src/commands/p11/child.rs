//! Processes that run one check each.

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use supacrypt_core::{Error, Reason, Result};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{
    check::PIN_VARIABLE,
    job::{Answer, Job, Task},
};
use supacrypt_p11check::Target;

const POLL: Duration = Duration::from_millis(2);

/// Starts the processes.
pub(super) struct Children {
    /// This program.
    program: PathBuf,
    /// The client configuration that our own module is to use.
    config: Option<PathBuf>,
    /// Where answers are written.
    dir: TempDir,
}

/// How a process ended.
pub(super) enum Ended {
    /// With an answer, and in peace.
    Answered(Answer),
    /// By a signal or in disorder; described.
    Crashed(String),
    /// Not before its deadline; described.
    Hung(String),
}

impl Children {
    pub(super) fn new(config: Option<&Path>) -> Result<Self> {
        let unable = |error: io::Error| {
            Error::new(Reason::Configuration, format!("cannot prepare checks: {error}"))
        };
        Ok(Children {
            program: env::current_exe().map_err(unable)?,
            config: config.map(Path::to_path_buf),
            dir: tempfile::tempdir().map_err(unable)?,
        })
    }

    /// Does `task` in a process of its own.
    ///
    /// # Errors
    /// When no process can be started; whatever becomes of one is no error.
    pub(super) fn run(&self, task: &Task, target: Target) -> Result<Ended> {
        let place = |name| self.dir.path().join(name);
        let deadline = target.deadline;
        let job =
            Job { task: task.clone(), target, journal: place("journal"), answer: place("answer") };
        // What an earlier process left. There may be nothing.
        let _ = fs::remove_file(&job.answer);
        let mut child = self.start(&job)?;
        let Some(status) = wait(&mut child, deadline).map_err(lost)? else {
            let text = format!("after {} s{}", deadline.as_secs(), last_call(&job.journal));
            return Ok(Ended::Hung(text));
        };
        let answer = fs::read(&job.answer).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Ok(match answer {
            Some(answer) if status.success() => Ended::Answered(answer),
            Some(_) => Ended::Crashed(format!("{status}, when the process ended")),
            None => Ended::Crashed(format!("{status}{}", last_call(&job.journal))),
        })
    }

    fn start(&self, job: &Job) -> Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(["p11", "run-check"])
            .env_remove(PIN_VARIABLE)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        if let Some(config) = &self.config {
            command.env("SUPACRYPT_CONFIG", config);
        }
        // The first process says what keeps all the others from working.
        if !matches!(job.task, Task::Describe) {
            command.stderr(Stdio::null());
        }
        let mut child = command.spawn().map_err(lost)?;
        let text = serde_json::to_vec(job)
            .map(Zeroizing::new)
            .map_err(|error| Error::new(Reason::Internal, error.to_string()))?;
        let mut stdin = child.stdin.take().expect("invariant: it is piped");
        // One that is gone already is told by how it ended.
        let _ = stdin.write_all(&text);
        Ok(child)
    }
}

/// Waits for the end; after the deadline, makes it, and answers nothing.
fn wait(child: &mut Child, deadline: Duration) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

/// ` in C_Function`, where it is known.
fn last_call(journal: &Path) -> String {
    match fs::read_to_string(journal).unwrap_or_default().trim() {
        "" => String::new(),
        function => format!(" in {function}"),
    }
}

fn lost(error: io::Error) -> Error {
    Error::new(Reason::Internal, format!("cannot run a check in a process of its own: {error}"))
}
