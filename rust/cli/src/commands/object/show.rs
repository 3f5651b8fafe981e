//! `supacrypt object list`, `show` and `export`.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_proto::v1::{self, object::Content};
use zeroize::Zeroizing;

use crate::{
    api::Api,
    context::Context,
    files,
    names::{KeyringRef, ObjectRef, chosen_keyring},
    view::DataView,
};

/// List the data objects of a keyring
#[derive(clap::Args)]
pub(crate) struct List {
    /// The keyring; the configuration's by default
    keyring: Option<KeyringRef>,
    /// Only data objects with exactly this label
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Only data objects of exactly this application
    #[arg(long, value_name = "TEXT")]
    application: Option<String>,
}

impl List {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let keyring = chosen_keyring(self.keyring.as_ref(), api.default_keyring())?;
        let filter = v1::ObjectFilter {
            label: self.label,
            application: self.application,
            kind: v1::ObjectKind::Data.into(),
            ..Default::default()
        };
        let found = api.all_objects(&keyring, filter)?;
        let views: Vec<_> = found.into_iter().map(DataView::from).collect();
        context.output.document(&views, || DataView::human_list(&views))
    }
}

/// Show all of a data object but its value; with --json the value, too
#[derive(clap::Args)]
pub(crate) struct Show {
    /// The data object
    object: ObjectRef,
}

impl Show {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let view = DataView::from(get(&context.api()?, &self.object)?);
        context.output.document(&view, || view.human())
    }
}

/// Print the value of a data object, as it was brought in
#[derive(clap::Args)]
pub(crate) struct Export {
    /// The data object
    object: ObjectRef,
    /// Write it to this file, which nobody else can read
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let object = get(&context.api()?, &self.object)?;
        let Some(Content::Data(data)) = object.content else {
            return Err(no_data(&object.name));
        };
        let value = Zeroizing::new(data.value);
        if let Some(path) = &self.out {
            files::write_secret(path, &value)?;
            context.output.note(&format!("wrote {}", path.display()));
        }
        if context.output.is_json() {
            // What went to a file need not be in a log, too.
            let printed = self.out.is_none().then(|| STANDARD.encode(&*value));
            let document = json!({ "name": object.name, "value": printed, "file": self.out });
            return context.output.document(&document, String::new);
        }
        if self.out.is_none() { context.output.bytes(&value) } else { Ok(()) }
    }
}

/// The object, which must be data.
pub(super) fn get(api: &Api, object: &ObjectRef) -> Result<v1::Object> {
    let name = object.name(api.default_keyring())?.to_string();
    let object = api.get_object(v1::GetObjectRequest { name })?;
    match &object.content {
        Some(Content::Data(_)) => Ok(object),
        _ => Err(no_data(&object.name)),
    }
}

fn no_data(name: &str) -> Error {
    let message = format!("{name} is no data object; `supacrypt certificate` is for certificates");
    Error::new(Reason::InvalidArgument, message)
}
