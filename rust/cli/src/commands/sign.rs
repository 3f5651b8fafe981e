//! `supacrypt sign`.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use supacrypt_core::{KeyClass, Result};
use supacrypt_proto::v1::{GetPublicKeyRequest, SignRequest};

use crate::{context::Context, files, names::KeyRef, pin::PinArgs, scheme::SchemeArgs, signature};

/// Sign a file
///
/// The file is hashed here; the backend signs the digest. ECDSA signatures come in DER, as OpenSSL
/// and X.509 expect them.
#[derive(clap::Args)]
pub(crate) struct Sign {
    /// The key, or KEY@N
    key: KeyRef,
    /// What to sign; `-` for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    #[command(flatten)]
    scheme: SchemeArgs,
    #[command(flatten)]
    pin: PinArgs,
    /// Write the signature to this file
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the signature in base64 instead of as bytes
    #[arg(long, conflicts_with = "out")]
    base64: bool,
}

impl Sign {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.either(api.default_keyring())?;
        // Tells which kind of key it is, and pins the version between the two calls.
        let public = api.get_public_key(GetPublicKeyRequest { name })?;
        let spec = public.spec().try_into()?;
        let (scheme, input) = self.scheme.prepare(spec, &self.file)?;
        let request = SignRequest {
            name: public.name,
            scheme: Some(scheme.into()),
            input,
            ..SignRequest::default()
        };
        let keyring = self.key.whole(api.default_keyring())?.keyring().clone();
        let answer = self.pin.authenticate(&api, &keyring, |pin_ticket| {
            api.sign(SignRequest { pin_ticket, ..request.clone() })
        })?;
        let signature = if scheme.key_class() == KeyClass::Ec && !self.scheme.p1363 {
            signature::to_der(&answer.signature)?
        } else {
            answer.signature
        };
        if let Some(path) = &self.out {
            files::write(path, &signature)?;
            context.output.note(&format!("wrote {}", path.display()));
        }
        if context.output.is_json() {
            let value = json!({
                "name": answer.name,
                "algorithm": scheme.to_string(),
                "signature": STANDARD.encode(&signature),
                "file": self.out,
            });
            return context.output.document(&value, String::new);
        }
        match (&self.out, self.base64) {
            (Some(_), _) => Ok(()),
            (None, true) => {
                context.output.bytes(format!("{}\n", STANDARD.encode(&signature)).as_bytes())
            }
            (None, false) => context.output.bytes(&signature),
        }
    }
}
