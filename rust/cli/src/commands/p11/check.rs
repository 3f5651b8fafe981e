//! `supacrypt p11 check`.

use std::{
    path::PathBuf,
    process::{self, ExitCode},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use indicatif::{ProgressBar, ProgressStyle};
use supacrypt_core::{Error, Reason, Result};
use supacrypt_p11check::{Check as OneCheck, Description, Target, all};
use zeroize::Zeroizing;

use super::{
    child::{Children, Ended},
    job::{Answer, Task},
    report::{CheckView, Listed, Report},
};
use crate::{context::Context, files, output::Output};

pub(super) const PIN_VARIABLE: &str = "SUPACRYPT_P11_PIN";

/// The longest PIN file that is read, in bytes.
const LONGEST_PIN: usize = 4096;

/// Check how a PKCS#11 module lives with processes, forks and threads, and keeps to the standard
///
/// Works with any module. Each check runs in a process of its own, so that one that crashes or hangs
/// is a verdict and not the end. Do not check a token that is in use: checks make keys there, log in,
/// and destroy what they made.
///
/// The exit code is 0 when no check failed, crashed or hung, and 1 otherwise.
#[derive(clap::Args)]
pub(crate) struct Check {
    /// The module, such as /usr/lib/softhsm/libsofthsm2.so
    #[arg(required_unless_present = "list")]
    module: Option<PathBuf>,
    /// The token with this label; the first by default
    #[arg(long, value_name = "LABEL")]
    token: Option<String>,
    /// The user's PIN; other users of this machine can read command lines, so better give it with
    /// --pin-file or the environment
    #[arg(long, env = PIN_VARIABLE, hide_env_values = true)]
    pin: Option<String>,
    /// A file with the user's PIN; goes before --pin
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// Sign with the private key of this label; else checks make keys
    #[arg(long, value_name = "LABEL")]
    key: Option<String>,
    /// A group or check to run; may be given several times
    #[arg(long, value_name = "GROUP_OR_CHECK")]
    only: Vec<String>,
    /// A shell command that restarts what is behind the module and waits until it works
    #[arg(long, value_name = "COMMAND")]
    restart_command: Option<String>,
    /// How long a check may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u64).range(2..=3600))]
    timeout: u64,
    /// List the checks, and check nothing
    #[arg(long)]
    list: bool,
}

impl Check {
    /// The exit code says whether any check failed.
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let chosen = choose(&self.only)?;
        let module = match &self.module {
            Some(module) if !self.list => module.clone(),
            _ => {
                let list: Vec<_> = chosen.into_iter().map(Listed::from).collect();
                context.output.document(&list, || Listed::human(&list))?;
                return Ok(ExitCode::SUCCESS);
            }
        };
        let pin = self.pin()?;
        let label = run_label();
        let target = || Target {
            module: module.clone(),
            token: self.token.clone(),
            pin: pin.clone(),
            key: self.key.clone(),
            label: label.clone(),
            restart_command: self.restart_command.clone(),
            deadline: Duration::from_secs(self.timeout),
        };
        let children = Children::new(context.config_file())?;
        let description = describe(&children, target())?;
        let progress = Progress::new(context.output, chosen.len());
        let mut verdicts = Vec::new();
        for check in chosen {
            progress.step(check);
            let ended = children.run(&Task::Check(check.id()), target())?;
            verdicts.push(CheckView::new(check, ended));
        }
        progress.finish();
        // A module that says nothing of itself makes no keys.
        if description.is_some()
            && let Some(left) = sweep(&children, target())?
        {
            context.output.note(&format!("keys of the checks may be left on the token: {left}"));
        }
        let report = Report::new(description, verdicts);
        context.output.document(&report, || report.human())?;
        Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn pin(&self) -> Result<Option<Zeroizing<String>>> {
        let Some(file) = &self.pin_file else {
            return Ok(self.pin.clone().map(Zeroizing::new));
        };
        let content = files::read(file, LONGEST_PIN)?;
        let text = str::from_utf8(&content).map_err(|_| {
            let message = format!("{} is not text in UTF-8", file.display());
            Error::new(Reason::InvalidArgument, message)
        })?;
        Ok(Some(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())))
    }
}

/// The checks that are named, else all.
fn choose(only: &[String]) -> Result<Vec<&'static OneCheck>> {
    for choice in only {
        if !all().any(|check| check.is_chosen_by(choice)) {
            let message = format!("there is no check or group {choice:?}; --list shows them");
            return Err(Error::new(Reason::InvalidArgument, message));
        }
    }
    let is_chosen =
        |check: &&OneCheck| only.is_empty() || only.iter().any(|choice| check.is_chosen_by(choice));
    Ok(all().filter(is_chosen).collect())
}

/// What the module says of itself. One that crashes or hangs over this question can still be
/// checked; one that is no module, or a token that cannot be used, is the caller's to mend.
fn describe(children: &Children, target: Target) -> Result<Option<Description>> {
    match children.run(&Task::Describe, target)? {
        Ended::Answered(Answer::Description(description)) => Ok(Some(description)),
        Ended::Answered(Answer::Failed(why) | Answer::Skipped(why) | Answer::Passed(why)) => {
            Err(Error::new(Reason::InvalidArgument, why))
        }
        Ended::Crashed(_) | Ended::Hung(_) => Ok(None),
    }
}

/// Removes the keys that checks made; answers why some may be left.
fn sweep(children: &Children, target: Target) -> Result<Option<String>> {
    let label = target.label.clone();
    let why = match children.run(&Task::Sweep, target)? {
        Ended::Answered(Answer::Failed(why) | Answer::Skipped(why)) => why,
        Ended::Answered(Answer::Passed(_) | Answer::Description(_)) => return Ok(None),
        Ended::Crashed(how) => format!("crashed, {how}"),
        Ended::Hung(how) => format!("hung {how}"),
    };
    Ok(Some(format!("{why}; their label is {label:?}")))
}

/// The label of all keys of this run, and of no other.
fn run_label() -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("p11-check-{}-{}", time.as_secs(), process::id())
}

/// Says on a terminal which check is being run.
struct Progress(ProgressBar);

impl Progress {
    fn new(output: Output, checks: usize) -> Self {
        if !output.shows_progress() {
            return Progress(ProgressBar::hidden());
        }
        let style = ProgressStyle::with_template("{spinner} {pos}/{len} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(checks as u64).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(bar)
    }

    fn step(&self, check: &OneCheck) {
        self.0.set_message(check.id());
        self.0.inc(1);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
    }
}
