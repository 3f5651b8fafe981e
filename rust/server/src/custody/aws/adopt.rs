//! Keys that others made in KMS.

use aws_sdk_kms::types::{KeyMetadata, KeySpec as KmsSpec, KeyState};
use supacrypt_core::{Error, Reason, Result};

use super::kms::Kms;
use super::names::DESCRIPTION;
use super::reference::{Reference, Whose, is_alias};
use super::{life, offer};
use crate::custody::{Adopted, NewMaterial, of_a_store};

/// The key that KMS knows by an ARN, an id or an alias. What an alias means is asked here and not at each
/// use.
///
/// # Errors
/// [`Reason::KeyNotFound`], [`Reason::AlgorithmNotSupported`], [`Reason::KeyVersionDisabled`], and others
/// of KMS.
pub(super) async fn adopt(kms: &Kms, key: &str) -> Result<Adopted> {
    let found = describe(kms, key).await?;
    if found.description.as_deref() == Some(DESCRIPTION) {
        return Err(of_a_store(key));
    }
    let arn = found.arn.ok_or_else(|| kms.half_answer())?;
    let spec = found.key_spec.as_ref().and_then(offer::our_spec);
    let usages = found.key_usage.as_ref().and_then(offer::usages);
    let (Some(spec), Some(usages)) = (spec, usages) else {
        let kind = found.key_spec.as_ref().map_or("?", KmsSpec::as_str);
        let message = format!(
            "the key {key:?} of the custodian {} is of the kind {kind}, which is of no use here; a \
             symmetric one can seal the store",
            kms.custodian()
        );
        return Err(Error::new(Reason::AlgorithmNotSupported, message).in_field("source"));
    };
    let public_key = match spec.is_asymmetric() {
        true => Some(life::public_key(kms, spec, &arn).await?.spki_der().to_vec()),
        false => None,
    };
    let whose = if is_alias(key) { Whose::Followed(key.to_owned()) } else { Whose::Adopted };
    let reference = Reference { whose, arn }.to_bytes();
    Ok(Adopted { spec, usages, versions: vec![NewMaterial { reference, public_key }] })
}

/// What KMS tells of a key that is in use.
///
/// # Errors
/// As [`adopt`].
pub(super) async fn describe(kms: &Kms, key: &str) -> Result<KeyMetadata> {
    let asked = kms.ask(|| kms.client.describe_key().key_id(key).send()).await;
    let found = match asked {
        Err(error) if error.reason() == Reason::KeyVersionDestroyed => {
            return Err(missing(kms, key));
        }
        answer => answer?.key_metadata.ok_or_else(|| kms.half_answer())?,
    };
    match &found.key_state {
        Some(KeyState::Enabled) => Ok(found),
        Some(KeyState::PendingDeletion) => Err(missing(kms, key)),
        state => {
            let state = state.as_ref().map_or("unknown", KeyState::as_str);
            let message = format!(
                "the key {key:?} of the custodian {} cannot be used in its state, {state}; enable it \
                 there",
                kms.custodian()
            );
            Err(Error::new(Reason::KeyVersionDisabled, message).in_field("source"))
        }
    }
}

fn missing(kms: &Kms, key: &str) -> Error {
    let message = format!(
        "the custodian {} has no key {key:?}, or is about to delete it; name one by its ARN, its id or \
         alias/NAME",
        kms.custodian()
    );
    Error::new(Reason::KeyNotFound, message).in_field("source")
}
