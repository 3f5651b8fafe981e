//! `supacrypt object import`.

use std::{mem, path::PathBuf, str::FromStr};

use der::{Encode, asn1::ObjectIdentifier};
use supacrypt_core::{Error, Reason, Result};
use supacrypt_proto::{
    limits,
    v1::{self, object::Content},
};

use crate::{api::request_id, context::Context, files, names::ObjectRef, view::DataView};

/// Bring data in from a file
///
/// It is kept as it is, sealed as keys are; at most 64 KiB.
#[derive(clap::Args)]
pub(crate) struct Import {
    /// The new data object: KEYRING/OBJECT, or OBJECT
    object: ObjectRef,
    /// The data. `-` for standard input
    file: PathBuf,
    /// Text for people, and CKA_LABEL in PKCS#11; the object's id by default
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// The application it belongs to; CKA_APPLICATION in PKCS#11
    #[arg(long, value_name = "TEXT")]
    application: Option<String>,
    /// Its type, such as 1.2.840.113549.1.9.16; CKA_OBJECT_ID in PKCS#11
    #[arg(long)]
    oid: Option<Oid>,
    /// Let applications show it to users that are logged in only; CKA_PRIVATE in PKCS#11
    #[arg(long)]
    private: bool,
    /// Let nobody delete it, ever
    #[arg(long)]
    undestroyable: bool,
    /// Let nobody change it, ever
    #[arg(long)]
    unmodifiable: bool,
}

impl Import {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.object.name(api.default_keyring())?;
        let mut value = files::read(&self.file, limits::DATA)?;
        let object = v1::Object {
            label: self.label.unwrap_or_else(|| name.object().to_string()),
            private: self.private,
            modifiable: Some(!self.unmodifiable),
            destroyable: Some(!self.undestroyable),
            content: Some(Content::Data(v1::Data {
                application: self.application.unwrap_or_default(),
                oid: self.oid.map(|oid| oid.0).unwrap_or_default(),
                value: mem::take(&mut value),
            })),
            ..Default::default()
        };
        let made = api.create_object(v1::CreateObjectRequest {
            parent: name.keyring().to_string(),
            id: name.object().to_string(),
            object: Some(object),
            request_id: request_id()?,
        })?;
        let view = DataView::from(made);
        context.output.document(&view, || view.human())
    }
}

/// An object identifier, which is written with dots, in DER.
#[derive(Clone)]
struct Oid(Vec<u8>);

impl FromStr for Oid {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let oid = text.parse::<ObjectIdentifier>().map_err(der::Error::from);
        oid.and_then(|oid| oid.to_der()).map(Oid).map_err(|_| {
            let message = format!("{text:?} is no object identifier; write it as 1.2.840.113549");
            Error::new(Reason::InvalidArgument, message)
        })
    }
}
