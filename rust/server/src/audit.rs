//! The audit log: one entry for each decision, in the file before the answer leaves.
//!
//! A record is what [`entry`] encodes, framed by [`record`]; [`segment`] says which file it is in;
//! [`writer`] puts groups of records at the end of the last file; [`log`] makes the groups;
//! [`reader`] gives entries back. What an entry *is* and where it is *kept* meet only in [`record`].

mod entry;
mod log;
mod metrics;
mod reader;
mod record;
mod segment;
mod writer;

pub use entry::{Entry, Outcome};
pub use log::{AuditLog, Durability, Options};
pub use metrics::AuditMetrics;
pub use reader::{AuditReader, Start};

use std::path::Path;

use supacrypt_core::{Error, Reason};

/// The error for a file or directory of the log that cannot be used. `doing` reads like "write".
fn unavailable(doing: &str, path: &Path, cause: &std::io::Error) -> Error {
    Error::new(
        Reason::AuditUnavailable,
        format!(
            "cannot {doing} the audit log at {}: {cause}; check the disk's free space and the \
             permissions of the server's account",
            path.display()
        ),
    )
}
