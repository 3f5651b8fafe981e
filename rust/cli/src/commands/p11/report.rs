//! What `p11 check` prints.

use serde::Serialize;
use supacrypt_p11check::{Check, Description};

use super::{child::Ended, job::Answer};
use crate::output::{properties, table};

/// The result of the command.
#[derive(Serialize)]
pub(super) struct Report {
    /// Nothing failed, crashed or hung.
    pub(super) ok: bool,
    module: Option<Description>,
    passed: usize,
    failed: usize,
    skipped: usize,
    checks: Vec<CheckView>,
}

/// One check and its verdict.
#[derive(Serialize)]
pub(super) struct CheckView {
    group: &'static str,
    name: &'static str,
    section: &'static str,
    about: &'static str,
    verdict: Verdict,
    note: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Pass,
    Fail,
    Skipped,
    Crashed,
    Hung,
}

/// A check as `--list` shows it.
#[derive(Serialize)]
pub(super) struct Listed {
    group: &'static str,
    name: &'static str,
    section: &'static str,
    about: &'static str,
}

impl Report {
    pub(super) fn new(module: Option<Description>, checks: Vec<CheckView>) -> Self {
        let count =
            |is: fn(Verdict) -> bool| checks.iter().filter(|check| is(check.verdict)).count();
        let passed = count(|verdict| verdict == Verdict::Pass);
        let skipped = count(|verdict| verdict == Verdict::Skipped);
        let failed = checks.len() - passed - skipped;
        Report { ok: failed == 0, module, passed, failed, skipped, checks }
    }

    pub(super) fn human(&self) -> String {
        let module = self.module.as_ref().map(|module| {
            properties(&[
                ("module", format!("{}, {}", module.library, module.library_version)),
                ("maker", module.manufacturer.clone()),
                ("standard", format!("PKCS#11 {}", module.cryptoki_version)),
                ("token", module.token.clone()),
                ("session keys", if module.session_keys { "yes" } else { "no" }.to_owned()),
            ]) + "\n"
        });
        let row = |check: &CheckView| {
            [
                format!("{}/{}", check.group, check.name),
                check.verdict.human().to_owned(),
                // Texts of a module may have any length and line breaks.
                check.note.split_whitespace().collect::<Vec<_>>().join(" "),
            ]
        };
        let table = table(&["CHECK", "VERDICT", "NOTE"], self.checks.iter().map(row));
        let Report { passed, failed, skipped, .. } = self;
        format!(
            "{}{table}\n{passed} passed, {failed} failed, {skipped} skipped",
            module.unwrap_or_default()
        )
    }
}

impl CheckView {
    pub(super) fn new(check: &'static Check, ended: Ended) -> Self {
        let (verdict, note) = match ended {
            Ended::Answered(Answer::Passed(note)) => (Verdict::Pass, note),
            Ended::Answered(Answer::Skipped(why)) => (Verdict::Skipped, why),
            Ended::Answered(Answer::Failed(why)) => (Verdict::Fail, why),
            Ended::Answered(Answer::Description(_)) => {
                (Verdict::Fail, "the process answered another question".to_owned())
            }
            Ended::Crashed(how) => (Verdict::Crashed, how),
            Ended::Hung(how) => (Verdict::Hung, how),
        };
        let Check { group, name, section, about, .. } = check;
        CheckView { group, name, section, about, verdict, note }
    }
}

impl Verdict {
    /// What needs a look is in capitals.
    fn human(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "FAIL",
            Verdict::Skipped => "skipped",
            Verdict::Crashed => "CRASHED",
            Verdict::Hung => "HUNG",
        }
    }
}

impl From<&'static Check> for Listed {
    fn from(check: &'static Check) -> Self {
        let Check { group, name, section, about, .. } = check;
        Listed { group, name, section, about }
    }
}

impl Listed {
    pub(super) fn human(list: &[Self]) -> String {
        let row = |check: &Listed| {
            let name = format!("{}/{}", check.group, check.name);
            [name, check.section.to_owned(), check.about.to_owned()]
        };
        table(&["CHECK", "SECTION", "A MODULE THAT PASSES"], list.iter().map(row))
    }
}
