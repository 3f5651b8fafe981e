//! Keys that are taken out of a vault, or back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use azure_security_keyvault_keys::models::{DeletedKey, DeletionRecoveryLevel};
use supacrypt_core::{Error, Reason, Result};

use super::reference::KeyId;
use super::vault::Vault;

/// Pause before a deleted key is purged again, doubled each time: the vault deletes for some seconds.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const PAUSES: u32 = 6;
/// As many as a request has time for.
const PAUSES_OF_A_REQUEST: u32 = 4;

/// What deletes the keys of one custodian.
#[derive(Default)]
pub(super) struct Destroyer {
    /// Whether it was said that keys stay in the vault's bin.
    said: Arc<AtomicBool>,
}

impl Destroyer {
    /// Deletes a key. From then on nobody uses it; its erasure follows, where the vault lets this server
    /// do that. That it is gone already is no error.
    ///
    /// # Errors
    /// Those of the vault.
    pub(super) async fn destroy(&self, vault: &Arc<Vault>, name: &str) -> Result<()> {
        let deleted = match vault.delete(name).await {
            Ok(deleted) => deleted,
            Err(error) if is_gone(error.reason()) => return Ok(()),
            Err(error) => return Err(error),
        };
        if !may_be_purged(&deleted) {
            self.say(vault, "it is protected against purging");
            return Ok(());
        }
        let (vault, name, said) = (Arc::clone(vault), name.to_owned(), Arc::clone(&self.said));
        tokio::spawn(async move { Destroyer { said }.purge(&vault, &name).await });
        Ok(())
    }

    async fn purge(&self, vault: &Vault, name: &str) {
        let mut pause = FIRST_PAUSE;
        for _ in 0..PAUSES {
            match vault.purge(name).await.map_err(|error| (error.reason(), error)) {
                Ok(()) => return,
                // It is not in the bin yet.
                Err((Reason::AlreadyExists | Reason::KeyVersionDestroyed, _)) => {}
                Err((_, error)) => return self.say(vault, error.message()),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        self.say(vault, "it was still being deleted after a while");
    }

    /// Says once that keys are deleted and not purged.
    fn say(&self, vault: &Vault, why: &str) {
        if !self.said.swap(true, Ordering::Relaxed) {
            tracing::info!(
                "a destroyed key stays deleted in {} for the days that the vault keeps such keys, and \
                 can be recovered there until then: {why}. This is said once",
                vault.url()
            );
        }
    }
}

/// Takes back that others deleted a key, and waits until the vault has it again.
///
/// # Errors
/// Those of the vault; [`Reason::CustodianUnavailable`] when it takes too long.
pub(super) async fn recover(vault: &Vault, key: &KeyId) -> Result<()> {
    vault.recover(&key.name).await?;
    let mut pause = FIRST_PAUSE;
    for _ in 0..PAUSES_OF_A_REQUEST {
        tokio::time::sleep(pause).await;
        pause *= 2;
        match vault.get_enabled(key).await {
            Err(error) if error.reason() == Reason::KeyVersionDestroyed => {}
            Err(error) if error.reason() != Reason::KeyVersionDisabled => return Err(error),
            _ => return Ok(()),
        }
    }
    let message =
        format!("{} still takes the deletion of {key} back; look again later", vault.url());
    Err(Error::new(Reason::CustodianUnavailable, message))
}

/// Whether the vault has no such key any more, or has deleted it already.
fn is_gone(reason: Reason) -> bool {
    matches!(reason, Reason::KeyVersionDestroyed | Reason::AlreadyExists)
}

/// Whether a deleted key can be erased before its time (REST API, `DeletionRecoveryLevel`).
fn may_be_purged(deleted: &DeletedKey) -> bool {
    use DeletionRecoveryLevel as Level;
    let level = deleted.attributes.as_ref().and_then(|each| each.recovery_level.as_ref());
    // A vault that keeps nothing has no level to tell and nothing to purge.
    matches!(
        level,
        Some(
            Level::RecoverablePurgeable | Level::CustomizedRecoverablePurgeable | Level::Purgeable
        )
    )
}
