//! Asking before something is destroyed.

use std::io::{self, BufRead, IsTerminal};

use supacrypt_core::{Error, Reason, Result};

/// Makes sure that the user wants `what`: with `--yes`, or by asking at a terminal.
///
/// # Errors
/// [`Reason::InvalidArgument`] when the answer is no, or nobody is there to answer.
pub(crate) fn confirm(what: &str, yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    let refused = |message: String| Err(Error::new(Reason::InvalidArgument, message));
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return refused(format!("{what} needs --yes where nobody can be asked"));
    }
    eprint!("{what}? [y/N] ");
    let mut answer = String::new();
    match stdin.lock().read_line(&mut answer) {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        _ => refused("nothing was changed".to_owned()),
    }
}
