//! Logging in, and the PIN of a token (PKCS#11 v2.40 base, sections 5.5 and 5.6).
//!
//! The client certificate has said who the caller is, and where a keyring has no PIN any will do. A
//! security officer may do what the certificate may, and no more, and has no PIN.

use cryptoki_sys::*;
use supacrypt_client::{Ticket, limits};

use crate::{
    error::{Result, Rv},
    module::Module,
    session::Session,
};

/// `C_Login`.
pub(crate) fn log_in(
    module: &Module,
    session: &Session,
    user: CK_USER_TYPE,
    pin: Option<&[u8]>,
) -> Result<()> {
    match user {
        CKU_SO => module.sessions.log_in(session.slot, user),
        CKU_USER => {
            module.sessions.may_log_in(session.slot, user)?;
            verify(module, session, pin)?;
            module.sessions.log_in(session.slot, user)
        }
        CKU_CONTEXT_SPECIFIC => {
            if !session.operations().is_active() {
                return Err(Rv(CKR_OPERATION_NOT_INITIALIZED));
            }
            if let Some(ticket) = verify(module, session, pin)? {
                session.operations().authorize(&ticket);
            }
            Ok(())
        }
        _ => Err(Rv(CKR_USER_TYPE_INVALID)),
    }
}

/// Checks the PIN with the backend, where the token has one.
fn verify(module: &Module, session: &Session, pin: Option<&[u8]>) -> Result<Option<Ticket>> {
    // It may have got one since its slot was looked at. While the backend is away, what was seen holds.
    see(module);
    if module.slots.token(session.slot, &module.client)?.pin_tries_left.is_none() {
        return Ok(None);
    }
    // What is too long is no PIN of ours, and no reason to call the arguments bad.
    let pin = pin.ok_or(Rv(CKR_ARGUMENTS_BAD))?;
    if pin.len() > limits::MAX_PIN {
        return Err(Rv(CKR_PIN_INCORRECT));
    }
    let verified = module.client.verify_pin(&session.keyring, pin);
    // How many tries are left is another number now, which the token's flags tell.
    see(module);
    match verified.map_err(Rv::from) {
        Ok(ticket) => Ok(Some(ticket)),
        Err(Rv(CKR_USER_PIN_NOT_INITIALIZED)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks at the tokens again. That this fails is no news for a caller who asked for something else.
fn see(module: &Module) {
    if module.slots.refresh(&module.client).is_err() {
        tracing::debug!("the tokens could not be looked at again");
    }
}

/// `C_InitPIN`.
pub(crate) fn init(module: &Module, session: &Session, pin: &[u8]) -> Result<()> {
    if module.sessions.logged_in(session.slot) != Some(CKU_SO) {
        return Err(Rv(CKR_USER_NOT_LOGGED_IN));
    }
    set_in_backend(module, session, pin, None)
}

/// `C_SetPIN`.
pub(crate) fn set(module: &Module, session: &Session, old: &[u8], new: &[u8]) -> Result<()> {
    session.may_write()?;
    if module.sessions.logged_in(session.slot) == Some(CKU_SO) {
        return Err(Rv(CKR_FUNCTION_REJECTED));
    }
    // To the backend none would mean that the caller is an administrator, and need not know it.
    if old.is_empty() || old.len() > limits::MAX_PIN {
        return Err(Rv(CKR_PIN_INCORRECT));
    }
    set_in_backend(module, session, new, Some(old))
}

fn set_in_backend(
    module: &Module,
    session: &Session,
    new: &[u8],
    old: Option<&[u8]>,
) -> Result<()> {
    if !(limits::MIN_PIN..=limits::MAX_PIN).contains(&new.len()) {
        return Err(Rv(CKR_PIN_LEN_RANGE));
    }
    let set = module.client.set_pin(&session.keyring, new, old);
    see(module);
    set.map(drop).map_err(Rv::from)
}
