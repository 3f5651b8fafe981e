//! A token: its login and its sessions.

use std::sync::Arc;

use cryptoki::context::{Function, Pkcs11};
use cryptoki::error::{Error as TokenError, RvError};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use parking_lot::Mutex;
use supacrypt_core::{Error, Reason, Result};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::fault::Fault;
use super::module::find;
use crate::config::{Pkcs11Settings, TokenName};
use crate::custody::gate::{Effect, Gate, Refusal};

/// A token that is logged in to, whenever it is there.
pub(super) struct Token {
    custodian: String,
    store: String,
    gates: [Arc<Gate>; 1],
    module: Pkcs11,
    name: TokenName,
    pin: Zeroizing<String>,
    /// One permit for each session that may be at work.
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    login: Option<Login>,
    /// Counts logins. Sessions and handles of an earlier one are no good.
    generation: u64,
    idle: Vec<Session>,
    /// Why the PIN was refused. It is not tried again: a token locks it after a few times.
    refused: Option<Error>,
}

impl State {
    /// Forgets the login and closes its sessions: before new ones are opened, which may get the same
    /// numbers.
    fn log_out(&mut self) {
        self.idle.drain(..).for_each(close);
        if let Some(login) = self.login.take() {
            close(login.anchor);
        }
        // What is leased now is of no login any more.
        self.generation += 1;
    }
}

struct Login {
    slot: Slot,
    /// Does nothing but stay open: with the last session of a process the login ends (PKCS#11 v3.1,
    /// section 5.6.2).
    anchor: Session,
}

/// A session for one piece of work.
pub(super) struct Lease {
    pub(super) session: Session,
    /// The login that it belongs to.
    pub(super) generation: u64,
}

/// Whether work that found its session gone may be done once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// Doing it twice does no harm.
    Once,
    /// It would leave something behind. Its session is tried before instead.
    Never,
}

impl Token {
    /// A token that is not logged in to yet. `store` tells whose keys are made there.
    pub(super) fn new(
        custodian: &str,
        store: String,
        gate: Gate,
        module: Pkcs11,
        settings: &Pkcs11Settings,
        pin: Zeroizing<String>,
    ) -> Token {
        let sessions = settings.sessions.get().min(Semaphore::MAX_PERMITS);
        Token {
            custodian: custodian.to_owned(),
            store,
            gates: [Arc::new(gate)],
            module,
            name: settings.token.clone(),
            pin,
            permits: Arc::new(Semaphore::new(sessions)),
            state: Mutex::default(),
        }
    }

    /// What tells the keys of this store.
    pub(super) fn store(&self) -> &str {
        &self.store
    }

    /// The one way to it.
    pub(super) fn gates(&self) -> &[Arc<Gate>] {
        &self.gates
    }

    /// The name of the custodian, for messages.
    pub(super) fn custodian(&self) -> &str {
        &self.custodian
    }

    /// Whether the module has any token: where it has others, this one is not away but named wrongly.
    pub(super) fn has_others(&self) -> bool {
        self.module.get_slots_with_initialized_token().is_ok_and(|slots| !slots.is_empty())
    }

    /// The module, and the slot that the token is in.
    ///
    /// # Errors
    /// Those of logging in.
    pub(super) fn slot(&self) -> Result<(&Pkcs11, Slot), Fault> {
        let mut state = self.state.lock();
        Ok((&self.module, self.log_in(&mut state)?))
    }

    /// Works with a session on a thread that may wait, as soon as one is free.
    ///
    /// # Errors
    /// Those of the work, explained.
    pub(super) async fn run<T, W>(self: &Arc<Self>, again: Again, work: W) -> Result<T>
    where
        T: Send + 'static,
        W: Fn(&Lease) -> Result<T, Fault> + Send + Sync + 'static,
    {
        let work = Arc::new(work);
        let effect = match again {
            Again::Once => Effect::Repeatable,
            Again::Never => Effect::Lasting,
        };
        let call = || self.run_elsewhere(again, Arc::clone(&work));
        self.gates[0].pass(effect, call).await
    }

