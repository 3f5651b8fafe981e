//! Sessions: local, unlimited, and nothing the backend knows of.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use cryptoki_sys::*;
use supacrypt_core::KeyringName;

use crate::{
    error::{Result, Rv},
    operation::Operations,
};

/// One session.
pub(crate) struct Session {
    pub(crate) handle: CK_SESSION_HANDLE,
    pub(crate) slot: CK_SLOT_ID,
    pub(crate) keyring: KeyringName,
    pub(crate) read_write: bool,
    operations: Mutex<Operations>,
}

impl Session {
    /// The session's active operations; one caller at a time.
    pub(crate) fn operations(&self) -> MutexGuard<'_, Operations> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses to change the token in a session that only reads.
    pub(crate) fn may_write(&self) -> Result<()> {
        if self.read_write { Ok(()) } else { Err(Rv(CKR_SESSION_READ_ONLY)) }
    }

    fn new(
        handle: CK_SESSION_HANDLE,
        slot: CK_SLOT_ID,
        keyring: KeyringName,
        read_write: bool,
    ) -> Session {
        Session { handle, slot, keyring, read_write, operations: Mutex::default() }
    }
}

/// All sessions of a process, and the tokens it is logged in to.
pub(crate) struct Sessions {
    next: AtomicU64,
    open: RwLock<HashMap<CK_SESSION_HANDLE, Arc<Session>>>,
    logged_in: RwLock<HashMap<CK_SLOT_ID, CK_USER_TYPE>>,
}

impl Default for Sessions {
    fn default() -> Self {
        Sessions {
            // 0 is CK_INVALID_HANDLE.
            next: AtomicU64::new(1),
            open: RwLock::default(),
            logged_in: RwLock::default(),
        }
    }
}

impl Sessions {
    /// Opens one.
    pub(crate) fn open(
        &self,
        slot: CK_SLOT_ID,
        keyring: KeyringName,
        read_write: bool,
    ) -> CK_SESSION_HANDLE {
        let handle = self.next.fetch_add(1, Ordering::Relaxed) as CK_SESSION_HANDLE;
        let session = Arc::new(Session::new(handle, slot, keyring, read_write));
        self.open.write().unwrap_or_else(PoisonError::into_inner).insert(handle, session);
        handle
    }

    /// The session of a handle.
    pub(crate) fn session(&self, handle: CK_SESSION_HANDLE) -> Result<Arc<Session>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.get(&handle).cloned().ok_or(Rv(CKR_SESSION_HANDLE_INVALID))
    }

    /// Closes one. With a token's last session its login ends.
    pub(crate) fn close(&self, handle: CK_SESSION_HANDLE) -> Result<()> {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let session = open.remove(&handle).ok_or(Rv(CKR_SESSION_HANDLE_INVALID))?;
        if !open.values().any(|other| other.slot == session.slot) {
            self.log_out(session.slot);
        }
        Ok(())
    }

    /// Closes all sessions with a token.
    pub(crate) fn close_all(&self, slot: CK_SLOT_ID) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| session.slot != slot);
        self.log_out(slot);
    }

    /// How many sessions are open with a token: all, and those that may write.
    pub(crate) fn count(&self, slot: CK_SLOT_ID) -> (usize, usize) {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let mine = open.values().filter(|session| session.slot == slot);
        let (mut all, mut writing) = (0, 0);
        for session in mine {
            all += 1;
            writing += usize::from(session.read_write);
        }
        (all, writing)
    }

    /// Who is logged in to the token.
    pub(crate) fn logged_in(&self, slot: CK_SLOT_ID) -> Option<CK_USER_TYPE> {
        self.logged_in.read().unwrap_or_else(PoisonError::into_inner).get(&slot).copied()
    }

    /// Checks that a user or a security officer can log in now.
    ///
    /// # Errors
    /// As [`log_in`](Self::log_in).
    pub(crate) fn may_log_in(&self, slot: CK_SLOT_ID, user: CK_USER_TYPE) -> Result<()> {
        may_follow(self.logged_in(slot), self.count(slot), user)
    }

    /// Logs a user or a security officer in.
    ///
    /// # Errors
    /// `CKR_USER_ALREADY_LOGGED_IN`, `CKR_USER_ANOTHER_ALREADY_LOGGED_IN`; for a security officer
    /// `CKR_SESSION_READ_ONLY_EXISTS`.
    pub(crate) fn log_in(&self, slot: CK_SLOT_ID, user: CK_USER_TYPE) -> Result<()> {
        // Counted first: who closes the last session takes the two locks in this order.
        let sessions = self.count(slot);
        let mut slots = self.logged_in.write().unwrap_or_else(PoisonError::into_inner);
        may_follow(slots.get(&slot).copied(), sessions, user)?;
        slots.insert(slot, user);
        Ok(())
    }

    /// Logs out; returns whether somebody was logged in.
    pub(crate) fn log_out(&self, slot: CK_SLOT_ID) -> bool {
        let mut slots = self.logged_in.write().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&slot).is_some()
    }

    /// `C_GetSessionInfo`.
    pub(crate) fn info(&self, session: &Session) -> CK_SESSION_INFO {
        let state = match (session.read_write, self.logged_in(session.slot)) {
            (false, None) => CKS_RO_PUBLIC_SESSION,
            (false, Some(_)) => CKS_RO_USER_FUNCTIONS,
            (true, None) => CKS_RW_PUBLIC_SESSION,
            (true, Some(CKU_SO)) => CKS_RW_SO_FUNCTIONS,
            (true, Some(_)) => CKS_RW_USER_FUNCTIONS,
        };
        CK_SESSION_INFO {
            slotID: session.slot,
            state,
            flags: CKF_SERIAL_SESSION | if session.read_write { CKF_RW_SESSION } else { 0 },
            ulDeviceError: 0,
        }
    }

    /// A copy for a child process, without operations: their locks may be held by threads that are
    /// not there. Without sessions too if the parent forked while one was opened or closed.
    pub(crate) fn adopt(&self) -> Sessions {
        let open = self.open.try_read().map(|open| {
            let fresh = |session: &Session| {
                let Session { handle, slot, ref keyring, read_write, .. } = *session;
                Arc::new(Session::new(handle, slot, keyring.clone(), read_write))
            };
            open.iter().map(|(handle, session)| (*handle, fresh(session))).collect()
        });
        let logged_in = self.logged_in.try_read().map(|slots| slots.clone());
        Sessions {
            next: AtomicU64::new(self.next.load(Ordering::Relaxed)),
            open: RwLock::new(open.unwrap_or_default()),
            logged_in: RwLock::new(logged_in.unwrap_or_default()),
        }
    }
}

/// Whether `user` can log in after `before`, while so many sessions are open: all, and those that may
/// write.
fn may_follow(
    before: Option<CK_USER_TYPE>,
    (all, writing): (usize, usize),
    user: CK_USER_TYPE,
) -> Result<()> {
    match before {
        Some(before) if before == user => Err(Rv(CKR_USER_ALREADY_LOGGED_IN)),
        Some(_) => Err(Rv(CKR_USER_ANOTHER_ALREADY_LOGGED_IN)),
        None if user == CKU_SO && all > writing => Err(Rv(CKR_SESSION_READ_ONLY_EXISTS)),
        None => Ok(()),
    }
}
