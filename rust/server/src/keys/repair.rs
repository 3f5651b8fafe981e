//! Doing away with what a custodian and the store do not agree about.

use supacrypt_core::{Error, KeyVersionName, KeyVersionState, Reason, Result};

use super::{Comparison, Difference, Keys};
use crate::{custody::Custodian, store::StoredVersion};

impl Keys {
    /// Waits until what was missing in a comparison would show if it was only moved: some know of a key neither
    /// here nor there while they delete it or take that back.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`] for a custodian that the server does not have.
    pub async fn settle(&self, custodian: &str, compared: &Comparison) -> Result<()> {
        let within = self.custodians.get(custodian)?.settles_within();
        tokio::time::sleep_until(compared.at + within).await;
        Ok(())
    }

    /// Does away with a difference of a comparison, one that is missing after [`settle`](Self::settle): destroys what the store does not know, takes back what
    /// was deleted, marks as destroyed what the custodian does not have, disables what is disabled there,
    /// and takes up what is newer there.
    ///
    /// # Errors
    /// Those of the custodian and the store; [`Reason::EtagMismatch`] for what is not so any more; for what
    /// is unusable or cannot be followed, why it is.
    pub async fn repair(&self, custodian: &str, difference: &Difference) -> Result<()> {
        match difference {
            Difference::Orphan(held) => {
                self.custodians.get(custodian)?.destroy(&held.reference).await
            }
            Difference::Missing { name, rest } => self.give_up_missing(name, *rest).await,
            Difference::Deleted(name) => self.recover(name).await,
            Difference::Disabled(name) => self.disable_too(name).await,
            Difference::Enabled(name) => self.disable_there(name).await,
            Difference::Newer(key, material) => self.adopt_newer(key, custodian, material).await,
            Difference::Unusable(_, error) | Difference::Unfollowed(_, error) => Err(error.clone()),
        }
    }

    async fn give_up_missing(&self, name: &KeyVersionName, rest: bool) -> Result<()> {
        let version = self.not_destroyed(name).await?;
        let Some(reference) = &version.reference else { return Ok(()) };
        let custodian = self.custodian_of(reference)?;
        let found = inspected(custodian, &version).await;
        let gone = matches!(&found, Err(error) if error.reason() == Reason::KeyVersionDestroyed);
        if !gone || custodian.is_recoverable(&reference.reference).await? {
            return Err(changed(name));
        }
        if rest {
            custodian.destroy(&reference.reference).await?;
        }
        self.mark_destroyed(name).await.map(drop)
    }

    /// Takes a deletion back. What comes back disabled is disabled here, too: who deleted it, or disabled it
    /// before, may have had a reason.
    async fn recover(&self, name: &KeyVersionName) -> Result<()> {
        let version = self.not_destroyed(name).await?;
        let Some(reference) = &version.reference else { return Ok(()) };
        let custodian = self.custodian_of(reference)?;
        custodian.recover(&reference.reference).await?;
        // Here it may have become something else while it was taken back there.
        let state = match self.get_version(name).await {
            Ok(version) => version.version.state,
            Err(error) if error.reason() == Reason::KeyVersionNotFound => {
                KeyVersionState::Destroyed
            }
            Err(error) => return Err(error),
        };
        match state {
            KeyVersionState::Destroyed => {
                custodian.destroy(&reference.reference).await?;
                Err(changed(name))
            }
            KeyVersionState::Disabled => custodian.set_enabled(&reference.reference, false).await,
            _ => match inspected(custodian, &version).await {
                Err(error) if error.reason() == Reason::KeyVersionDisabled => {
                    self.set_enabled(name, false).await.map(drop)
                }
                found => found,
            },
        }
    }

    /// Has its custodian disable what is disabled here.
    async fn disable_there(&self, name: &KeyVersionName) -> Result<()> {
        let version = self.not_destroyed(name).await?;
        let Some(reference) = &version.reference else { return Ok(()) };
        if version.version.state != KeyVersionState::Disabled {
            return Err(changed(name));
        }
        self.custodian_of(reference)?.set_enabled(&reference.reference, false).await
    }

    /// Disables what its custodian has disabled.
    async fn disable_too(&self, name: &KeyVersionName) -> Result<()> {
        let version = self.not_destroyed(name).await?;
        let Some(reference) = &version.reference else { return Ok(()) };
        match inspected(self.custodian_of(reference)?, &version).await {
            Err(error) if error.reason() == Reason::KeyVersionDisabled => {
                self.set_enabled(name, false).await.map(drop)
            }
            _ => Err(changed(name)),
        }
    }

    async fn not_destroyed(&self, name: &KeyVersionName) -> Result<StoredVersion> {
        let version = self.get_version(name).await?;
        if version.deleted || version.version.state == KeyVersionState::Destroyed {
            return Err(changed(name));
        }
        Ok(version)
    }
}

async fn inspected(custodian: &dyn Custodian, version: &StoredVersion) -> Result<()> {
    let Some(reference) = &version.reference else { return Ok(()) };
    let (material, context) = (&reference.reference, reference.uid.as_bytes());
    custodian.inspect(version.spec, material, context).await
}

fn changed(name: &KeyVersionName) -> Error {
    let message = format!("{name} is not as it was; compare once more");
    Error::new(Reason::EtagMismatch, message)
}
