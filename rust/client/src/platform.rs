//! Everything that differs between operating systems.

use std::path::Path;

use supacrypt_core::{Error, Reason};

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::{check_private, config_files};
#[cfg(windows)]
pub(crate) use windows::{check_private, config_files};

/// The number of this process. It changes when a process forks, which is how a child notices that
/// it is one. A system call of some tens of nanoseconds; a handler that is registered for forks misses
/// processes made by `clone` alone.
pub(crate) fn process_id() -> u32 {
    std::process::id()
}

/// What is told of a file that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Reason::Configuration, format!("{} cannot be read: {error}", path.display()))
}

/// What is told of a private key that somebody else may read: who, and what mends it.
fn not_private(path: &Path, who: &str, remedy: &str) -> Error {
    let path = path.display();
    let message = format!("the private key {path} can be read by {who}; run `{remedy}`");
    Error::new(Reason::Configuration, message).in_field("tls.key")
}
