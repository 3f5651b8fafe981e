//! Files that hold a secret, and that only the server's account may read.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use supacrypt_core::{Error, Reason, Result};
use zeroize::Zeroizing;

/// Reads a file. `what` names it in errors, and `missing` is what to do when it cannot be read.
///
/// # Errors
/// [`Reason::Configuration`] when it is missing, or others than its owner may read it.
pub(crate) fn read(path: &Path, what: &str, missing: &str) -> Result<Zeroizing<Vec<u8>>> {
    let shown = path.display();
    let unreadable = |error| {
        let message = format!("{what} {shown} cannot be read: {error}. {missing}");
        Error::new(Reason::Configuration, message)
    };
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Error::new(
            Reason::Configuration,
            format!(
                "{what} {shown} can be read by others than its owner (mode {:03o}); run \
                 `chmod 600 {shown}`, and replace the secret if someone may have read it",
                mode & 0o777
            ),
        ));
    }
    fs::read(path).map(Zeroizing::new).map_err(unreadable)
}

/// The same for text that people write: without the end of its line.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_line(path: &Path, what: &str, missing: &str) -> Result<Zeroizing<Vec<u8>>> {
    let mut text = read(path, what, missing)?;
    let end =
        text.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
    text.truncate(end);
    Ok(text)
}
