//! Removing deleted keys whose recovery window has ended.

use jiff::Timestamp;
use supacrypt_core::{KeyName, Result};

use super::Keys;
use crate::store;

/// Keys purged in one go.
const BATCH: u32 = 100;

impl Keys {
    /// Purges all keys that are due. Returns how many. One whose custodian is not there does not hold up
    /// the others.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable) and those of the
    /// custodian, the first of them; what was purged stays purged.
    pub async fn purge_due(&self) -> Result<usize> {
        let now = Timestamp::now();
        let mut purged = 0;
        loop {
            let due = {
                let mut read = self.store.read().await?;
                store::keys::due_for_purge(&mut read, now, BATCH).await?
            };
            let mut failed = Ok(());
            for name in &due {
                failed = failed.and(self.purge(name, now).await);
            }
            failed?;
            purged += due.len();
            if due.len() < BATCH as usize {
                return Ok(purged);
            }
        }
    }

    /// Removes a key for good, unless its deletion was taken back meanwhile.
    pub(super) async fn purge(&self, name: &KeyName, now: Timestamp) -> Result<()> {
        let mut write = self.store.write().await?;
        let key = store::keys::get(&mut write, name).await?;
        if key.purge_time.is_none_or(|due| due > now) {
            return Ok(());
        }
        for reference in store::versions::references(&mut write, name).await? {
            self.custodian_of(&reference)?.destroy(&reference.reference).await?;
        }
        let versions = store::versions::highest(&mut write, name).await?;
        store::keys::delete(&mut write, name).await?;
        self.commit(write, name, versions).await
    }
}
