//! What commands print: results on standard output, everything else on standard error.

use std::{
    io::{self, IsTerminal, Write},
    process,
};

use comfy_table::{Table, presets};
use serde::Serialize;
use serde_json::json;
use supacrypt_core::{Error, Reason, Result};

#[derive(Clone, Copy)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Output { json, quiet }
    }

    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Whether progress is to be shown.
    pub(crate) fn shows_progress(self) -> bool {
        !self.json && !self.quiet && io::stderr().is_terminal()
    }

    /// The one result of a command: `value` for machines, `human` for people.
    pub(crate) fn document<T: Serialize>(
        self,
        value: &T,
        human: impl FnOnce() -> String,
    ) -> Result<()> {
        let text = if self.json { to_json(value, true)? } else { human() };
        print(format!("{}\n", text.trim_end()).as_bytes())
    }

    /// One of many results of a command that goes on.
    pub(crate) fn item<T: Serialize>(
        self,
        value: &T,
        human: impl FnOnce() -> String,
    ) -> Result<()> {
        let text = if self.json { to_json(value, false)? } else { human() };
        print(format!("{text}\n").as_bytes())
    }

    /// Bytes as they are, for a file or another program.
    pub(crate) fn bytes(self, bytes: &[u8]) -> Result<()> {
        print(bytes)
    }

    /// Something worth knowing that is no result.
    pub(crate) fn note(self, text: &str) {
        if !self.json && !self.quiet {
            eprintln!("{text}");
        }
    }

    /// Why the command failed.
    pub(crate) fn error(self, error: &Error) {
        eprintln!("error: {error}\n  reason: {}", error.reason());
        if self.json {
            let value = json!({ "error": {
                "reason": error.reason().as_str(),
                "message": error.message(),
                "field": error.field(),
            }});
            // Nothing is left to tell when this fails too.
            let _ = print(format!("{value}\n").as_bytes());
        }
    }
}

/// A table without lines, easy to read and to cut.
pub(crate) fn table<R: IntoIterator<Item = String>>(
    header: &[&str],
    rows: impl IntoIterator<Item = R>,
) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    // The preset pads each cell on both sides.
    table.lines().map(|line| format!("{}\n", line.trim())).collect()
}

/// `name  value` lines.
pub(crate) fn properties(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    rows.iter().map(|(name, value)| format!("{name:width$}  {value}\n")).collect()
}

fn to_json<T: Serialize>(value: &T, pretty: bool) -> Result<String> {
    let text =
        if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.map_err(|error| Error::new(Reason::Internal, error.to_string()))
}

fn print(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        // The reader has seen enough, as `head` has. That is no error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => process::exit(0),
        Err(error) => {
            Err(Error::new(Reason::InvalidArgument, format!("cannot write the output: {error}")))
        }
    }
}
