//! Comparing what a custodian holds with what the store knows.

use std::collections::{HashMap, HashSet};

use supacrypt_core::{Error, KeyName, KeyVersionName, KeyVersionState, Reason, Result};

use super::Keys;
use crate::{
    custody::{Custodian, Held, HeldState, NewMaterial},
    store::{self, HeldVersion},
};

/// Something that a custodian and the store do not agree about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The custodian holds it, and the store does not know it.
    Orphan(Held),
    /// The store knows it, and the custodian does not have it.
    Missing(KeyVersionName),
    /// The same, and the custodian can give it back.
    Deleted(KeyVersionName),
    /// The server would use it, and it is disabled at the custodian.
    Disabled(KeyVersionName),
    /// The custodian has it, and it cannot be used.
    Unusable(KeyVersionName, Error),
    /// Others made a version of a key that was adopted, and the store does not know it.
    Newer(KeyName, NewMaterial),
}

/// What a custodian and the store have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Versions that the store knows.
    pub known: usize,
    /// What the custodian holds.
    pub held: usize,
    /// Where they differ.
    pub differences: Vec<Difference>,
}

impl Keys {
    /// Compares what a custodian holds for this store with what the store knows. What is being made or
    /// destroyed meanwhile is no difference.
    ///
    /// # Errors
    /// Those of the custodian.
    pub async fn compare(&self, custodian: &str) -> Result<Comparison> {
        let custodian = self.custodians.get(custodian)?;
        let before = self.versions_at(custodian.name()).await?;
        let held = custodian.held().await?;
        // In this order: what is made no more has got into the store by now.
        let in_the_making: HashSet<_> =
            held.iter().map(uid).filter(|uid| self.making.contains(uid)).collect();
        let known = self.versions_at(custodian.name()).await?;
        // Of all custodians: two of them may be at the same place.
        let uids = store::versions::uids(&mut *self.store.read().await?).await?;
        let orphans = held.iter().filter(|held| {
            let uid = uid(held);
            !uids.contains(&*uid) && !in_the_making.contains(&uid)
        });
        let mut differences: Vec<_> = orphans.cloned().map(Difference::Orphan).collect();

        let states: HashMap<_, _> = held.iter().map(|held| (uid(held), held.state)).collect();
        let old: HashSet<_> = before.iter().map(|version| &version.name).collect();
        for version in &known {
            if version.deleted || !old.contains(&version.name) {
                continue;
            }
            let state = states.get(version.reference.uid.as_str());
            differences.extend(difference(custodian, version, state.copied()).await?);
        }
        differences.extend(self.newer(custodian, &known).await?);
        Ok(Comparison { known: known.len(), held: held.len(), differences })
    }

    /// Does away with a difference: destroys what the store does not know, takes back what was deleted,
    /// marks as destroyed what the custodian does not have, disables what is disabled there, and takes up
    /// what is newer there.
    ///
    /// # Errors
    /// Those of the custodian and the store; for what is unusable, why it is.
    pub async fn repair(&self, custodian: &str, difference: &Difference) -> Result<()> {
        match difference {
            Difference::Orphan(held) => {
                self.custodians.get(custodian)?.destroy(&held.reference).await
            }
            Difference::Missing(name) => self.give_up_missing(name).await,
            Difference::Deleted(name) => self.recover(name).await,
            Difference::Disabled(name) => self.set_enabled(name, false).await.map(drop),
            Difference::Newer(key, material) => self.adopt_newer(key, custodian, material).await,
            Difference::Unusable(_, error) => Err(error.clone()),
        }
    }

    async fn give_up_missing(&self, name: &KeyVersionName) -> Result<()> {
        let version = self.get_version(name).await?;
        let Some(reference) = version.reference else { return Ok(()) };
        let custodian = self.custodian_of(&reference)?;
        // It may have come back since it was looked for.
        let (material, context) = (&reference.reference, reference.uid.as_bytes());
        match custodian.inspect(version.spec, material, context).await {
            Err(error) if error.reason() == Reason::KeyVersionDestroyed => {}
            Ok(()) => {
                let message = format!("{name} is there again; compare once more");
                return Err(Error::new(Reason::EtagMismatch, message));
            }
            Err(error) => return Err(error),
        }
        // There may be something left of it.
        custodian.destroy(material).await?;
        self.mark_destroyed(name).await.map(drop)
    }

    async fn recover(&self, name: &KeyVersionName) -> Result<()> {
        let version = self.get_version(name).await?;
        let Some(reference) = version.reference else { return Ok(()) };
        let custodian = self.custodian_of(&reference)?;
        custodian.recover(&reference.reference).await?;
        match version.version.state {
            KeyVersionState::Disabled => custodian.set_enabled(&reference.reference, false).await,
            _ => Ok(()),
        }
    }

    async fn versions_at(&self, custodian: &str) -> Result<Vec<HeldVersion>> {
        let mut read = self.store.read().await?;
        store::versions::held_by(&mut read, custodian).await
    }
}

/// What is not as it should be with a version, of which the custodian says that it holds it so.
async fn difference(
    custodian: &dyn Custodian,
    version: &HeldVersion,
    state: Option<HeldState>,
) -> Result<Option<Difference>> {
    let HeldVersion { name, spec, reference, .. } = version;
    let problem = match state {
        Some(HeldState::Whole) => None,
        Some(HeldState::Disabled) => Some(Error::new(Reason::KeyVersionDisabled, "disabled there")),
        Some(HeldState::Partial) | None => {
            let context = reference.uid.as_bytes();
            custodian.inspect(*spec, &reference.reference, context).await.err()
        }
    };
    let Some(error) = problem else { return Ok(None) };
    let name = name.clone();
    Ok(match error.reason() {
        Reason::KeyVersionDisabled if version.state == KeyVersionState::Disabled => None,
        Reason::KeyVersionDisabled => Some(Difference::Disabled(name)),
        Reason::KeyVersionDestroyed => {
            let recoverable = custodian.is_recoverable(&reference.reference).await?;
            Some(if recoverable { Difference::Deleted(name) } else { Difference::Missing(name) })
        }
        _ => Some(Difference::Unusable(name, error)),
    })
}

/// The id of the version that something was made as.
fn uid(held: &Held) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&held.context)
}
