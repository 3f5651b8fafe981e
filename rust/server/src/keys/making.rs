//! Key versions that a custodian is making, and that the store does not have yet.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use supacrypt_core::Result;

use crate::store;

/// Characters of the id that a version is known by at its custodian.
const UID_LENGTH: usize = 26;

/// The ids of all versions that are being made by this process, the only one that has the store.
#[derive(Default)]
pub(super) struct MakingSet(Arc<Mutex<HashSet<String>>>);

impl MakingSet {
    /// Begins with a new id.
    ///
    /// # Errors
    /// [`Reason::Internal`](supacrypt_core::Reason::Internal) when there is no randomness.
    pub(super) fn begin(&self) -> Result<Making> {
        let uid = store::random_text(UID_LENGTH)?;
        self.0.lock().insert(uid.clone());
        Ok(Making { set: Arc::clone(&self.0), uid })
    }

    /// Whether a version is being made under this id.
    pub(super) fn contains(&self, uid: &str) -> bool {
        self.0.lock().contains(uid)
    }
}

/// A version that is being made, until this is dropped.
pub(super) struct Making {
    set: Arc<Mutex<HashSet<String>>>,
    uid: String,
}

impl Making {
    /// The id.
    pub(super) fn uid(&self) -> &str {
        &self.uid
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        self.set.lock().remove(&self.uid);
    }
}
