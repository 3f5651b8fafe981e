//! Custodians: what holds key material and computes with it.
//!
//! The rest of the server knows keys by an opaque reference and a [`KeyHandle`]. Whether the
//! material lies in this process or in a service somewhere else is the custodian's business.

mod aws;
mod azure;
mod breaker;
mod ecdsa;
mod gate;
#[cfg(test)]
mod offers;
mod operation;
mod parts;
mod pkcs11;
mod public;
mod registry;
mod remote;
mod software;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use supacrypt_core::{Capabilities, Error, KeySpec, KeyUsages, Reason, Result};
use supacrypt_crypto::Material;

use crate::seal::Seal;
use crate::telemetry::CustodianMetrics;

pub use aws::AwsCustodian;
pub use azure::AzureCustodian;
pub use gate::{Gate, GateStatus};
pub use operation::{BoxFuture, CryptoOutput, CryptoRequest, KeyHandle, Weight};
pub use pkcs11::Pkcs11Custodian;
use public::PublicKeys;
pub(crate) use registry::PUBLIC;
pub use registry::{Custodians, SOFTWARE};
pub use software::SoftwareCustodian;
pub(crate) use software::software_context;

/// Holds key material.
#[async_trait]
pub trait Custodian: Send + Sync {
    /// The name that keyrings choose it by and key versions are stored with, such as `software`.
    fn name(&self) -> &str;

    /// What it offers, for as long as the server runs; nothing while it is not known.
    fn capabilities(&self) -> &Capabilities;

    /// Finds out what it offers, where it was away at the start.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`](supacrypt_core::Reason::CustodianUnavailable) while it is.
    async fn ready(&self) -> Result<()> {
        Ok(())
    }

    /// What a key that is made here may do when its maker does not say. For one whose keys have a single
    /// purpose: that.
    fn usual_usages(&self, spec: KeySpec) -> KeyUsages {
        spec.usual_usages()
    }

    /// Makes a key. `context` names the key version for good; a custodian that hands out sealed
    /// material binds it to this name.
    ///
    /// # Errors
    /// [`Reason::AlgorithmNotSupported`](supacrypt_core::Reason::AlgorithmNotSupported),
    /// [`Reason::CustodianUnavailable`](supacrypt_core::Reason::CustodianUnavailable),
    /// [`Reason::InvalidArgument`] for usages that no key here has together.
    async fn generate(&self, wanted: Wanted, context: &[u8]) -> Result<NewMaterial>;

    /// Takes in a key that exists elsewhere: DER PKCS#8 for key pairs, the bytes for secrets.
    ///
    /// # Errors
    /// As [`generate`](Self::generate), and
    /// [`Reason::InvalidKeyMaterial`](supacrypt_core::Reason::InvalidKeyMaterial).
    async fn import(&self, wanted: Wanted, material: &[u8], context: &[u8]) -> Result<NewMaterial>;

    /// Makes a key ready for use. The `reference` is one this custodian gave out for `context`.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`](supacrypt_core::Reason::CustodianUnavailable),
    /// [`Reason::SealUnavailable`](supacrypt_core::Reason::SealUnavailable).
    async fn open(
        &self,
        spec: KeySpec,
        reference: &[u8],
        context: &[u8],
    ) -> Result<Arc<dyn KeyHandle>>;

    /// Looks whether a key can be used, as well as that can be known without using it.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`Reason::KeyVersionDisabled`].
    async fn inspect(&self, spec: KeySpec, reference: &[u8], context: &[u8]) -> Result<()> {
        self.open(spec, reference, context).await.map(drop)
    }

    /// Gives out the material as [`import`](Self::import) takes it in. Whether it may leave is not the
    /// custodian's to say.
    ///
    /// # Errors
    /// As [`open`](Self::open), and
    /// [`Reason::UsageNotPermitted`](supacrypt_core::Reason::UsageNotPermitted) where it cannot.
    async fn export(&self, spec: KeySpec, reference: &[u8], context: &[u8]) -> Result<Material>;

    /// Erases the material outside the server's own store. Erasing twice is no error.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`](supacrypt_core::Reason::CustodianUnavailable).
    async fn destroy(&self, reference: &[u8]) -> Result<()>;

    /// Whether [`set_enabled`](Self::set_enabled) does anything.
    fn disables(&self) -> bool {
        false
    }

