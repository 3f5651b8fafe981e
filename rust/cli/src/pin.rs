//! PINs of keyrings, from files or typed at a terminal.

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use supacrypt_core::{Error, KeyringName, Reason, Result};
use supacrypt_proto::v1;
use zeroize::Zeroizing;

use crate::{api::Api, files};

/// The PIN for a key that wants one for each use
#[derive(clap::Args)]
pub(crate) struct PinArgs {
    /// Take the keyring's PIN from this file, or from standard input for `-`, when the key wants one;
    /// asked for at a terminal by default
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

impl PinArgs {
    /// Uses a key of `keyring`: `attempt` gets the ticket for the PIN, which is empty when none is
    /// wanted.
    ///
    /// # Errors
    /// Those of `attempt` and of `VerifyPin`.
    pub(crate) fn authenticate<T>(
        &self,
        api: &Api,
        keyring: &KeyringName,
        attempt: impl Fn(Vec<u8>) -> Result<T>,
    ) -> Result<T> {
        if self.pin_file.is_some() {
            let pin = current(self.pin_file.as_deref(), keyring)?;
            return match verify(api, keyring, &pin) {
                Err(error) if error.reason() == Reason::PinNotSet => attempt(Vec::new()),
                ticket => attempt(ticket?),
            };
        }
        match attempt(Vec::new()) {
            Err(error) if error.reason() == Reason::PinRequired => {
                let pin = current(None, keyring)?;
                attempt(verify(api, keyring, &pin)?)
            }
            done => done,
        }
    }
}

/// Checks a PIN, for a ticket.
pub(crate) fn verify(api: &Api, keyring: &KeyringName, pin: &[u8]) -> Result<Vec<u8>> {
    let request = v1::VerifyPinRequest { name: keyring.to_string(), pin: pin.to_vec() };
    api.verify_pin(request).map(|answer| answer.ticket)
}

/// The PIN of a keyring.
pub(crate) fn current(file: Option<&Path>, keyring: &KeyringName) -> Result<Zeroizing<Vec<u8>>> {
    match file {
        Some(file) => from_file(file),
        None => typed(&format!("PIN of {keyring}"), "--pin-file"),
    }
}

/// A PIN that a keyring shall have, typed twice.
pub(crate) fn new(file: Option<&Path>, keyring: &KeyringName) -> Result<Zeroizing<Vec<u8>>> {
    if let Some(file) = file {
        return from_file(file);
    }
    let pin = typed(&format!("New PIN of {keyring}"), "--new-pin-file")?;
    if pin == typed("The same again", "--new-pin-file")? {
        return Ok(pin);
    }
    let message = "the two are not the same; nothing was changed";
    Err(Error::new(Reason::InvalidArgument, message))
}

/// The longest file that a PIN is looked for in, bytes.
const LONGEST_FILE: usize = 4096;

/// The first line of a file.
fn from_file(file: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let mut content = files::read(file, LONGEST_FILE)?;
    let end = content.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    if let Some(end) = end {
        content.truncate(end);
    }
    if content.is_empty() {
        let message = format!("{} has no PIN in its first line", file.display());
        return Err(Error::new(Reason::InvalidArgument, message));
    }
    Ok(content)
}

/// Asks at the terminal; what is typed does not show. `option` names a file instead.
fn typed(what: &str, option: &str) -> Result<Zeroizing<Vec<u8>>> {
    let refused = |message: String| Error::new(Reason::PinRequired, message);
    if !io::stdin().is_terminal() {
        let message = format!("{what} is wanted, and nobody can be asked; give it with {option}");
        return Err(refused(message));
    }
    let typed = rpassword::prompt_password(format!("{what}: "))
        .map(|pin| Zeroizing::new(pin.into_bytes()))
        .map_err(|error| refused(format!("{what} could not be read: {error}")))?;
    // To the backend none would mean something else: that there shall be none, or that it need not be known.
    if typed.is_empty() {
        return Err(refused("no PIN was typed; nothing was changed".to_owned()));
    }
    Ok(typed)
}
