//! `supacrypt certificate list`, `show` and `export`.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use pem_rfc7468::LineEnding;
use serde_json::json;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_proto::v1::{self, object::Content};

use crate::{
    api::Api,
    context::Context,
    files,
    hex_bytes::Hex,
    names::{KeyringRef, ObjectRef, chosen_keyring},
    view::CertificateView,
};

/// List the certificates of a keyring
#[derive(clap::Args)]
pub(crate) struct List {
    /// The keyring; the configuration's by default
    keyring: Option<KeyringRef>,
    /// Only certificates with exactly this label
    #[arg(long)]
    label: Option<String>,
    /// Only certificates with exactly this object id
    #[arg(long, value_name = "HEX")]
    object_id: Option<Hex>,
}

impl List {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let keyring = chosen_keyring(self.keyring.as_ref(), api.default_keyring())?;
        let filter = v1::ObjectFilter {
            label: self.label,
            object_id: self.object_id.map(|id| id.0),
            kind: v1::ObjectKind::Certificate.into(),
            ..Default::default()
        };
        let found = api.all_objects(&keyring, filter)?;
        let views: Vec<_> = found.into_iter().map(CertificateView::from).collect();
        context.output.document(&views, || CertificateView::human_list(&views))
    }
}

/// Show a certificate
#[derive(clap::Args)]
pub(crate) struct Show {
    /// The certificate
    certificate: ObjectRef,
}

impl Show {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let view = CertificateView::from(get(&context.api()?, &self.certificate)?);
        context.output.document(&view, || view.human())
    }
}

/// Print a certificate, in PEM
#[derive(clap::Args)]
pub(crate) struct Export {
    /// The certificate
    certificate: ObjectRef,
    /// DER instead of PEM
    #[arg(long)]
    der: bool,
    /// Write it to this file
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let object = get(&context.api()?, &self.certificate)?;
        let Some(Content::Certificate(certificate)) = object.content else {
            return Err(no_certificate(&object.name));
        };
        let pem = pem_rfc7468::encode_string("CERTIFICATE", LineEnding::LF, &certificate.der)
            .expect("invariant: a certificate is far below the limit of a PEM text");
        let content = if self.der { &certificate.der[..] } else { pem.as_bytes() };
        if let Some(path) = &self.out {
            files::write(path, content)?;
            context.output.note(&format!("wrote {}", path.display()));
        }
        if context.output.is_json() {
            let value = json!({
                "name": object.name,
                "pem": pem,
                "der": STANDARD.encode(&certificate.der),
                "file": self.out,
            });
            return context.output.document(&value, String::new);
        }
        if self.out.is_none() { context.output.bytes(content) } else { Ok(()) }
    }
}

/// The object, which must be a certificate.
pub(super) fn get(api: &Api, certificate: &ObjectRef) -> Result<v1::Object> {
    let name = certificate.name(api.default_keyring())?.to_string();
    let object = api.get_object(v1::GetObjectRequest { name })?;
    match &object.content {
        Some(Content::Certificate(_)) => Ok(object),
        _ => Err(no_certificate(&object.name)),
    }
}

fn no_certificate(name: &str) -> Error {
    Error::new(Reason::InvalidArgument, format!("{name} is no certificate"))
}
