//! Versions that are open and ready, by the very text a request names them with.

use std::sync::Arc;

use parking_lot::RwLock;
use supacrypt_core::{
    Algorithm, AlgorithmSet, Error, KeyFlags, KeyName, KeySpec, KeyUsages, KeyVersionName,
    KeyVersionState, KeyringName, Operation, Reason, Result, UsePeriod,
};

use super::Keys;
use crate::{
    custody::{CryptoRequest, KeyHandle},
    store::{self, StoredReference, StoredVersion},
};

/// A key version that may be used right now.
pub struct UsableVersion {
    /// `keyrings/{keyring}/keys/{key}/versions/{n}`.
    pub name: Arc<str>,
    /// The keyring it is in.
    pub keyring: KeyringName,
    /// What the key is.
    pub spec: KeySpec,
    /// What it may be used for.
    pub usages: KeyUsages,
    /// When it may be used.
    pub use_period: UsePeriod,
    /// What may be done with the key.
    pub flags: KeyFlags,
    /// The algorithms it may be used by. Bits, so that an operation can ask for nothing.
    pub allowed: AlgorithmSet,
    /// The algorithms that its custodian has.
    pub offered: AlgorithmSet,
    /// The key itself.
    pub handle: Arc<dyn KeyHandle>,
}

impl UsableVersion {
    /// Checks that the key may be used for `operation` now, by this algorithm.
    ///
    /// # Errors
    /// [`Reason::UsageNotPermitted`], [`Reason::AlgorithmNotPermitted`].
    pub fn check_use(&self, operation: Operation, algorithm: Algorithm) -> Result<()> {
        if self.usages.contains(operation.usage()) {
            self.allowed.permit(algorithm)?;
            // The clock is asked for the few keys that need it.
            if self.use_period.is_unlimited() {
                return Ok(());
            }
            return self.use_period.check(operation, store::today());
        }
        Err(Error::new(
            Reason::UsageNotPermitted,
            format!("{} was not made for the operation {operation}", self.name),
        ))
    }
}

impl UsableVersion {
    /// The request as the custodian offers it.
    ///
    /// # Errors
    /// [`Reason::AlgorithmNotSupported`].
    pub fn offered<'a>(&self, request: CryptoRequest<'a>) -> Result<CryptoRequest<'a>> {
        let refused = match self.check_offered(request.algorithm()) {
            Ok(()) => return Ok(request),
            Err(refused) => refused,
        };
        request.narrowed().filter(|it| self.offered.contains(it.algorithm())).ok_or(refused)
    }

    /// Checks that the custodian offers this very algorithm.
    ///
    /// # Errors
    /// [`Reason::AlgorithmNotSupported`].
    pub(super) fn check_offered(&self, algorithm: Algorithm) -> Result<()> {
        if self.offered.contains(algorithm) {
            return Ok(());
        }
        let message = format!("what holds {} does not offer {algorithm}", self.name);
        Err(Error::new(Reason::AlgorithmNotSupported, message))
    }
}

/// Open versions. Each is wiped from memory when it falls out.
pub(super) struct Cache {
    entries: moka::sync::Cache<Arc<str>, Arc<UsableVersion>>,
    /// Counts changes. Held for reading while a version that was loaded is put in, and for writing
    /// while one is thrown out: what was loaded before a change is never kept after it.
    changes: RwLock<u64>,
}

impl Cache {
    pub(super) fn new(capacity: u64) -> Self {
        Cache { entries: moka::sync::Cache::new(capacity), changes: RwLock::new(0) }
    }

    /// Throws out a key under all its names: its own and those of its versions.
    pub(super) fn forget(&self, key: &KeyName, versions: u32) {
        let mut changes = self.changes.write();
        *changes += 1;
        self.entries.invalidate(key.to_string().as_str());
        for number in 1..=versions {
            self.entries.invalidate(key.version(number).to_string().as_str());
        }
    }

    fn insert(&self, name: &str, version: &Arc<UsableVersion>, seen_changes: u64) {
        let changes = self.changes.read();
        if *changes == seen_changes {
            self.entries.insert(name.into(), Arc::clone(version));
        }
    }
}

impl Keys {
    /// The version that `name` means, if it is open: a version's name, or a key's for its primary
    /// version. Never waits.
    pub fn cached(&self, name: &str) -> Option<Arc<UsableVersion>> {
        self.cache.entries.get(name)
    }

    /// The version that `name` means, opened if it has to be.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`], [`Reason::KeyVersionNotFound`], [`Reason::KeyDeleted`],
    /// [`Reason::KeyVersionDisabled`], [`Reason::KeyVersionDestroyed`], and those of the custodian.
    pub async fn usable(&self, name: &str) -> Result<Arc<UsableVersion>> {
        if let Some(version) = self.cached(name) {
            return Ok(version);
        }
        let seen_changes = *self.cache.changes.read();
        let version = Arc::new(self.load(&self.version_name(name).await?).await?);
        self.cache.insert(name, &version, seen_changes);
        Ok(version)
    }

    /// The name of the version that `name` means.
    ///
    /// # Errors
    /// [`Reason::InvalidResourceName`], [`Reason::KeyNotFound`].
    pub async fn version_name(&self, name: &str) -> Result<KeyVersionName> {
        if let Ok(version) = name.parse() {
            return Ok(version);
        }
        let key: KeyName = name.parse()?;
        let mut read = self.store.read().await?;
        Ok(store::keys::get(&mut read, &key).await?.primary.name)
    }

    /// A version that may be used right now, and where its material is.
    ///
    /// # Errors
    /// As [`usable`](Self::usable), but for those of the custodian.
    pub(super) async fn enabled(
        &self,
        name: &KeyVersionName,
    ) -> Result<(StoredVersion, StoredReference)> {
        let mut stored = {
            let mut read = self.store.read().await?;
            match store::versions::get(&mut read, name).await {
                // Which of the two is missing matters to whoever has to find the mistake.
                Err(error) if error.reason() == Reason::KeyVersionNotFound => {
                    store::keys::get(&mut read, name.key()).await?;
                    return Err(error);
                }
                found => found?,
            }
        };
        let refuse = |reason, text: &str| Err(Error::new(reason, format!("{name} {text}")));
        if stored.deleted {
            return refuse(Reason::KeyDeleted, "is deleted; undelete its key to use it again");
        }
        match (stored.version.state, stored.reference.take()) {
            (KeyVersionState::Enabled, Some(reference)) => Ok((stored, reference)),
            (KeyVersionState::Disabled, _) => refuse(Reason::KeyVersionDisabled, "is disabled"),
            (KeyVersionState::Destroyed | KeyVersionState::Enabled, _) => {
                refuse(Reason::KeyVersionDestroyed, "was destroyed")
            }
        }
    }

    async fn load(&self, name: &KeyVersionName) -> Result<UsableVersion> {
        let (stored, reference) = self.enabled(name).await?;
        let custodian = self.custodian_of(&reference)?;
        let context = reference.uid.as_bytes();
        let handle = custodian.open(stored.spec, &reference.reference, context).await?;
        Ok(UsableVersion {
            name: name.to_string().into(),
            keyring: name.key().keyring().clone(),
            spec: stored.spec,
            usages: stored.usages,
            use_period: stored.use_period,
            flags: stored.flags,
            allowed: stored.allowed,
            offered: custodian.capabilities().algorithms,
            handle,
        })
    }
}
