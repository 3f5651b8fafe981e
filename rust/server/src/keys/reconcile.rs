//! Comparing what a custodian holds with what the store knows.

use std::collections::{HashMap, HashSet};

use supacrypt_core::{Error, KeyName, KeyVersionName, KeyVersionState, Reason, Result};
use tokio::time::Instant;

use super::Keys;
use crate::{
    custody::{Custodian, Held, HeldState, NewMaterial},
    store::{self, HeldVersion},
};

/// Something that a custodian and the store do not agree about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The custodian holds it, and the store does not know it, or knows that it was destroyed.
    Orphan(Held),
    /// The store knows it, and the custodian does not have it.
    Missing {
        /// The version.
        name: KeyVersionName,
        /// Whether the custodian has something left of it.
        rest: bool,
    },
    /// The store knows it, and it is deleted at the custodian, which can give it back.
    Deleted(KeyVersionName),
    /// The server would use it, and it is disabled at the custodian.
    Disabled(KeyVersionName),
    /// It is disabled here, and the custodian would use it, though it could refuse that, too.
    Enabled(KeyVersionName),
    /// The custodian has it, and it cannot be used.
    Unusable(KeyVersionName, Error),
    /// Others made a version of a key that was adopted, and the store does not know it.
    Newer(KeyName, NewMaterial),
    /// What a key was adopted by is something now that the key cannot follow.
    Unfollowed(KeyName, Error),
}

/// What a custodian and the store have.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Versions that the store knows.
    pub known: usize,
    /// What the custodian holds.
    pub held: usize,
    /// Where they differ.
    pub differences: Vec<Difference>,
    /// When that was so.
    pub(super) at: Instant,
}

impl Keys {
    /// Compares what a custodian holds for this store with what the store knows; with `follow` also what
    /// others made of keys that were adopted. What is being made meanwhile is no difference.
    ///
    /// # Errors
    /// Those of the custodian, when it cannot tell what it holds.
    pub async fn compare(&self, custodian: &str, follow: bool) -> Result<Comparison> {
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

        let held_as: HashMap<_, _> = held.iter().map(|held| (uid(held), held)).collect();
        let old: HashSet<_> = before.iter().map(|version| &version.name).collect();
        for version in &known {
            if version.deleted || !old.contains(&version.name) {
                continue;
            }
            let held = held_as.get(version.reference.uid.as_str()).copied();
            differences.extend(difference(custodian, version, held).await);
        }
        if follow {
            differences.extend(self.newer(custodian, &known).await?);
        }
        let (known, held) = (known.len(), held.len());
        Ok(Comparison { known, held, differences, at: Instant::now() })
    }

    async fn versions_at(&self, custodian: &str) -> Result<Vec<HeldVersion>> {
        let mut read = self.store.read().await?;
        store::versions::held_by(&mut read, custodian).await
    }
}

/// What is not as it should be with a version that the custodian holds as this.
async fn difference(
    custodian: &dyn Custodian,
    version: &HeldVersion,
    held: Option<&Held>,
) -> Option<Difference> {
    let HeldVersion { name, spec, state, reference, .. } = version;
    if *state == KeyVersionState::Destroyed {
        // A purge that did not come to its end, and was taken back.
        return held.cloned().map(Difference::Orphan);
    }
    if held.is_some_and(|held| held.state == HeldState::Whole) {
        let differs = *state == KeyVersionState::Disabled && custodian.disables();
        return differs.then(|| Difference::Enabled(name.clone()));
    }
    // What a list says may be of a moment ago, or of what others made beside the version.
    let context = reference.uid.as_bytes();
    let error = custodian.inspect(*spec, &reference.reference, context).await.err()?;
    let name = name.clone();
    match error.reason() {
        Reason::KeyVersionDisabled => {
            (*state == KeyVersionState::Enabled).then_some(Difference::Disabled(name))
        }
        Reason::KeyVersionDestroyed => {
            Some(match custodian.is_recoverable(&reference.reference).await {
                Ok(true) => Difference::Deleted(name),
                Ok(false) => Difference::Missing { name, rest: held.is_some() },
                Err(error) => Difference::Unusable(name, error),
            })
        }
        _ => Some(Difference::Unusable(name, error)),
    }
}

/// The id of the version that something was made as.
fn uid(held: &Held) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&held.context)
}
