//! What becomes of a key that is there.

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::KeyState;
use supacrypt_core::{Error, KeySpec, Reason, Result};
use supacrypt_crypto::PublicKey;

use super::kms::Kms;
use super::names::alias;
use super::reference::{Reference, Whose};

/// The public half of a key.
///
/// # Errors
/// [`Reason::KeyVersionDestroyed`], and others of KMS.
pub(super) async fn public_key(kms: &Kms, spec: KeySpec, arn: &str) -> Result<PublicKey> {
    let request = || kms.client.get_public_key().key_id(arn).send();
    let answer = kms.ask(request).await?;
    read(kms, spec, answer.public_key)
}

/// The public half of a kind of keys, of an answer.
///
/// # Errors
/// [`Reason::CustodianUnavailable`] when it is of another kind.
pub(super) fn read(kms: &Kms, spec: KeySpec, der: Option<Blob>) -> Result<PublicKey> {
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
    let Reference { whose: Whose::Made(context), arn } = reference else { return Ok(()) };
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

/// How a key is; `None` for one that is gone.
///
/// # Errors
/// Those of KMS.
pub(super) async fn state(kms: &Kms, arn: &str) -> Result<Option<KeyState>> {
    match kms.ask(|| kms.client.describe_key().key_id(arn).send()).await {
        Ok(found) => {
            let state = found.key_metadata.and_then(|key| key.key_state);
            state.map(Some).ok_or_else(|| kms.half_answer())
        }
        Err(error) if error.reason() == Reason::KeyVersionDestroyed => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks whether a key is used by KMS. Its public half is given out of one that is disabled, too.
///
/// # Errors
/// [`Reason::KeyVersionDisabled`], [`Reason::KeyVersionDestroyed`], and others of KMS.
pub(super) async fn inspect(kms: &Kms, arn: &str) -> Result<()> {
    let state = state(kms, arn).await?;
    let (reason, what) = match &state {
        Some(KeyState::Enabled) => return Ok(()),
        Some(KeyState::Disabled) => (Reason::KeyVersionDisabled, "has the key disabled"),
        None | Some(KeyState::PendingDeletion) => {
            (Reason::KeyVersionDestroyed, "does not have the key, or is about to delete it")
        }
        Some(_) => (Reason::CustodianUnavailable, "does not use the key in its state"),
    };
    let state = state.as_ref().map_or("gone", KeyState::as_str);
    Err(Error::new(reason, format!("the custodian {} {what} ({state})", kms.custodian())))
}

/// Whether KMS waits to delete a key that was made for this store.
///
/// # Errors
/// Those of KMS.
pub(super) async fn is_recoverable(kms: &Kms, reference: &Reference) -> Result<bool> {
    let Reference { whose: Whose::Made(_), arn } = reference else { return Ok(false) };
    Ok(state(kms, arn).await? == Some(KeyState::PendingDeletion))
}

/// Has KMS not delete a key, which is disabled then.
///
/// # Errors
/// Those of KMS.
pub(super) async fn recover(kms: &Kms, reference: &Reference) -> Result<()> {
    let arn = &reference.arn;
    kms.ask(|| kms.client.cancel_key_deletion().key_id(arn).send()).await.map(drop)
}

/// Has KMS itself refuse, or no longer refuse, to use a key. One that others made stays as it is.
///
/// # Errors
/// Those of KMS.
pub(super) async fn set_enabled(kms: &Kms, reference: &Reference, enabled: bool) -> Result<()> {
    let Reference { whose: Whose::Made(_), arn } = reference else { return Ok(()) };
    match enabled {
        true => kms.ask(|| kms.client.enable_key().key_id(arn).send()).await.map(drop),
        false => kms.ask(|| kms.client.disable_key().key_id(arn).send()).await.map(drop),
    }
}
