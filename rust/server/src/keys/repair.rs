//! Doing away with what a custodian and the store do not agree about.

use supacrypt_core::{Error, KeySpec, KeyVersionName, KeyVersionState, Reason, Result};

use super::{Comparison, Difference, Keys};
use crate::{
    custody::Custodian,
    store::{StoredReference, StoredVersion},
};

impl Keys {
    /// Waits until what was missing in a comparison would show if it was only moved: some have a key in no
    /// place while they delete it or take that back.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`] for a custodian that the server does not have.
    pub async fn settle(&self, custodian: &str, compared: &Comparison) -> Result<()> {
        let within = self.custodians.get(custodian)?.settles_within();
        tokio::time::sleep_until(compared.at + within).await;
        Ok(())
    }

    /// Does away with a difference of a comparison: destroys what the store does not know, takes back what
    /// was deleted, marks as destroyed what the custodian does not have, disables on both sides what is
    /// disabled on one, and takes up what is newer there. What is missing has to be
    /// [settled](Self::settle) first.
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
        let there = self.there(name).await?;
        let found = there.inspect().await;
        let gone = matches!(&found, Err(error) if error.reason() == Reason::KeyVersionDestroyed);
        if !gone || there.custodian.is_recoverable(&there.reference.reference).await? {
            return Err(changed(name));
        }
        if rest {
            there.custodian.destroy(&there.reference.reference).await?;
        }
        self.mark_destroyed(name).await.map(drop)
    }

    /// Takes a deletion back. What comes back disabled is disabled here, too: who deleted it, or disabled it
    /// before, may have had a reason.
    async fn recover(&self, name: &KeyVersionName) -> Result<()> {
        let there = self.there(name).await?;
        let (custodian, material) = (there.custodian, &there.reference.reference);
        custodian.recover(material).await?;
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
                custodian.destroy(material).await?;
                Err(changed(name))
            }
            KeyVersionState::Disabled => custodian.set_enabled(material, false).await,
            _ => match there.inspect().await {
                Err(error) if error.reason() == Reason::KeyVersionDisabled => {
                    self.set_enabled(name, false).await.map(drop)
                }
                found => found,
            },
        }
    }

    /// Has its custodian disable what is disabled here.
    async fn disable_there(&self, name: &KeyVersionName) -> Result<()> {
        let there = self.there(name).await?;
        if there.state != KeyVersionState::Disabled {
            return Err(changed(name));
        }
        there.custodian.set_enabled(&there.reference.reference, false).await
    }

    /// Disables what its custodian has disabled.
    async fn disable_too(&self, name: &KeyVersionName) -> Result<()> {
        match self.there(name).await?.inspect().await {
            Err(error) if error.reason() == Reason::KeyVersionDisabled => {
                self.set_enabled(name, false).await.map(drop)
            }
            _ => Err(changed(name)),
        }
    }

    async fn there(&self, name: &KeyVersionName) -> Result<There<'_>> {
        let StoredVersion { version, spec, deleted, reference, .. } =
            self.get_version(name).await?;
        match reference {
            Some(reference) if !deleted && version.state != KeyVersionState::Destroyed => {
                let custodian = self.custodian_of(&reference)?;
                Ok(There { custodian, reference, spec, state: version.state })
            }
            _ => Err(changed(name)),
        }
    }
}

/// A version that was not destroyed, where its custodian has it.
struct There<'a> {
    custodian: &'a dyn Custodian,
    reference: StoredReference,
    spec: KeySpec,
    /// How it is here.
    state: KeyVersionState,
}

impl There<'_> {
    async fn inspect(&self) -> Result<()> {
        let (material, context) = (&self.reference.reference, self.reference.uid.as_bytes());
        self.custodian.inspect(self.spec, material, context).await
    }
}

fn changed(name: &KeyVersionName) -> Error {
    let message = format!("{name} is not as it was; compare once more");
    Error::new(Reason::EtagMismatch, message)
}
