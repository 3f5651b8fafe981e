//! The function that was called last, in a file that outlives this process: so that a crash can be
//! told with its place.

use std::{fs::File, os::unix::fs::FileExt, sync::OnceLock};

/// The length of what is in the file, in bytes: no name of a function is longer.
const LENGTH: usize = 40;

static JOURNAL: OnceLock<File> = OnceLock::new();

/// Writes down from now on, in `file`, which function of the module is called; padded with spaces.
pub fn keep_journal(file: File) {
    // A second journal would be a second check in this process: the first stays.
    let _ = JOURNAL.set(file);
}

pub(super) fn calling(function: &str) {
    if let Some(journal) = JOURNAL.get() {
        // A journal that cannot be written makes a crash less well described, nothing else.
        let _ = journal.write_all_at(format!("{function:LENGTH$}").as_bytes(), 0);
    }
}
