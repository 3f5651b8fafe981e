//! A program that uses the module, as most do: load, initialize, choose a token, log in.

use cryptoki_sys::*;

use crate::{
    ffi::{Called, Locking, Module},
    target::Target,
    verdict::{Stop, failed},
};

/// A loaded and initialized module with the token of the checks.
pub(crate) struct Application<'t> {
    pub(crate) target: &'t Target,
    pub(crate) module: Module,
    pub(crate) slot: CK_SLOT_ID,
}

/// Loads the module.
pub(crate) fn load(target: &Target) -> Result<Module, Stop> {
    Module::load(&target.module).map_err(Stop::Failed)
}

impl<'t> Application<'t> {
    pub(crate) fn start(target: &'t Target) -> Result<Self, Stop> {
        Self::start_with(target, Locking::System)
    }

    pub(crate) fn start_with(target: &'t Target, locking: Locking) -> Result<Self, Stop> {
        let module = load(target)?;
        module.initialize(locking)?;
        let slot = find_slot(&module, target)?;
        Ok(Application { target, module, slot })
    }

    /// Initializes the module again, after [`finalize`](Module::finalize) or in a child.
    pub(crate) fn initialize_again(&mut self) -> Result<(), Stop> {
        self.module.initialize(Locking::System)?;
        self.slot = find_slot(&self.module, self.target)?;
        Ok(())
    }

    /// Opens a session that may change the token, logged in where there is a PIN.
    pub(crate) fn session(&self) -> Result<CK_SESSION_HANDLE, Stop> {
        let session = self.module.open_session(self.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION)?;
        let Some(pin) = &self.target.pin else { return Ok(session) };
        match self.module.login(session, pin) {
            // Logged in is the application, not the session.
            Err(refusal) if refusal.value != CKR_USER_ALREADY_LOGGED_IN => Err(refusal.into()),
            _ => Ok(session),
        }
    }

    /// The token's mechanisms.
    pub(crate) fn mechanisms(&self) -> Called<Vec<CK_MECHANISM_TYPE>> {
        let count = self.module.count_mechanisms(self.slot)?;
        self.module.mechanisms(self.slot, count as usize).0
    }

    /// Finalizes and unloads the module.
    pub(crate) fn end(self) -> Result<(), Stop> {
        Ok(self.module.finalize()?)
    }
}

/// The slot of the token that is named, else of the first token that is ready for use.
fn find_slot(module: &Module, target: &Target) -> Result<CK_SLOT_ID, Stop> {
    let mut others = Vec::new();
    let (slots, _) = module.slots(module.count_slots()? as usize);
    for slot in slots? {
        let info = module.token_info(slot)?;
        let label = text(&info.label);
        let is_it = match &target.token {
            Some(wanted) => *wanted == label,
            None => info.flags & CKF_TOKEN_INITIALIZED != 0,
        };
        if is_it {
            return Ok(slot);
        }
        others.push(format!("{label:?}"));
    }
    let others = others.join(", ");
    match &target.token {
        Some(wanted) => failed(format!("there is no token {wanted:?}; there are: {others}")),
        None => failed("there is no initialized token"),
    }
}

/// A text of the standard's fixed length.
pub(crate) fn text(padded: &[u8]) -> String {
    String::from_utf8_lossy(padded).trim_end_matches([' ', '\0']).to_owned()
}
