//! A module under measurement, and the process that measures it.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, bail};

use crate::options::SubjectKind;
use crate::protocol::{Answer, Request};

/// What to load, and how.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) kind: SubjectKind,
    pub(crate) module: PathBuf,
    pub(crate) token: String,
    pub(crate) pin: String,
    /// What the module reads from its environment.
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// A process that has loaded a subject's module. Ends when dropped.
pub(crate) struct Worker {
    kind: SubjectKind,
    process: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts a process for `subject`. Returns it with its answer to being opened.
    pub(crate) fn start(subject: &Subject) -> anyhow::Result<(Worker, Answer)> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("worker")
            .envs(subject.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start a worker")?;
        let requests = process.stdin.take();
        let answers = process.stdout.take().context("a worker without standard output")?;
        let answers = BufReader::new(answers);
        let mut worker = Worker { kind: subject.kind, process, requests, answers };
        let opened = worker.ask(&Request::Open {
            module: subject.module.clone(),
            token: subject.token.clone(),
            pin: subject.pin.clone(),
        })?;
        Ok((worker, opened))
    }

    pub(crate) fn kind(&self) -> SubjectKind {
        self.kind
    }

    /// Has the worker do something, and waits.
    pub(crate) fn ask(&mut self, request: &Request) -> anyhow::Result<Answer> {
        let title = self.kind.title();
        let gone = || format!("the worker for {title} is gone");
        let requests = self.requests.as_mut().with_context(gone)?;
        writeln!(requests, "{}", serde_json::to_string(request)?).with_context(gone)?;
        let mut line = String::new();
        self.answers.read_line(&mut line).with_context(gone)?;
        match serde_json::from_str(&line).with_context(gone)? {
            Answer::Failed { message } => bail!("{title}: {message}"),
            answer => Ok(answer),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It ends with its input. Should the module keep it from that, there is nothing to save.
        drop(self.requests.take());
        if self.process.wait().is_err() {
            eprintln!("supacrypt-bench: cannot wait for process {}", self.process.id());
        }
    }
}
