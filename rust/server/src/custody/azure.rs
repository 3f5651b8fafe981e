//! The Azure custodian: keys that Azure Key Vault or Managed HSM makes, keeps and uses.
//!
//! Private halves never come into this process, but those that are brought. What needs no secret,
//! verifying and encrypting with a public key, is computed here.

mod adopt;
mod algorithm;
mod certificate;
mod credential;
mod destroy;
mod fault;
mod handle;
mod jwk;
mod make;
mod reference;
mod renewing;
mod seal;
mod transport;
mod vault;

/// What is offered, whatever the vault.
#[cfg(test)]
pub(super) use algorithm::capabilities;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use supacrypt_core::{Capabilities, Error, KeySpec, Reason, Result};
use supacrypt_crypto::Material;

use self::destroy::Destroyer;
use self::handle::VaultKey;
use self::reference::{KeyId, Reference, Whose, context_of, name_of};
use self::renewing::Renewing;
use self::seal::VaultSeal;
use self::vault::Vault;
use super::gate::Gate;
use super::remote::RemoteKey;
use super::{
    Adopted, Custodian, Held, HeldState, KeyHandle, NewMaterial, Opening, Wanted, of_a_store,
};
use crate::config::AzureSettings;
use crate::seal::{Seal, custodian_seal};

/// The tag whose value is the store that a key was made for.
const STORE_TAG: &str = "supacrypt-store";

/// Keeps keys in vaults, one there for each key version here.
pub struct AzureCustodian {
    name: String,
    store: String,
    /// One or more.
    vaults: Vec<Arc<Vault>>,
    gates: Vec<Arc<Gate>>,
    /// Keys made so far, which says whose turn it is.
    made: AtomicUsize,
    capabilities: Capabilities,
    destroyer: Destroyer,
}

impl AzureCustodian {
    /// Makes the clients and asks each vault once. One that does not answer is no error: its keys wait
    /// for it.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when no client can be made of the settings.
    pub async fn open(opening: Opening<'_>, settings: &AzureSettings) -> Result<AzureCustodian> {
        let custodian = Self::new(opening, settings).map_err(|error| {
            let key = format!("custodians.{}", opening.name);
            Error::new(Reason::Configuration, format!("{key}: {error}")).in_field(key)
        })?;
        // The first call to a vault learns what tokens it wants, and gets one: that is done now.
        for asked in join_all(custodian.vaults.iter().map(|vault| vault.check())).await {
            if let Err(error) = asked {
                tracing::warn!("{error}");
            }
        }
        Ok(custodian)
    }

    fn new(opening: Opening<'_>, settings: &AzureSettings) -> Result<AzureCustodian> {
        let options = transport::options(settings)?;
        let vaults = settings.vaults.iter().map(|url| {
            let metrics = opening.metrics.endpoint(opening.name, url);
            let (patience, concurrency) = (settings.timeout, settings.concurrency);
            let gate = Arc::new(Gate::new(opening.name, url, patience, concurrency, metrics));
            let credential = Arc::new(Renewing::new(settings, options.clone())?);
            Vault::new(url, settings.hsm, credential, options.clone(), gate).map(Arc::new)
        });
        let vaults = vaults.collect::<Result<Vec<_>>>()?;
        Ok(AzureCustodian {
            name: opening.name.to_owned(),
            store: opening.store.to_owned(),
            gates: vaults.iter().map(|vault| Arc::clone(vault.gate())).collect(),
            vaults,
            made: AtomicUsize::new(0),
            capabilities: algorithm::capabilities(settings.managed_hsm),
            destroyer: Destroyer::default(),
        })
    }

    /// The vault for the next key: each in turn, without those that do not answer.
    fn next(&self) -> &Vault {
        let turn = self.made.fetch_add(1, Ordering::Relaxed) % self.vaults.len();
        let (before, from) = self.vaults.split_at(turn);
        let admits = |vault: &&Arc<Vault>| vault.gate().admits();
        from.iter().chain(before).find(admits).unwrap_or(&self.vaults[turn])
    }

    fn vault(&self, key: &KeyId) -> Result<&Arc<Vault>> {
        self.vaults.iter().find(|vault| vault.url() == key.vault).ok_or_else(|| {
            let message = format!(
                "the custodian {} is not configured for the vault {}; add it to `vaults`",
                self.name, key.vault
            );
            Error::new(Reason::CustodianUnavailable, message)
        })
    }

    /// The key that someone names by its URL, or by its name alone in the first vault.
    fn named(&self, key: &str) -> Option<KeyId> {
        KeyId::parse(key).or_else(|| KeyId::named(self.vaults.first()?.url(), key))
    }
}

#[async_trait]
impl Custodian for AzureCustodian {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    async fn generate(&self, wanted: Wanted, context: &[u8]) -> Result<NewMaterial> {
        if !self.capabilities.generates.contains(&wanted.spec) {
            return Err(make::not_made(wanted.spec));
        }
        make::generate(self.next(), wanted.spec, &self.store, context).await
    }

    async fn import(&self, wanted: Wanted, material: &[u8], context: &[u8]) -> Result<NewMaterial> {
        make::import(self.next(), wanted.spec, material, &self.store, context).await
    }

