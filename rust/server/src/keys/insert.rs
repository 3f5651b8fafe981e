//! Putting new keys into the store.

use supacrypt_core::{KeyAttributes, KeyFlags, KeyName, KeyUsages, Origin, Result};

use super::{Keys, lifecycle::NewKey};
use crate::{
    custody::Custodian,
    store::{self, KeyRecord, KeyVersionRecord, RequestId, StoredReference},
};

/// A key with all that the custodian has made of it.
pub(super) struct Whole {
    pub(super) name: KeyName,
    pub(super) new: NewKey,
    pub(super) usages: KeyUsages,
    pub(super) secret_length: Option<u32>,
    /// Oldest first, one or more; the last becomes the primary one.
    pub(super) versions: Vec<(KeyVersionRecord, StoredReference)>,
}

impl Keys {
    /// Puts a key into the store. When that fails, or the same request has made it before, what the
    /// custodian made is destroyed.
    pub(super) async fn insert(
        &self,
        whole: Whole,
        custodian: &dyn Custodian,
        request: Option<RequestId>,
    ) -> Result<KeyRecord> {
        let Whole { name, new, usages, secret_length, versions } = whole;
        let primary = versions.last().expect("invariant: one version or more").0.clone();
        let key = KeyRecord {
            name,
            label: new.label,
            object_id: new.object_id,
            spec: new.spec,
            usages,
            secret_length,
            attributes: attributes(new.attributes, primary.origin),
            annotations: new.annotations,
            etag: store::new_etag()?,
            create_time: primary.create_time,
            update_time: primary.create_time,
            purge_time: None,
            primary,
        };
        let inserted = self.insert_once(&key, &versions, request).await;
        if !matches!(inserted, Ok(None)) {
            for (_, reference) in &versions {
                destroy_unused(custodian, reference).await;
            }
        }
        Ok(inserted?.unwrap_or(key))
    }

    /// Gives the key that the same request has made before, instead of inserting this one.
    async fn insert_once(
        &self,
        key: &KeyRecord,
        versions: &[(KeyVersionRecord, StoredReference)],
        request: Option<RequestId>,
    ) -> Result<Option<KeyRecord>> {
        let mut write = self.store.write().await?;
        if let Some(request) = &request {
            if let Some(made) = store::requests::find(&mut write, request).await? {
                return store::keys::get(&mut write, &made.parse()?).await.map(Some);
            }
            store::requests::insert(&mut write, request, &key.name.to_string()).await?;
        }
        store::keys::insert(&mut write, key).await?;
        for (version, reference) in versions {
            store::versions::insert(&mut write, version, reference).await?;
        }
        self.commit(write, &key.name, key.primary.name.number()).await?;
        Ok(None)
    }
}

/// Destroys what a custodian made and nobody will use. That it could not be is no answer to whoever asked.
pub(super) async fn destroy_unused(custodian: &dyn Custodian, reference: &StoredReference) {
    if let Err(error) = custodian.destroy(&reference.reference).await {
        let (custodian, uid) = (custodian.name(), &reference.uid);
        tracing::warn!(
            custodian,
            uid,
            "a key that nobody uses could not be destroyed; `supacrypt custodian reconcile` finds it: \
             {error}"
        );
    }
}

/// What the maker asked for, and whether the key was never extractable.
fn attributes(asked: KeyAttributes, origin: Origin) -> KeyAttributes {
    let never = origin == Origin::Generated && !asked.flags.contains(KeyFlags::EXTRACTABLE);
    let mut attributes = asked;
    attributes.flags.set(KeyFlags::NEVER_EXTRACTABLE, never);
    attributes
}
