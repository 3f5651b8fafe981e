//! `supacrypt key wrap`.

use std::path::PathBuf;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use supacrypt_core::{Digest, EncryptionScheme, Error, KeyClass, KeySpec, Reason, Result};
use supacrypt_crypto::PublicKey;
use supacrypt_proto::{
    limits,
    v1::{self, wrap_key_request::WrappingKey},
};

use crate::{api::Api, context::Context, files, names::KeyRef, pin::PinArgs};

/// Write the material of an extractable key, encrypted with another key
///
/// By an AES key it is AES key wrap with padding (RFC 5649), by an RSA key OAEP with SHA-256. What is
/// encrypted is the PKCS#8 of a private key, or the bytes of a secret one.
#[derive(clap::Args)]
pub(crate) struct Wrap {
    /// The key, or KEY@N
    key: KeyRef,
    /// The key that encrypts it, of the same keyring, or KEY@N
    #[arg(long, value_name = "KEY", required_unless_present = "public")]
    by: Option<KeyRef>,
    /// A public key that encrypts it, PEM; whoever has its private half gets the key
    #[arg(long, value_name = "FILE", conflicts_with = "by")]
    public: Option<PathBuf>,
    /// Write it to this file; `-` for standard output
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    pin: PinArgs,
}

impl Wrap {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.either(api.default_keyring())?;
        let (with, scheme) = match (&self.by, &self.public) {
            (Some(key), _) => {
                let (name, scheme) = wrapping_key(&api, key)?;
                (WrappingKey::Key(name), scheme)
            }
            (None, Some(file)) => {
                let pem = files::read(file, 2 * limits::MATERIAL)?;
                let key = PublicKey::from_spki_der(&der(&pem)?)?;
                (WrappingKey::PublicKey(key.spki_der().to_vec()), scheme(key.spec())?)
            }
            (None, None) => unreachable!("invariant: clap wants one of the two"),
        };
        let request = v1::WrapKeyRequest {
            name: name.clone(),
            wrapping_key: Some(with),
            scheme: Some(scheme.into()),
            ..Default::default()
        };
        let keyring = self.key.whole(api.default_keyring())?.keyring().clone();
        let wrap = |pin_ticket| api.wrap_key(v1::WrapKeyRequest { pin_ticket, ..request.clone() });
        let wrapped = self.pin.authenticate(&api, &keyring, wrap)?.wrapped;
        if self.out.as_os_str() == "-" {
            return context.output.bytes(&wrapped);
        }
        files::write(&self.out, &wrapped)?;
        let value = json!({ "name": name, "wrapped": STANDARD.encode(&wrapped), "file": self.out });
        context.output.document(&value, || format!("wrote {}\n", self.out.display()))
    }
}

/// The name of a wrapping key, or of a version of it, and the scheme it wraps by.
pub(super) fn wrapping_key(api: &Api, key: &KeyRef) -> Result<(String, EncryptionScheme)> {
    let found =
        api.get_key(v1::GetKeyRequest { name: key.whole(api.default_keyring())?.to_string() })?;
    Ok((key.either(api.default_keyring())?, scheme(found.spec().try_into()?)?))
}

/// The scheme for a wrapping key.
fn scheme(spec: KeySpec) -> Result<EncryptionScheme> {
    let digest = Digest::Sha256;
    match spec.class() {
        KeyClass::Aes => Ok(EncryptionScheme::AesKeyWrapPad),
        KeyClass::Rsa => Ok(EncryptionScheme::RsaOaep { digest, mgf_digest: digest }),
        _ => {
            let message = format!("a key of type {spec} wraps nothing; AES and RSA keys do");
            Err(Error::new(Reason::AlgorithmMismatch, message))
        }
    }
}

fn der(pem: &[u8]) -> Result<Vec<u8>> {
    let invalid = |message: String| Error::new(Reason::InvalidArgument, message);
    let (label, der) = pem_rfc7468::decode_vec(pem)
        .map_err(|error| invalid(format!("the public key is no sound PEM: {error}")))?;
    if label == "PUBLIC KEY" {
        return Ok(der);
    }
    Err(invalid(format!("the file holds a {label}, not a PUBLIC KEY")))
}
