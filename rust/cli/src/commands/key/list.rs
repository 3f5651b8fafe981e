//! `supacrypt key list` and `key show`.

use supacrypt_core::{KeySpec, Result};
use supacrypt_proto::v1;

use super::show;
use crate::{
    context::Context,
    hex_bytes::Hex,
    names::{KeyRef, KeyringRef, chosen_keyring},
    view::KeyView,
};

/// List the keys of a keyring
#[derive(clap::Args)]
pub(crate) struct List {
    /// The keyring; the configuration's by default
    keyring: Option<KeyringRef>,
    /// Only keys with exactly this label
    #[arg(long)]
    label: Option<String>,
    /// Only keys with exactly this object id
    #[arg(long, value_name = "HEX")]
    object_id: Option<Hex>,
    /// Only keys of this type and size; may be given several times
    #[arg(long = "spec", value_name = "SPEC")]
    specs: Vec<KeySpec>,
    /// Also deleted keys that can still be taken back
    #[arg(long)]
    deleted: bool,
}

impl List {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let parent = chosen_keyring(self.keyring.as_ref(), api.default_keyring())?;
        let mut request = v1::ListKeysRequest {
            parent: parent.to_string(),
            filter: Some(v1::KeyFilter {
                label: self.label,
                object_id: self.object_id.map(|id| id.0),
                subject: None,
                specs: self.specs.iter().map(|spec| v1::KeySpec::from(*spec).into()).collect(),
            }),
            show_deleted: self.deleted,
            ..v1::ListKeysRequest::default()
        };
        let mut keys = Vec::new();
        loop {
            let answer = api.list_keys(request.clone())?;
            keys.extend(answer.keys.into_iter().map(KeyView::from));
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
        }
        context.output.document(&keys, || KeyView::human_list(&keys))
    }
}

/// Show a key
#[derive(clap::Args)]
pub(crate) struct Show {
    /// The key
    key: KeyRef,
}

impl Show {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.key(api.default_keyring())?.to_string();
        show(context, api.get_key(v1::GetKeyRequest { name })?)
    }
}
