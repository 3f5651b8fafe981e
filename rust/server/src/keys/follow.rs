//! Versions that others make of keys that were adopted.

use std::collections::HashMap;

use supacrypt_core::{Error, KeyName, KeyVersionState, Origin, Reason, Result};

use super::{Keys, lifecycle::refuse_unmodifiable, reconcile::Difference, versions::append};
use crate::{
    custody::{Adopted, Custodian, NewMaterial},
    store::{self, HeldVersion, KeyVersionRecord, StoredReference},
};

impl Keys {
    /// What a custodian has of adopted keys and the store does not know, of key pairs: a secret key tells
    /// nothing by which it could be told from one that was destroyed here.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn newer(
        &self,
        custodian: &dyn Custodian,
        known: &[HeldVersion],
    ) -> Result<Vec<Difference>> {
        let adopted = known.iter().filter(|it| it.origin == Origin::Adopted && !it.deleted);
        let mut followed: HashMap<_, (_, Vec<&HeldVersion>)> = HashMap::new();
        for version in adopted {
            if let Some(source) = custodian.followed(&version.reference.reference) {
                let key = version.name.key();
                followed.entry(key).or_insert((source, Vec::new())).1.push(version);
            }
        }
        let mut differences = Vec::new();
        for (key, (source, known)) in followed {
            match self.newer_of(custodian, key, &source, &known).await {
                Ok(newer) => {
                    let newer = newer.into_iter();
                    differences.extend(newer.map(|it| Difference::Newer(key.clone(), it)));
                }
                Err(error) => match error.reason() {
                    // There is nothing to follow now. Whether its known versions can be used is told of
                    // those.
                    Reason::KeyNotFound | Reason::KeyVersionDisabled => {}
                    Reason::AlgorithmMismatch
                    | Reason::AlgorithmNotSupported
                    | Reason::InvalidArgument => {
                        differences.push(Difference::Unfollowed(key.clone(), error));
                    }
                    Reason::StoreUnavailable => return Err(error),
                    _ => differences.push(Difference::Unusable(known[0].name.clone(), error)),
                },
            }
        }
        Ok(differences)
    }

    /// The versions of `source` after those that the key knows, oldest first.
    async fn newer_of(
        &self,
        custodian: &dyn Custodian,
        key: &KeyName,
        source: &str,
        known: &[&HeldVersion],
    ) -> Result<Vec<NewMaterial>> {
        let record = self.get(key).await?;
        let references: Vec<_> = known.iter().map(|it| it.reference.reference.as_slice()).collect();
        let Some(found) = custodian.later(source, &references).await? else {
            return Ok(Vec::new());
        };
        let Adopted { spec, usages, mut versions } = found;
        if spec != record.spec || !usages.contains(record.usages) {
            let message = format!(
                "{source} is a key of type {spec} for {usages:?} now, which is not what {key} is; adopt \
                 it as another key"
            );
            return Err(Error::new(Reason::AlgorithmMismatch, message));
        }
        // Those that were destroyed here are known by that alone.
        let known = store::versions::public_keys(&mut *self.store.read().await?, key).await?;
        versions.retain(|it| it.public_key.as_ref().is_some_and(|public| !known.contains(public)));
        Ok(versions)
    }

    /// Adds a version that others made to a key, and makes it the primary one.
    ///
    /// # Errors
    /// Those of the store; [`Reason::EtagMismatch`] for one that the key has already.
    pub(super) async fn adopt_newer(
        &self,
        key: &KeyName,
        custodian: &str,
        material: &NewMaterial,
    ) -> Result<()> {
        let making = self.making.begin()?;
        let NewMaterial { reference, public_key } = material.clone();
        let (custodian, uid) = (custodian.to_owned(), making.uid().to_owned());
        let reference = StoredReference { custodian, uid, reference };
        let mut write = self.store.write().await?;
        let known = store::versions::public_keys(&mut write, key).await?;
        if public_key.as_ref().is_some_and(|public_key| known.contains(public_key)) {
            let message = format!("{key} has got that version already; compare once more");
            return Err(Error::new(Reason::EtagMismatch, message));
        }
        let mut version = KeyVersionRecord {
            name: key.version(1),
            state: KeyVersionState::Enabled,
            origin: Origin::Adopted,
            public_key,
            create_time: store::now(),
            destroy_time: None,
        };
        let record = append(&mut write, key, &mut version, &reference).await?;
        refuse_unmodifiable(&record)?;
        self.save(write, record).await.map(drop)
    }
}
