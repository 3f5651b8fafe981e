//! Sealing anew what older data keys have sealed.

use std::sync::Arc;

use supacrypt_core::{Error, Reason, Result};

use super::Sealing;
use crate::custody::software_context;
use crate::data_keys::DataKeys;
use crate::pins::pin_context;
use crate::store::sealed::{SealedValue, Secret};
use crate::store::{self, data_context};

/// Values in one transaction: other writers wait for it.
const BATCH: u32 = 200;

impl Sealing {
    /// Seals anew all that an older data key has sealed, and erases data keys that are needed no more.
    /// Gives the number of values that were sealed anew.
    ///
    /// # Errors
    /// Those of the store. What was done is done.
    pub async fn reseal(&self) -> Result<u64> {
        if self.keys.all().len() < 2 {
            return Ok(0);
        }
        let mut resealed = 0;
        loop {
            let mut write = self.store.write().await?;
            let outdated = store::sealed::outdated(&mut write, &self.keys.current(), BATCH).await?;
            for value in &outdated {
                let sealed = anew(&self.keys, value)?;
                store::sealed::replace(&mut write, value, &sealed).await?;
            }
            store::commit(write).await?;
            resealed += outdated.len() as u64;
            if outdated.is_empty() {
                break;
            }
        }
        self.erase_old_keys().await?;
        Ok(resealed)
    }

    /// Erases all data keys but the newest, when that has sealed everything for long enough.
    async fn erase_old_keys(&self) -> Result<()> {
        let current = self.current.lock().await;
        if current.since.elapsed() < self.kept {
            return Ok(());
        }
        let keys = self.keys.all();
        let newest = keys.last().cloned().expect("invariant: there is one key or more");
        let mut write = self.store.write().await?;
        let (_, outdated) = store::sealed::count(&mut write, &self.keys.current()).await?;
        if outdated > 0 {
            return Ok(());
        }
        store::wrapping_keys::delete_before(&mut write, newest.id).await?;
        store::commit(write).await?;
        tracing::info!(erased = keys.len() - 1, "older data keys are erased");
        self.keys.replace(vec![newest]);
        Ok(())
    }
}

fn anew(keys: &Arc<DataKeys>, value: &SealedValue) -> Result<Vec<u8>> {
    let context = match &value.secret {
        Secret::Version { spec, uid } => software_context(*spec, uid.as_bytes()),
        Secret::Pin(keyring) => pin_context(keyring),
        Secret::Data(object) => data_context(object),
    };
    let opened = keys.open(&context, &value.sealed).map_err(|_| {
        let message = format!(
            "{} does not open with the data keys of the store: it was altered, or parts of two stores \
             were mixed; what comes after it is not sealed anew",
            value.secret
        );
        Error::new(Reason::SealUnavailable, message)
    })?;
    keys.seal(&context, &opened)
}