    async fn run_elsewhere<T, W>(self: &Arc<Self>, again: Again, work: Arc<W>) -> Result<T, Refusal>
    where
        T: Send + 'static,
        W: Fn(&Lease) -> Result<T, Fault> + Send + Sync + 'static,
    {
        let interrupted = || Error::new(Reason::Internal, "work at a token was interrupted");
        // Held by the thread: who stops waiting frees no session.
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| interrupted())?;
        let token = Arc::clone(self);
        let done = spawn_blocking(move || {
            let _permit = permit;
            token.run_here(again, &*work).map_err(|fault| match fault {
                Fault::Useless(error) => Refusal::useless(error),
                fault => fault.explain(&token.custodian).into(),
            })
        });
        done.await.map_err(|_| interrupted())?
    }

    /// The same, on this thread.
    pub(super) fn run_here<T>(
        &self,
        again: Again,
        work: impl Fn(&Lease) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut lease = self.lease()?;
        if again == Again::Never && check_login(&lease.session).is_err() {
            lease = self.renew(lease)?;
        }
        let mut done = work(&lease);
        if done.as_ref().is_err_and(Fault::is_lost) {
            lease = self.renew(lease)?;
            if again == Again::Once {
                done = work(&lease);
            }
        }
        self.give_back(lease, done.is_ok());
        done
    }

    fn lease(&self) -> Result<Lease, Fault> {
        let mut state = self.state.lock();
        let slot = self.log_in(&mut state)?;
        let session = match state.idle.pop() {
            Some(session) => session,
            None => match self.open(slot) {
                // The token may be in another slot, or there again.
                Err(fault) if fault.is_lost() => {
                    state.log_out();
                    let slot = self.log_in(&mut state)?;
                    self.open(slot)?
                }
                opened => opened?,
            },
        };
        Ok(Lease { session, generation: state.generation })
    }

    /// A lease in the place of one that is no good. Logs in again, unless someone else has done so since.
    fn renew(&self, lost: Lease) -> Result<Lease, Fault> {
        {
            let mut state = self.state.lock();
            if state.generation == lost.generation {
                let custodian = &self.custodian;
                tracing::warn!(custodian, "the session was lost; logging in again");
                close(lost.session);
                state.log_out();
            }
        }
        self.lease()
    }

    fn give_back(&self, lease: Lease, sound: bool) {
        let mut state = self.state.lock();
        if lease.generation != state.generation {
            // Gone with its login. Its number may be that of another session by now: nothing closes it.
        } else if sound {
            state.idle.push(lease.session);
        } else {
            // It may still be in the middle of an operation.
            close(lease.session);
        }
    }

    /// Logs in where that was not done yet.
    fn log_in(&self, state: &mut State) -> Result<Slot, Fault> {
        if let Some(login) = &state.login {
            return Ok(login.slot);
        }
        if let Some(refused) = &state.refused {
            return Err(refused.clone().into());
        }
        let slot = find(&self.module, &self.name)?;
        let anchor = self.open(slot)?;
        let pin = AuthPin::from(self.pin.as_str());
        match anchor.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(TokenError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => {
                close(anchor);
                let fault = Fault::from(error);
                if !fault.is_of_pin() {
                    return Err(fault);
                }
                let refused = fault.explain(&self.custodian);
                state.refused = Some(refused.clone());
                return Err(refused.into());
            }
        }
        state.generation += 1;
        state.login = Some(Login { slot, anchor });
        Ok(slot)
    }

    /// A session that may write: read-only ones do not destroy.
    fn open(&self, slot: Slot) -> Result<Session, Fault> {
        Ok(self.module.open_rw_session_no_drop(slot)?)
    }
}

impl Drop for Token {
    /// The process may go on, and the module with it.
    fn drop(&mut self) {
        self.state.get_mut().log_out();
    }
}

/// Checks that a session is there and logged in. Without a login a search finds public halves alone, as if
/// the others were gone.
pub(super) fn check_login(session: &Session) -> Result<(), Fault> {
    match session.get_session_info()?.session_state() {
        SessionState::RoUser | SessionState::RwUser => Ok(()),
        _ => Err(TokenError::Pkcs11(RvError::UserNotLoggedIn, Function::GetSessionInfo).into()),
    }
}

/// Closes a session. One that is gone already is as good as closed.
fn close(session: Session) {
    if let Err(error) = session.close() {
        tracing::debug!("a session of a token was not closed: {error}");
    }
}
