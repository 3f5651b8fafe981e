//! Versions that others make of keys that were adopted.

use std::collections::HashMap;

use supacrypt_core::{Error, KeyName, KeyVersionState, Origin, Reason, Result};

use super::{Keys, lifecycle::refuse_unmodifiable, reconcile::Difference, versions::append};
use crate::{
    custody::{Custodian, NewMaterial},
    store::{self, HeldVersion, KeyVersionRecord, StoredReference},
};

impl Keys {
    /// What a custodian has of adopted keys and the store does not know, of key pairs: a secret key tells
    /// nothing by which it could be told from one that was destroyed here.
    ///
    /// # Errors
    /// Those of the custodian.
    pub(super) async fn newer(
        &self,
        custodian: &dyn Custodian,
        known: &[HeldVersion],
    ) -> Result<Vec<Difference>> {
        let adopted = known.iter().filter(|it| it.origin == Origin::Adopted && !it.deleted);
        let followed = adopted.filter_map(|version| {
            let source = custodian.followed(&version.reference.reference)?;
            Some((version.name.key(), (version, source)))
        });
        let mut differences = Vec::new();
        for (key, (version, source)) in followed.collect::<HashMap<_, _>>() {
            let found = match custodian.adopt(&source).await {
                Ok(found) if found.spec == version.spec => found.versions,
                Ok(found) => {
                    let message = format!(
                        "{source} is of type {} now, and {key} of type {}; adopt it as a key of its own",
                        found.spec, version.spec
                    );
                    let error = Error::new(Reason::AlgorithmMismatch, message);
                    differences.push(Difference::Unusable(version.name.clone(), error));
                    continue;
                }
                Err(error) => match error.reason() {
                    // Its versions tell of that themselves.
                    Reason::KeyNotFound | Reason::KeyVersionDisabled => continue,
                    Reason::InvalidArgument | Reason::AlgorithmNotSupported => {
                        differences.push(Difference::Unusable(version.name.clone(), error));
                        continue;
                    }
                    _ => return Err(error),
                },
            };
            let known = store::versions::public_keys(&mut *self.store.read().await?, key).await?;
            let is_new = |it: &NewMaterial| {
                it.public_key.as_ref().is_some_and(|public_key| !known.contains(public_key))
            };
            let newer = found.into_iter().filter(is_new);
            differences.extend(newer.map(|material| Difference::Newer(key.clone(), material)));
        }
        Ok(differences)
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
