//! Audit entries.

use jiff::Timestamp;
use serde::Serialize;
use supacrypt_proto::v1::{self, audit_entry::Outcome};

use super::{short, time};

#[derive(Serialize)]
pub(crate) struct EntryView {
    sequence: u64,
    time: Option<Timestamp>,
    principal: String,
    action: String,
    resource: String,
    algorithm: String,
    outcome: &'static str,
    reason: String,
    peer: String,
    wrapping_key: String,
}

impl From<v1::AuditEntry> for EntryView {
    fn from(entry: v1::AuditEntry) -> Self {
        let outcome = match entry.outcome() {
            Outcome::Succeeded => "succeeded",
            Outcome::Denied => "denied",
            Outcome::Failed => "failed",
            Outcome::Unspecified => "unknown",
        };
        EntryView {
            sequence: entry.sequence,
            time: time(entry.time.as_ref()),
            principal: entry.principal,
            action: entry.action,
            resource: entry.resource,
            algorithm: entry.algorithm,
            outcome,
            reason: entry.reason,
            peer: entry.peer,
            wrapping_key: entry.wrapping_key,
        }
    }
}

impl EntryView {
    /// One line. Columns keep their width from line to line, because `--follow` never sees them all.
    ///
    /// Names that a caller made up are quoted where they could forge a line.
    pub(crate) fn human(&self) -> String {
        let principal = if self.principal.is_empty() { "-" } else { &self.principal };
        let mut line = format!(
            "{sequence:>8}  {time}  {outcome:9}  {action:16}  {principal:12}  {resource}",
            sequence = self.sequence,
            time = short(self.time),
            outcome = self.outcome,
            action = plain(&self.action),
            principal = plain(principal),
            resource = plain(&self.resource),
        );
        let peer = if self.principal.is_empty() { &self.peer } else { "" };
        for (word, detail) in [
            ("", &*self.algorithm),
            ("with ", &self.wrapping_key),
            ("", &self.reason),
            ("from ", peer),
        ] {
            if !detail.is_empty() {
                line.push_str("  ");
                line.push_str(word);
                line.push_str(&plain(detail));
            }
        }
        line.trim_end().to_owned()
    }
}

fn plain(text: &str) -> String {
    if text.chars().any(char::is_control) { format!("{text:?}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_line_break_cannot_forge_a_line() {
        let forged = || "keyrings/x\n       7  forged".to_owned();
        let entry = v1::AuditEntry {
            resource: forged(),
            wrapping_key: forged(),
            ..v1::AuditEntry::default()
        };
        assert_eq!(EntryView::from(entry).human().lines().count(), 1);
    }
}
