//! Keys that KMS makes, or takes in.

use std::sync::Arc;

use aws_sdk_kms::types::{OriginType, Tag};
use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::Material;
use tokio::runtime::Handle;

use super::kms::Kms;
use super::names::{DESCRIPTION, STORE_TAG, VERSION_TAG, alias};
use super::reference::{Reference, Whose};
use super::{import, life, offer};
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
            if let Err(error) = life::destroy(&kms, &reference).await {
                let Reference { arn, .. } = reference;
                tracing::error!(
                    "the key {arn} is of no use and could not be destroyed; `supacrypt custodian \
                     reconcile` finds it: {error}"
                );
            }
        });
    }
}

/// Has KMS make a key, or take in one whose material is given.
///
/// # Errors
/// [`Reason::InvalidArgument`] for usages that are more than one purpose; those of KMS.
pub(super) async fn make(
    kms: &Arc<Kms>,
    wanted: Wanted,
    context: &[u8],
    material: Option<Material>,
) -> Result<NewMaterial> {
    let context = str::from_utf8(context)
        .map_err(|_| Error::new(Reason::Internal, "a key version has an id that is no text"))?;
    // A task of its own: when nobody waits any more, the key has to become known all the same.
    let (kms, context) = (Arc::clone(kms), context.to_owned());
    let making = tokio::spawn(async move {
        let mut made = create(&kms, wanted, &context, material.is_some()).await?;
        name(&kms, &made.reference.arn, &context).await?;
        if let Some(material) = material {
            import::bring(&kms, &made.reference.arn, wanted.spec, &material).await?;
        }
        if wanted.spec.is_asymmetric() {
            let request = || kms.client.get_public_key().key_id(&made.reference.arn).send();
            let answer = kms.ask_of_new(request).await?;
            let public = life::read(&kms, wanted.spec, answer.public_key)?;
            made.public_key = Some(public.spki_der().to_vec());
        }
        Ok::<_, Error>(made)
    });
    let made =
        making.await.map_err(|_| Error::new(Reason::Internal, "making a key was interrupted"))?;
    Ok(made?.claim())
}

/// A key with its tags; without material when that is still to come.
async fn create(kms: &Arc<Kms>, wanted: Wanted, context: &str, empty: bool) -> Result<Unclaimed> {
    let Wanted { spec, usages, .. } = wanted;
    let (key_spec, purpose) = (offer::kms_spec(spec)?, offer::purpose(spec, usages)?);
    let origin = if empty { OriginType::External } else { OriginType::AwsKms };
    let tags = vec![tag(STORE_TAG, kms.store())?, tag(VERSION_TAG, context)?];
    let request = || {
        let request = kms.client.create_key().key_spec(key_spec.clone());
        let request = request.key_usage(purpose.clone()).origin(origin.clone());
        request.description(DESCRIPTION).set_tags(Some(tags.clone())).send()
    };
    let made = kms.ask_once(request).await?.key_metadata;
    let arn = made.and_then(|key| key.arn).ok_or_else(|| kms.half_answer())?;
    let reference = Reference { whose: Whose::Made(context.to_owned()), arn };
    Ok(Unclaimed { kms: Arc::clone(kms), reference, public_key: None, claimed: false })
}

fn tag(key: &str, value: &str) -> Result<Tag> {
    let tag = Tag::builder().tag_key(key).tag_value(value).build();
    tag.map_err(|cause| Error::new(Reason::Internal, format!("a key could not be tagged: {cause}")))
}

/// Gives a new key its alias.
async fn name(kms: &Kms, arn: &str, context: &str) -> Result<()> {
    let alias = alias(kms.store(), context);
    let request = || kms.client.create_alias().alias_name(&alias).target_key_id(arn).send();
    match kms.ask_of_new(request).await {
        // By an earlier attempt whose answer was lost: no other key has the id of this version.
        Err(error) if error.reason() == Reason::AlreadyExists => Ok(()),
        named => named.map(drop),
    }
}
