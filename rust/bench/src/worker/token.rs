//! The token under measurement.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use cryptoki_sys::CK_SLOT_ID;

use super::pkcs11::{Module, Session};

/// A token that is logged in to.
pub(super) struct Token {
    module: Module,
    slot: CK_SLOT_ID,
    /// Keeps the login, which ends with the last session.
    _login: Session,
}

impl Token {
    /// Loads the module and returns its token with the time that `C_Initialize` took.
    pub(super) fn open(path: &Path, label: &str, pin: &str) -> anyhow::Result<(Self, Duration)> {
        let module = Module::load(path)?;
        let started = Instant::now();
        module.initialize()?;
        let initialize = started.elapsed();

        let tokens = module.tokens()?;
        let slot = tokens
            .iter()
            .find_map(|(slot, found)| (found == label).then_some(*slot))
            .ok_or_else(|| {
                let found: Vec<&str> = tokens.iter().map(|(_, label)| label.as_str()).collect();
                anyhow!("there is no token {label:?} in {}, only {found:?}", path.display())
            })?;
        let login = module.open_session(slot)?;
        if !pin.is_empty() {
            login.login(pin)?;
        }
        Ok((Token { module, slot, _login: login }, initialize))
    }

    /// A session of its own for each thread, as the standard asks.
    pub(super) fn session(&self) -> anyhow::Result<Session> {
        self.module.open_session(self.slot)
    }
}
