//! The AWS custodian: keys that the Key Management Service of AWS makes, keeps and uses.
//!
//! What is secret never comes into this process. What needs no secret, verifying and encrypting with a
//! public key, is computed here.

mod adopt;
mod algorithm;
mod call;
mod connect;
mod ecdsa;
mod fault;
mod handle;
mod held;
mod import;
mod kms;
mod life;
mod make;
mod names;
mod offer;
mod reference;
mod seal;

/// What is offered, whatever the region.
#[cfg(test)]
pub(super) use offer::capabilities;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use supacrypt_core::{Capabilities, Error, KeySpec, KeyUsages, Reason, Result};
use supacrypt_crypto::Material;

use self::handle::KmsKey;
use self::kms::Kms;
use self::reference::{Reference, Whose};
use self::seal::KmsSeal;
use super::gate::Gate;
use super::remote::RemoteKey;
use super::{Adopted, Custodian, Held, KeyHandle, NewMaterial, Opening, Wanted};
use crate::config::AwsSettings;
use crate::seal::Seal;

/// Keeps keys in KMS: one there for each version here, in one account and region.
pub struct AwsCustodian {
    name: String,
    kms: Arc<Kms>,
    capabilities: Capabilities,
}

impl AwsCustodian {
    /// Finds out where credentials are. KMS is not asked for anything yet.
    ///
    /// # Errors
    /// [`Reason::Configuration`].
    pub async fn open(opening: Opening<'_>, settings: &AwsSettings) -> Result<AwsCustodian> {
        let kms = Arc::new(Kms::open(opening, settings).await?);
        let (name, capabilities) = (opening.name.to_owned(), offer::capabilities());
        Ok(AwsCustodian { name, kms, capabilities })
    }
}

#[async_trait]
impl Custodian for AwsCustodian {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn usual_usages(&self, spec: KeySpec) -> KeyUsages {
        offer::usual_usages(spec)
    }

    async fn generate(&self, wanted: Wanted, context: &[u8]) -> Result<NewMaterial> {
        make::make(&self.kms, wanted, context, None).await
    }

    async fn import(&self, wanted: Wanted, material: &[u8], context: &[u8]) -> Result<NewMaterial> {
        let material = import::read(wanted.spec, material)?;
        make::make(&self.kms, wanted, context, Some(material)).await
    }

    async fn open(
        &self,
        spec: KeySpec,
        reference: &[u8],
        context: &[u8],
    ) -> Result<Arc<dyn KeyHandle>> {
        let reference = Reference::read(reference)?;
        if matches!(&reference.whose, Whose::Made(as_what) if as_what.as_bytes() != context) {
            return Err(Error::new(
                Reason::CustodianUnavailable,
                "the store refers to the key of another version: it was altered",
            ));
        }
        let public = match spec.is_asymmetric() {
            true => Some(life::public_key(&self.kms, spec, &reference.arn).await?),
            false => None,
        };
        let there = KmsKey { kms: Arc::clone(&self.kms), arn: reference.arn };
        Ok(Arc::new(RemoteKey::new(spec, public, there)))
    }

    async fn inspect(&self, spec: KeySpec, reference: &[u8], context: &[u8]) -> Result<()> {
        life::inspect(&self.kms, &Reference::read(reference)?.arn).await?;
        self.open(spec, reference, context).await.map(drop)
    }

    async fn export(&self, _: KeySpec, _: &[u8], _: &[u8]) -> Result<Material> {
        let message = format!("keys of the custodian {} never leave KMS", self.name);
        Err(Error::new(Reason::UsageNotPermitted, message))
    }

    async fn destroy(&self, reference: &[u8]) -> Result<()> {
        life::destroy(&self.kms, &Reference::read(reference)?).await
    }

    async fn set_enabled(&self, reference: &[u8], enabled: bool) -> Result<()> {
        life::set_enabled(&self.kms, &Reference::read(reference)?, enabled).await
    }

    fn disables(&self) -> bool {
        true
    }

    fn gates(&self) -> &[Arc<Gate>] {
        self.kms.gates()
    }

    async fn check(&self) -> Result<()> {
        self.kms.ask(|| self.kms.client.list_keys().limit(1).send()).await.map(drop)
    }

    async fn held(&self) -> Result<Vec<Held>> {
        held::held(&self.kms).await
    }

    async fn adopt(&self, key: &str) -> Result<Adopted> {
        adopt::adopt(&self.kms, key).await
    }

    fn settles_within(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn followed(&self, reference: &[u8]) -> Option<String> {
        match Reference::read(reference).ok()?.whose {
            Whose::Followed(alias) => Some(alias),
            _ => None,
        }
    }

    async fn is_recoverable(&self, reference: &[u8]) -> Result<bool> {
        life::is_recoverable(&self.kms, &Reference::read(reference)?).await
    }

    async fn recover(&self, reference: &[u8]) -> Result<()> {
        life::recover(&self.kms, &Reference::read(reference)?).await
    }

    async fn seal(&self, key: &str) -> Result<Box<dyn Seal>> {
        Ok(Box::new(KmsSeal::open(Arc::clone(&self.kms), key).await?))
    }
}
