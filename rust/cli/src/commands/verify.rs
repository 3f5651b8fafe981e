//! `supacrypt verify`.

use std::path::PathBuf;

use serde_json::json;
use supacrypt_core::{Algorithm, Error, KeyClass, Reason, Result};
use supacrypt_crypto::PublicKey;
use supacrypt_proto::{allowed_from_wire, limits, v1::GetPublicKeyRequest};

use crate::{context::Context, files, names::KeyRef, scheme::SchemeArgs, signature};

/// Verify the signature of a file; needs only the public half of the key, and computes here
#[derive(clap::Args)]
pub(crate) struct Verify {
    /// The key, or KEY@N
    key: KeyRef,
    /// What was signed; `-` for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// The file with the signature
    #[arg(long, short, value_name = "FILE")]
    signature: PathBuf,
    #[command(flatten)]
    scheme: SchemeArgs,
}

impl Verify {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.either(api.default_keyring())?;
        let public = api.get_public_key(GetPublicKeyRequest { name })?;
        let key = PublicKey::from_spki_der(&public.der)?;
        let signature = files::read(&self.signature, limits::INPUT)?.to_vec();
        let (scheme, input) = self.scheme.prepare(key.spec(), &self.file)?;
        allowed_from_wire(&public.allowed_algorithms)?.permit(Algorithm::Signature(scheme))?;
        let signature = if scheme.key_class() == KeyClass::Ec && !self.scheme.p1363 {
            signature::from_der(&signature, key.spec())?
        } else {
            signature
        };
        if !key.verify(scheme, &input, &signature)? {
            return Err(Error::new(
                Reason::SignatureInvalid,
                format!(
                    "the signature is not one of this input by {} with {scheme}; check the file, \
                     the key's version and the options the signature was made with",
                    public.name
                ),
            ));
        }
        let value = json!({ "name": public.name, "algorithm": scheme.to_string(), "valid": true });
        context.output.document(&value, || format!("valid: signed by {}", public.name))
    }
}
