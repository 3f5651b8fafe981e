//! `supacrypt doctor`.

use std::{
    env,
    io::{self, IsTerminal},
    process::ExitCode,
};

use serde::Serialize;
use supacrypt_client::{Outcome, Step, diagnose};
use supacrypt_core::{Reason, Result};
use supacrypt_proto::v1::ListCustodiansRequest;

use crate::{context::Context, view::CustodianView};

/// Find out what is wrong between here and the backend
///
/// Goes the way from the configuration file to an authorized request, and says at each step how it
/// went and what to do.
#[derive(clap::Args)]
pub(crate) struct Doctor {}

#[derive(Serialize)]
struct Report {
    ok: bool,
    steps: Vec<StepView>,
}

#[derive(Serialize)]
struct StepView {
    name: String,
    outcome: Verdict,
    detail: String,
    reason: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

impl Doctor {
    /// The exit code says whether anything failed.
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let mut steps: Vec<StepView> =
            diagnose(context.config_file()).into_iter().map(StepView::from).collect();
        if steps.iter().all(|step| step.outcome != Verdict::Fail) {
            steps.extend(custodians(context)?);
        }
        let ok = steps.iter().all(|step| step.outcome != Verdict::Fail);
        let report = Report { ok, steps };
        context.output.document(&report, || report.human(colours()))?;
        Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// How the custodians are, for who may know.
fn custodians(context: &Context) -> Result<Vec<StepView>> {
    let found = match context.api()?.list_custodians(ListCustodiansRequest {}) {
        Ok(found) => found.custodians,
        Err(error) if error.reason() == Reason::RoleInsufficient => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let step = |custodian| {
        let view = CustodianView::from(custodian);
        let (name, state) = view.state();
        let outcome = if state.is_ok() { Verdict::Ok } else { Verdict::Warn };
        let detail = state.unwrap_or_else(str::to_owned);
        StepView { name: format!("custodian {name}"), outcome, detail, reason: None }
    };
    Ok(found.into_iter().map(step).collect())
}

impl Report {
    fn human(&self, colours: bool) -> String {
        let width = self.steps.iter().map(|step| step.name.len()).max().unwrap_or_default();
        let line = |step: &StepView| {
            let verdict = step.outcome.human(colours);
            format!("{verdict}  {:width$}  {}\n", step.name, step.detail)
        };
        let mut text: String = self.steps.iter().map(line).collect();
        text.push_str(if self.ok {
            "all is well"
        } else {
            "mend what failed, then run this again"
        });
        text
    }
}

impl From<Step> for StepView {
    fn from(step: Step) -> Self {
        let (outcome, detail, reason) = match step.outcome {
            Outcome::Ok(detail) => (Verdict::Ok, detail, None),
            Outcome::Warn(detail) => (Verdict::Warn, detail, None),
            Outcome::Failed(error) => {
                (Verdict::Fail, error.message().to_owned(), Some(error.reason().as_str()))
            }
        };
        StepView { name: step.name.to_owned(), outcome, detail, reason }
    }
}

impl Verdict {
    /// Four characters wide, in colours of ECMA-48 where asked for.
    fn human(self, colours: bool) -> String {
        let (text, colour) = match self {
            Verdict::Ok => ("OK  ", 32),
            Verdict::Warn => ("WARN", 33),
            Verdict::Fail => ("FAIL", 31),
        };
        if colours { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn colours() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
