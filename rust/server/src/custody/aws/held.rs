//! The keys of this store, whether the store knows them or not.

use std::collections::HashSet;

use aws_sdk_kms::types::{AliasListEntry, KeyListEntry, KeyState, Tag};
use futures_util::{StreamExt, TryStreamExt, stream};
use supacrypt_core::Result;

use super::kms::Kms;
use super::life;
use super::names::{STORE_TAG, VERSION_TAG, prefix};
use super::reference::{Reference, Whose};
use crate::custody::{Held, HeldState};

/// Most of each in one answer (API reference, `ListAliases`, `ListKeys`, `ListResourceTags`).
const ALIASES: i32 = 100;
const KEYS: i32 = 1000;
const TAGS: i32 = 50;

/// How many keys are looked at together.
const TOGETHER: usize = 8;

/// All of them that are not about to be deleted: those with an alias of the store's, and among those that
/// have no alias at all the ones with its tags. A key has no alias for a moment after it is made, and for
/// good when the server ended in that moment.
///
/// # Errors
/// Those of KMS.
pub(super) async fn held(kms: &Kms) -> Result<Vec<Held>> {
    let prefix = prefix(kms.store());
    let mut ours = Vec::new();
    let mut named = HashSet::new();
    for alias in aliases(kms).await? {
        let Some(key) = alias.target_key_id else { continue };
        if let (Some(name), Some(arn)) = (alias.alias_name, alias.alias_arn)
            && let (Some(context), Some((place, _))) =
                (name.strip_prefix(&prefix), arn.split_once(":alias/"))
        {
            let whose = Whose::Made(context.to_owned());
            ours.push(Reference { whose, arn: format!("{place}:key/{key}") });
        }
        named.insert(key);
    }
    let unnamed = keys(kms).await?.into_iter().filter_map(|key| {
        let is_named = key.key_id.is_none_or(|id| named.contains(&id));
        key.key_arn.filter(|_| !is_named)
    });
    let unnamed = stream::iter(unnamed).map(|arn| tagged(kms, arn)).buffer_unordered(TOGETHER);
    let unnamed: Vec<Option<Reference>> = unnamed.try_collect().await?;
    ours.extend(unnamed.into_iter().flatten());
    let held = stream::iter(ours).map(|key| described(kms, key)).buffer_unordered(TOGETHER);
    let held: Vec<Option<Held>> = held.try_collect().await?;
    Ok(held.into_iter().flatten().collect())
}

/// The key, if it has the tags of this store.
async fn tagged(kms: &Kms, arn: String) -> Result<Option<Reference>> {
    let request = || kms.client.list_resource_tags().key_id(&arn).limit(TAGS).send();
    let tags = kms.ask(request).await?.tags.unwrap_or_default();
    let value = |key| tags.iter().find(|tag| tag.tag_key() == key).map(Tag::tag_value);
    let context = value(VERSION_TAG).filter(|_| value(STORE_TAG) == Some(kms.store()));
    let whose = context.map(|context| Whose::Made(context.to_owned()));
    Ok(whose.map(|whose| Reference { whose, arn: arn.clone() }))
}

/// How a key is, if it stays.
async fn described(kms: &Kms, key: Reference) -> Result<Option<Held>> {
    let state = match life::state(kms, &key.arn).await? {
        Some(KeyState::Enabled) => HeldState::Whole,
        Some(KeyState::Disabled) => HeldState::Disabled,
        None | Some(KeyState::PendingDeletion) => return Ok(None),
        _ => HeldState::Partial,
    };
    let reference = key.to_bytes();
    let Whose::Made(context) = key.whose else { return Ok(None) };
    Ok(Some(Held { context: context.into_bytes(), reference, state }))
}

async fn aliases(kms: &Kms) -> Result<Vec<AliasListEntry>> {
    let (mut all, mut marker) = (Vec::new(), None);
    loop {
        let request = || kms.client.list_aliases().limit(ALIASES).set_marker(marker.clone()).send();
        let page = kms.ask(request).await?;
        all.extend(page.aliases.unwrap_or_default());
        marker = page.next_marker.filter(|_| page.truncated);
        if marker.is_none() {
            return Ok(all);
        }
    }
}

async fn keys(kms: &Kms) -> Result<Vec<KeyListEntry>> {
    let (mut all, mut marker) = (Vec::new(), None);
    loop {
        let request = || kms.client.list_keys().limit(KEYS).set_marker(marker.clone()).send();
        let page = kms.ask(request).await?;
        all.extend(page.keys.unwrap_or_default());
        marker = page.next_marker.filter(|_| page.truncated);
        if marker.is_none() {
            return Ok(all);
        }
    }
}