    async fn open(
        &self,
        spec: KeySpec,
        reference: &[u8],
        context: &[u8],
    ) -> Result<Arc<dyn KeyHandle>> {
        let Reference { key, whose } = Reference::read(reference)?;
        let altered = || {
            let message = "the store refers to a vault's key of another version: it was altered";
            Error::new(Reason::CustodianUnavailable, message)
        };
        if whose == Whose::Made && key.name != name_of(context)? {
            return Err(altered());
        }
        let vault = self.vault(&key)?;
        let public = jwk::public_of(spec, &vault.get_enabled(&key).await?)?;
        if public.as_ref().is_some_and(|public| public.spec() != spec) {
            return Err(altered());
        }
        let there = VaultKey { vault: Arc::clone(vault), key };
        Ok(Arc::new(RemoteKey::new(spec, public, there)))
    }

    async fn export(&self, _: KeySpec, _: &[u8], _: &[u8]) -> Result<Material> {
        let message = format!("keys of the custodian {} never leave their vault", self.name);
        Err(Error::new(Reason::UsageNotPermitted, message))
    }

    async fn destroy(&self, reference: &[u8]) -> Result<()> {
        let Reference { key, whose } = Reference::read(reference)?;
        if whose != Whose::Made {
            return Ok(());
        }
        self.destroyer.destroy(self.vault(&key)?, &key.name).await
    }

    /// Keys of others stay as they are.
    async fn set_enabled(&self, reference: &[u8], enabled: bool) -> Result<()> {
        let Reference { key, whose } = Reference::read(reference)?;
        if whose != Whose::Made {
            return Ok(());
        }
        self.vault(&key)?.set_enabled(&key, enabled).await
    }

    fn disables(&self) -> bool {
        true
    }

    fn gates(&self) -> &[Arc<Gate>] {
        &self.gates
    }

    async fn check(&self) -> Result<()> {
        let asked = join_all(self.vaults.iter().map(|vault| vault.check())).await;
        asked.into_iter().collect()
    }

    /// Vaults list keys without their versions: the references are those of keys as a whole.
    async fn held(&self) -> Result<Vec<Held>> {
        let mut held = Vec::new();
        for vault in &self.vaults {
            for found in vault.keys().await? {
                let tag = found.tags.as_ref().and_then(|tags| tags.get(STORE_TAG));
                let key = found.kid.as_deref().and_then(KeyId::parse);
                let ours = key.filter(|_| tag == Some(&self.store));
                let Some((key, context)) =
                    ours.and_then(|key| Some((key.clone(), context_of(&key.name)?.to_owned())))
                else {
                    continue;
                };
                let key = KeyId { vault: vault.url().to_owned(), version: None, ..key };
                let reference = Reference { key, whose: Whose::Made }.to_bytes();
                let enabled = found.attributes.is_none_or(|each| each.enabled != Some(false));
                let state = if enabled { HeldState::Whole } else { HeldState::Disabled };
                held.push(Held { context: context.into_bytes(), reference, state });
            }
        }
        Ok(held)
    }

    async fn adopt(&self, key: &str) -> Result<Adopted> {
        let found = self.named(key).ok_or_else(|| adopt::no_key(key))?;
        let vault = self.vault(&found).map_err(|error| {
            Error::new(Reason::InvalidArgument, error.message()).in_field("source")
        })?;
        if context_of(&found.name).is_some() {
            return Err(of_a_store(key));
        }
        adopt::adopt(vault, &found).await
    }

    async fn later(&self, source: &str, known: &[&[u8]]) -> Result<Option<Adopted>> {
        let key = self.named(source).ok_or_else(|| adopt::no_key(source))?;
        let known = known.iter().map(|it| Reference::read(it).map(|reference| reference.key));
        adopt::later(self.vault(&key)?, &key, &known.collect::<Result<Vec<_>>>()?).await
    }

    fn followed(&self, reference: &[u8]) -> Option<String> {
        let Reference { key, whose } = Reference::read(reference).ok()?;
        let whole = KeyId { version: None, ..key };
        (whose == Whose::Followed).then(|| whole.to_string())
    }

    /// Keys of others are theirs to take back.
    async fn is_recoverable(&self, reference: &[u8]) -> Result<bool> {
        let Reference { key, whose } = Reference::read(reference)?;
        if whose != Whose::Made {
            return Ok(false);
        }
        self.vault(&key)?.is_deleted(&key.name).await
    }

    async fn recover(&self, reference: &[u8]) -> Result<()> {
        let Reference { key, .. } = Reference::read(reference)?;
        destroy::recover(self.vault(&key)?, &key).await
    }

    /// A vault takes some seconds to delete a key and to take that back, and has it in no place meanwhile.
    fn settles_within(&self) -> Duration {
        Duration::from_secs(30)
    }

    async fn seal(&self, key: &str) -> Result<Box<dyn Seal>> {
        let refuse = |message: &str| {
            Error::new(Reason::Configuration, format!("seal.key: {message}")).in_field("seal.key")
        };
        let whole = self.named(key).filter(|key| key.version.is_none());
        let found = whole.ok_or_else(|| {
            refuse(
                "name the key by its URL without a version, such as \
                 https://NAME.vault.azure.net/keys/KEY, or by its name in the first of `vaults`",
            )
        })?;
        let vault = self.vault(&found).map_err(|error| refuse(error.message()))?;
        let id = custodian_seal(&self.name, key);
        Ok(Box::new(VaultSeal::open(id, Arc::clone(vault), found).await?))
    }
}
