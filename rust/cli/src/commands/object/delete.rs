//! `supacrypt object delete`.

use serde_json::json;
use supacrypt_core::Result;
use supacrypt_proto::v1;

use super::show::get;
use crate::{api::Api, confirm::confirm, context::Context, names::ObjectRef};

/// Delete a data object, at once and for good
#[derive(clap::Args)]
pub(crate) struct Delete {
    /// The data object
    object: ObjectRef,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl Delete {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        delete(context, &api, get(&api, &self.object)?, self.yes)
    }
}

/// Deletes an object once the user has agreed, and tells of it.
pub(crate) fn delete(context: &Context, api: &Api, object: v1::Object, yes: bool) -> Result<()> {
    confirm(&format!("Delete {} for good", object.name), yes)?;
    let request = v1::DeleteObjectRequest { name: object.name.clone(), etag: object.etag };
    api.delete_object(request)?;
    let deleted = json!({ "name": object.name });
    context.output.document(&deleted, || format!("deleted {}", object.name))
}