    /// Has the custodian itself refuse, or no longer refuse, to use the material. The server refuses on
    /// its own; this is for those who reach the custodian by another way.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    async fn set_enabled(&self, reference: &[u8], enabled: bool) -> Result<()> {
        let _ = (reference, enabled);
        Ok(())
    }

    /// The ways to its endpoints. One that is in this process has none.
    fn gates(&self) -> &[Arc<Gate>] {
        &[]
    }

    /// Asks its endpoints whether they answer.
    ///
    /// # Errors
    /// Those of the first that does not.
    async fn check(&self) -> Result<()> {
        Ok(())
    }

    /// All that it made or took in for this store and has not destroyed, whether the store knows it or
    /// not. Nothing for one whose references are the material.
    ///
    /// The references are good for [`destroy`](Self::destroy), and need not be good for anything else or
    /// equal those that were given out: what is held is compared by its context.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    async fn held(&self) -> Result<Vec<Held>> {
        Ok(Vec::new())
    }

    /// Finds a key that others made there, by the name that the custodian has for it. Destroying such a
    /// key later leaves it where it is.
    ///
    /// # Errors
    /// [`Reason::KeyNotFound`], [`Reason::KeyVersionDisabled`],
    /// [`Reason::AlgorithmNotSupported`] for a kind of keys that does not serve,
    /// [`Reason::InvalidArgument`] for a custodian that has no keys of others, and for a key that it made for a
    /// store, of whatever server.
    async fn adopt(&self, key: &str) -> Result<Adopted> {
        let message = format!("the custodian {} has no key {key:?} to adopt", self.name());
        Err(Error::new(Reason::InvalidArgument, message).in_field("source"))
    }

    /// What a key was adopted by, if versions that others make of it later are to be followed.
    fn followed(&self, reference: &[u8]) -> Option<String> {
        let _ = reference;
        None
    }

    /// The versions of `source` that can be used and are later there than all of those that were adopted
    /// before by `known` references; `None` where there are none.
    ///
    /// # Errors
    /// As [`adopt`](Self::adopt).
    async fn later(&self, source: &str, known: &[&[u8]]) -> Result<Option<Adopted>> {
        let found = self.adopt(source).await?;
        let is_known = |it: &NewMaterial| known.contains(&it.reference.as_slice());
        Ok((!found.versions.iter().any(is_known)).then_some(found))
    }

    /// Whether a key that it does not have any more can be had back: where it keeps for a while what
    /// others deleted there.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    async fn is_recoverable(&self, reference: &[u8]) -> Result<bool> {
        let _ = reference;
        Ok(false)
    }

    /// Takes back what others did to delete a key, and waits until that shows. It may be disabled afterwards.
    ///
    /// # Errors
    /// As [`check`](Self::check), and [`Reason::KeyVersionDestroyed`] where it is gone for good.
    async fn recover(&self, reference: &[u8]) -> Result<()> {
        let _ = reference;
        let message = format!("the custodian {} keeps nothing that was deleted", self.name());
        Err(Error::new(Reason::KeyVersionDestroyed, message))
    }

    /// After which time what others do there is sure to show.
    fn settles_within(&self) -> Duration {
        Duration::ZERO
    }

    /// A seal by one of its keys, which others made there for this.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when the key does not serve.
    async fn seal(&self, key: &str) -> Result<Box<dyn Seal>> {
        let message = format!("the custodian {} cannot seal a store by {key:?}", self.name());
        Err(Error::new(Reason::Configuration, message).in_field("seal.custodian"))
    }
}

/// Refuses to adopt what a store made: it has a key for it already, with usages and states of its own.
fn of_a_store(source: &str) -> Error {
    let message = format!(
        "{source:?} was made for a store, whose rules for it would be passed by; use the key that it \
         already is"
    );
    Error::new(Reason::InvalidArgument, message).in_field("source")
}

/// What a custodian is opened with, beside its own settings.
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// The name that keyrings choose it by.
    pub name: &'a str,
    /// What tells the keys of this store from those of others at the same custodian: lower-case letters
    /// and digits.
    pub store: &'a str,
    /// Where its calls are counted.
    pub metrics: &'a CustodianMetrics,
}

/// A key that a custodian shall make or take in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it is.
    pub spec: KeySpec,
    /// What it will be asked to do.
    pub usages: KeyUsages,
    /// Length of the secret in bytes, for a spec that leaves it open; the usual one when `None`.
    pub secret_length: Option<u32>,
}

impl Wanted {
    /// A key for what is usual.
    pub const fn usual(spec: KeySpec) -> Wanted {
        Wanted { spec, usages: spec.usual_usages(), secret_length: None }
    }
}

/// What a custodian gives for a new key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMaterial {
    /// How the custodian finds the key again. Opaque, and safe to store.
    pub reference: Vec<u8>,
    /// DER `SubjectPublicKeyInfo`; `None` for a secret key.
    pub public_key: Option<Vec<u8>>,
}

/// Something that a custodian holds for this store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What it was made or taken in as: the id of a key version.
    pub context: Vec<u8>,
    /// How the custodian finds it, to destroy it.
    pub reference: Vec<u8>,
    /// How it is.
    pub state: HeldState,
}

/// How something is that a custodian holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldState {
    /// It can be used.
    Whole,
    /// The custodian does not use it until it is enabled there.
    Disabled,
    /// It is what is left of a key that was being made or destroyed.
    Partial,
}

/// A key that others made at a custodian.
pub struct Adopted {
    /// What it is.
    pub spec: KeySpec,
    /// All that it can be used for there.
    pub usages: KeyUsages,
    /// Its versions, oldest first; one or more.
    pub versions: Vec<NewMaterial>,
}
