//! Removing deleted keys whose recovery window has ended.

use jiff::Timestamp;
use supacrypt_core::{KeyName, Result};

use super::Keys;
use crate::store::{self, Write};

impl Keys {
    /// Purges all keys that are due. Returns how many. One whose custodian is not there does not hold up
    /// the others.
    ///
    /// # Errors
    /// [`Reason::StoreUnavailable`](supacrypt_core::Reason::StoreUnavailable) and those of the
    /// custodian, the first of them; what was purged stays purged.
    pub async fn purge_due(&self) -> Result<usize> {
        let now = Timestamp::now();
        let due = {
            let mut read = self.store.read().await?;
            store::keys::due_for_purge(&mut read, now).await?
        };
        let mut failed = Ok(());
        for name in &due {
            failed = failed.and(self.purge(name, now).await);
        }
        failed.map(|()| due.len())
    }

    /// Removes a key for good, unless its deletion was taken back meanwhile.
    ///
    /// The store is not held while custodians are asked. What takes the deletion back in between gets a
    /// key whose versions are destroyed.
    pub(super) async fn purge(&self, name: &KeyName, now: Timestamp) -> Result<()> {
        let mut write = self.store.write().await?;
        if !is_due(&mut write, name, now).await? {
            return Ok(());
        }
        store::versions::give_up(&mut write, name).await?;
        let references = store::versions::references(&mut write, name).await?;
        store::commit(write).await?;
        for reference in references {
            self.custodian_of(&reference)?.destroy(&reference.reference).await?;
        }
        let mut write = self.store.write().await?;
        if !is_due(&mut write, name, now).await? {
            return Ok(());
        }
        let versions = store::versions::highest(&mut write, name).await?;
        store::keys::delete(&mut write, name).await?;
        self.commit(write, name, versions).await
    }
}

async fn is_due(write: &mut Write, name: &KeyName, now: Timestamp) -> Result<bool> {
    Ok(store::keys::get(write, name).await?.purge_time.is_some_and(|due| due <= now))
}
