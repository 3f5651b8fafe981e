//! `supacrypt key update`, `key delete` and `key undelete`.

use supacrypt_core::{Error, Reason, Result};
use supacrypt_proto::v1;

use super::{
    attributes::ChangedAttributes,
    new_key::{Annotation, to_map},
    show,
};
use crate::{confirm::confirm, context::Context, hex_bytes::Hex, names::KeyRef};

/// Change what is known of a key; its material stays
#[derive(clap::Args)]
pub(crate) struct Update {
    /// The key
    key: KeyRef,
    /// The new label
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// The new object id
    #[arg(long, value_name = "HEX")]
    object_id: Option<Hex>,
    /// The new annotations, in place of all it has; may be given several times
    #[arg(long = "annotation", value_name = "NAME=VALUE")]
    annotations: Vec<Annotation>,
    /// The version that new operations are to use
    #[arg(long, value_name = "N")]
    primary: Option<u32>,
    #[command(flatten)]
    attributes: ChangedAttributes,
}

impl Update {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.key(api.default_keyring())?.to_string();
        let paths: Vec<String> = [
            ("label", self.label.is_some()),
            ("object_id", self.object_id.is_some()),
            ("annotations", !self.annotations.is_empty()),
            ("primary_version", self.primary.is_some()),
        ]
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(field, _)| field)
        .chain(self.attributes.fields())
        .map(str::to_owned)
        .collect();
        if paths.is_empty() {
            let message = "nothing to change; `supacrypt key update --help` lists what can be";
            return Err(Error::new(Reason::InvalidArgument, message));
        }
        let key = v1::Key {
            name,
            label: self.label.unwrap_or_default(),
            object_id: self.object_id.map_or_else(Vec::new, |id| id.0),
            annotations: to_map(self.annotations),
            primary_version: self.primary.unwrap_or_default(),
            ..v1::Key::default()
        };
        let key = self.attributes.apply(key);
        let update_mask = Some(prost_types::FieldMask { paths });
        show(context, api.update_key(v1::UpdateKeyRequest { key: Some(key), update_mask })?)
    }
}

/// Delete a key; it can be taken back until its recovery window ends
#[derive(clap::Args)]
pub(crate) struct Delete {
    /// The key
    key: KeyRef,
    /// How long it can be taken back; 0 destroys the material at once
    #[arg(long, value_name = "DAYS", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(0..=90))]
    recovery_days: u32,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

impl Delete {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.key(api.default_keyring())?.to_string();
        let how = match self.recovery_days {
            0 => "for good".to_owned(),
            days => format!("with {days} days to take it back"),
        };
        confirm(&format!("Delete {name} {how}"), self.yes)?;
        let seconds = i64::from(self.recovery_days) * SECONDS_OF_A_DAY;
        let request = v1::DeleteKeyRequest {
            name,
            etag: String::new(),
            recovery_window: Some(prost_types::Duration { seconds, nanos: 0 }),
        };
        show(context, api.delete_key(request)?)
    }
}

/// Take a deletion back
#[derive(clap::Args)]
pub(crate) struct Undelete {
    /// The key
    key: KeyRef,
}

impl Undelete {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.key(api.default_keyring())?.to_string();
        show(context, api.undelete_key(v1::UndeleteKeyRequest { name })?)
    }
}
