//! Modules in this process, and their tokens.

use std::path::{Path, PathBuf};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::slot::Slot;
use parking_lot::Mutex;
use supacrypt_core::{Error, Reason, Result};

use super::fault::Fault;
use crate::config::TokenName;

/// A module is one in a process (PKCS#11 v3.1, section 5.4): several custodians share it. None is ever
/// finalized or unloaded, for others in the process may use it.
static MODULES: Mutex<Vec<(PathBuf, Pkcs11)>> = Mutex::new(Vec::new());

/// Loads a module, once.
///
/// # Errors
/// [`Reason::Configuration`].
pub(super) fn load(path: &Path) -> Result<Pkcs11> {
    let refuse = |what: &str, cause: TokenError| {
        let message = format!(
            "the PKCS#11 module {} {what}: {cause}; name the shared library that came with the HSM",
            path.display()
        );
        Error::new(Reason::Configuration, message)
    };
    let mut modules = MODULES.lock();
    if let Some((_, module)) = modules.iter().find(|(known, _)| known == path) {
        return Ok(module.clone());
    }
    let module = Pkcs11::new(path).map_err(|cause| refuse("cannot be loaded", cause))?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(TokenError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(cause) => return Err(refuse("does not start", cause)),
    }
    modules.push((path.to_path_buf(), module.clone()));
    Ok(module)
}

impl std::fmt::Display for TokenName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TokenName::Label(label) => write!(f, "with the label {label:?}"),
            TokenName::Serial(serial) => write!(f, "with the serial number {serial:?}"),
        }
    }
}

/// The slot that the token is in. It is looked for at each login: tokens move.
///
/// # Errors
/// [`Reason::CustodianUnavailable`] when it is in none, or when several tokens are called so.
pub(super) fn find(module: &Pkcs11, name: &TokenName) -> Result<Slot, Fault> {
    let mut found = Vec::new();
    let mut others = Vec::new();
    for slot in module.get_slots_with_initialized_token()? {
        let token = module.get_token_info(slot)?;
        let is_it = match name {
            TokenName::Label(label) => token.label() == label,
            TokenName::Serial(serial) => token.serial_number() == serial,
        };
        match is_it {
            true => found.push(slot),
            false => others.push(format!("{:?} ({})", token.label(), token.serial_number())),
        }
    }
    let refuse = |message| Err(Error::new(Reason::CustodianUnavailable, message).into());
    match found[..] {
        [slot] => Ok(slot),
        [] if others.is_empty() => refuse(format!(
            "the module has no token {name}, nor any other; connect the token, and check the \
             configuration of the module"
        )),
        [] => refuse(format!("the module has no token {name}; it has {}", others.join(", "))),
        _ => refuse(format!("the module has several tokens {name}; name one by its `serial`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module_is_refused_by_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("no-module.so");
        for text in [None, Some("not a library")] {
            if let Some(text) = text {
                std::fs::write(&path, text).unwrap();
            }
            let error = load(&path).unwrap_err();
            assert_eq!(error.reason(), Reason::Configuration);
            assert!(error.message().contains("no-module.so"), "{error}");
        }
    }
}
