//! Comparing what a custodian holds with what the store knows.

use std::collections::HashSet;

use supacrypt_core::{Error, KeyVersionName, Reason, Result};

use super::Keys;
use crate::{
    custody::Held,
    store::{self, HeldVersion},
};

/// Something that a custodian and the store do not agree about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The custodian holds it, and the store does not know it.
    Orphan(Held),
    /// The store knows it, and the custodian does not have it.
    Missing(KeyVersionName),
    /// The custodian has it, and it cannot be used.
    Unusable(KeyVersionName, Error),
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

        let whole: HashSet<_> = held.iter().filter(|held| held.whole).map(uid).collect();
        let old: HashSet<_> = before.iter().map(|version| &version.name).collect();
        for version in &known {
            let HeldVersion { name, spec, reference, .. } = version;
            if version.deleted || whole.contains(reference.uid.as_str()) || !old.contains(name) {
                continue;
            }
            let context = reference.uid.as_bytes();
            match custodian.open(*spec, &reference.reference, context).await {
                Ok(_) => {}
                Err(error) if error.reason() == Reason::KeyVersionDestroyed => {
                    differences.push(Difference::Missing(name.clone()));
                }
                Err(error) => differences.push(Difference::Unusable(name.clone(), error)),
            }
        }
        Ok(Comparison { known: known.len(), held: held.len(), differences })
    }

    /// Does away with a difference: destroys what the store does not know, and marks as destroyed what
    /// the custodian does not have.
    ///
    /// # Errors
    /// Those of the custodian and the store; for what is unusable, why it is.
    pub async fn repair(&self, custodian: &str, difference: &Difference) -> Result<()> {
        match difference {
            Difference::Orphan(held) => {
                self.custodians.get(custodian)?.destroy(&held.reference).await
            }
            Difference::Missing(name) => self.give_up_missing(name).await,
            Difference::Unusable(_, error) => Err(error.clone()),
        }
    }

    async fn give_up_missing(&self, name: &KeyVersionName) -> Result<()> {
        let version = self.get_version(name).await?;
        let Some(reference) = version.reference else { return Ok(()) };
        let custodian = self.custodian_of(&reference)?;
        // It may have come back since it was looked for.
        let (material, context) = (&reference.reference, reference.uid.as_bytes());
        match custodian.open(version.spec, material, context).await {
            Err(error) if error.reason() == Reason::KeyVersionDestroyed => {}
            Ok(_) => {
                let message = format!("{name} is there again; compare once more");
                return Err(Error::new(Reason::EtagMismatch, message));
            }
            Err(error) => return Err(error),
        }
        // There may be something left of it.
        custodian.destroy(material).await?;
        self.mark_destroyed(name).await.map(drop)
    }

    async fn versions_at(&self, custodian: &str) -> Result<Vec<HeldVersion>> {
        let mut read = self.store.read().await?;
        store::versions::held_by(&mut read, custodian).await
    }
}

/// The id of the version that something was made as.
fn uid(held: &Held) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&held.context)
}
