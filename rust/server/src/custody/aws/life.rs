//! From making a key to destroying it.

use std::sync::Arc;

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::Tag;
use supacrypt_core::{Error, KeySpec, Reason, Result};
use supacrypt_crypto::PublicKey;
use tokio::runtime::Handle;

use super::kms::Kms;
use super::names::{STORE_TAG, VERSION_TAG, alias};
use super::offer;
use super::reference::Reference;
use crate::custody::{NewMaterial, Wanted};

/// A key that is made for someone who has not got it yet. When they do not, it is destroyed: what comes
/// after making it may have failed, and whoever asked may have gone.
struct Unclaimed {
    kms: Arc<Kms>,
    reference: Reference,
    public_key: Option<Vec<u8>>,
    claimed: bool,
}

impl Unclaimed {
    /// Hands it over.
    fn claim(mut self) -> NewMaterial {
        self.claimed = true;
        NewMaterial { reference: self.reference.to_bytes(), public_key: self.public_key.take() }
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        // When the process ends there is nobody to do it, and the key is among those that are held.
        let Ok(runtime) = Handle::try_current() else { return };
        if self.claimed {
            return;
        }
        let (kms, reference) = (Arc::clone(&self.kms), self.reference.clone());
        runtime.spawn(async move {
            if let Err(error) = destroy(&kms, &reference).await {
                let Reference { arn, .. } = reference;
                tracing::error!(
                    "the key {arn} is of no use and could not be destroyed; `supacrypt custodian \
                     reconcile` finds it: {error}"
                );
            }
        });
    }
}

/// Has KMS make a key.
///
/// # Errors
/// [`Reason::InvalidArgument`] for usages that are more than one purpose; those of KMS.
pub(super) async fn generate(
    kms: &Arc<Kms>,
    wanted: Wanted,
    context: &[u8],
) -> Result<NewMaterial> {
    let context = str::from_utf8(context)
        .map_err(|_| Error::new(Reason::Internal, "a key version has an id that is no text"))?;
    // A task of its own: when nobody waits any more, the key has to become known all the same.
    let making = tokio::spawn(make(Arc::clone(kms), wanted, context.to_owned()));
    let made =
        making.await.map_err(|_| Error::new(Reason::Internal, "making a key was interrupted"))?;
    Ok(made?.claim())
}

async fn make(kms: Arc<Kms>, wanted: Wanted, context: String) -> Result<Unclaimed> {
    let Wanted { spec, usages, .. } = wanted;
    let (key_spec, purpose) = (offer::kms_spec(spec)?, offer::purpose(spec, usages)?);
    let tags = [(STORE_TAG, kms.store()), (VERSION_TAG, &context)].map(|(key, value)| {
        Tag::builder().tag_key(key).tag_value(value).build().map_err(|cause| {
            Error::new(Reason::Internal, format!("a key could not be tagged: {cause}"))
        })
    });
    let [store, version] = tags;
    let (store, version) = (store?, version?);
    let request = || {
        let request = kms.client.create_key().key_spec(key_spec.clone());
        let request = request.key_usage(purpose.clone()).description("made by supacrypt");
        request.tags(store.clone()).tags(version.clone()).send()
    };
    let metadata = kms.ask_once(request).await?.key_metadata;
    let arn = metadata.and_then(|key| key.arn).ok_or_else(|| kms.half_answer())?;
    let reference = Reference { context: Some(context.clone()), arn };
    let mut made = Unclaimed { kms: Arc::clone(&kms), reference, public_key: None, claimed: false };
    let arn = &made.reference.arn;
    let alias = alias(kms.store(), &context);
    let named = || kms.client.create_alias().alias_name(&alias).target_key_id(arn).send();
    match kms.ask_of_new(named).await {
        // By an earlier attempt whose answer was lost: no other key has the id of this version.
        Err(error) if error.reason() == Reason::AlreadyExists => {}
        named => drop(named?),
    }
    if spec.is_asymmetric() {
        let request = || kms.client.get_public_key().key_id(arn).send();
        let answer = kms.ask_of_new(request).await?;
        made.public_key = Some(read(&kms, spec, answer.public_key)?.spki_der().to_vec());
    }
    Ok(made)
}

/// The public half of a key.
///
/// # Errors
/// [`Reason::KeyVersionDestroyed`], and others of KMS.
pub(super) async fn public_key(kms: &Kms, spec: KeySpec, arn: &str) -> Result<PublicKey> {
    let request = || kms.client.get_public_key().key_id(arn).send();
    let answer = kms.ask(request).await?;
    read(kms, spec, answer.public_key)
}

fn read(kms: &Kms, spec: KeySpec, der: Option<Blob>) -> Result<PublicKey> {
    let key = PublicKey::from_spki_der(der.ok_or_else(|| kms.half_answer())?.as_ref())?;
    if key.spec() == spec {
        return Ok(key);
    }
    let message = format!(
        "the custodian {} gave a key of type {} for one of type {spec}; the store was altered, or \
         belongs to another account",
        kms.custodian(),
        key.spec()
    );
    Err(Error::new(Reason::CustodianUnavailable, message))
}

/// Has KMS delete a key, as soon as it does. One that others made stays.
///
/// # Errors
/// Those of KMS.
pub(super) async fn destroy(kms: &Kms, reference: &Reference) -> Result<()> {
    let Reference { context: Some(context), arn } = reference else { return Ok(()) };
    let request = || {
        let request = kms.client.schedule_key_deletion().key_id(arn);
        request.pending_window_in_days(kms.deletion_window).send()
    };
    gone_is_fine(kms.ask(request).await)?;
    let alias = alias(kms.store(), context);
    gone_is_fine(kms.ask(|| kms.client.delete_alias().alias_name(&alias).send()).await)
}

fn gone_is_fine<T>(outcome: Result<T>) -> Result<()> {
    match outcome {
        Err(error) if error.reason() != Reason::KeyVersionDestroyed => Err(error),
        _ => Ok(()),
    }
}

/// Has KMS itself refuse, or no longer refuse, to use a key. One that others made stays as it is.
///
/// # Errors
/// Those of KMS.
pub(super) async fn set_enabled(kms: &Kms, reference: &Reference, enabled: bool) -> Result<()> {
    let Reference { context: Some(_), arn } = reference else { return Ok(()) };
    match enabled {
        true => kms.ask(|| kms.client.enable_key().key_id(arn).send()).await.map(drop),
        false => kms.ask(|| kms.client.disable_key().key_id(arn).send()).await.map(drop),
    }
}
