//! `supacrypt key public`.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use supacrypt_core::Result;
use supacrypt_proto::v1::GetPublicKeyRequest;

use crate::{context::Context, files, names::KeyRef};

/// Print the public half of a key, in PEM
#[derive(clap::Args)]
pub(crate) struct Public {
    /// The key, or KEY@N
    key: KeyRef,
    /// DER (SubjectPublicKeyInfo) instead of PEM
    #[arg(long)]
    der: bool,
    /// Write it to this file
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Public {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.either(api.default_keyring())?;
        let public = api.get_public_key(GetPublicKeyRequest { name })?;
        let content = if self.der { public.der.as_slice() } else { public.pem.as_bytes() };
        if let Some(path) = &self.out {
            files::write(path, content)?;
            context.output.note(&format!("wrote {}", path.display()));
        }
        if context.output.is_json() {
            let value = json!({
                "name": public.name,
                "pem": public.pem,
                "der": STANDARD.encode(&public.der),
                "file": self.out,
            });
            return context.output.document(&value, String::new);
        }
        if self.out.is_none() { context.output.bytes(content) } else { Ok(()) }
    }
}
