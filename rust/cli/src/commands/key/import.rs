//! `supacrypt key import`.

use std::path::PathBuf;

use supacrypt_core::{Error, KeySpec, Reason, Result};
use supacrypt_proto::{
    limits,
    v1::{ImportKeyRequest, Key, Unwrapping},
};
use zeroize::Zeroizing;

use super::{new_key::NewKey, show, wrap::wrapping_key};
use crate::{
    api::{Api, request_id},
    context::Context,
    files,
    names::KeyRef,
    pin::PinArgs,
};

/// Bring a key in from a file
///
/// The file stays as it is. Whoever has it has the key: remove it when the import has worked.
#[derive(clap::Args)]
pub(crate) struct Import {
    /// The new key: KEYRING/KEY, or KEY
    key: KeyRef,
    /// Private keys: PKCS#8, PEM or DER. Public keys alone: PEM. Secret keys: the bytes. `-` for
    /// standard input
    file: PathBuf,
    /// The file is what `key wrap --by` this key wrote, or what somebody encrypted to its public key in
    /// the same way: the PKCS#8 of a private key in DER. The backend decrypts it, and nobody sees it
    #[arg(long, value_name = "KEY")]
    wrapped_by: Option<KeyRef>,
    #[command(flatten)]
    pin: PinArgs,
    #[command(flatten)]
    properties: NewKey,
}

/// PEM takes four characters for three bytes, and lines around them.
const MAX_FILE: usize = 2 * limits::MATERIAL;

impl Import {
    pub(crate) fn run(self, context: &Context) -> Result<()> {
        let api = context.api()?;
        let name = self.key.key(api.default_keyring())?;
        let content = files::read(&self.file, MAX_FILE)?;
        let spec = self.properties.spec;
        let request = ImportKeyRequest {
            parent: name.keyring().to_string(),
            key_id: name.key().to_string(),
            key: Some(self.properties.into_wire(name.key().as_str())),
            request_id: request_id()?,
            ..Default::default()
        };
        let Some(key) = &self.wrapped_by else {
            return show(context, plain(&api, request, spec, content)?);
        };
        let keyring = key.whole(api.default_keyring())?.keyring().clone();
        let (key, scheme) = wrapping_key(&api, key)?;
        let scheme = Some(scheme.into());
        let request = ImportKeyRequest { material: content.to_vec(), ..request };
        let made = self.pin.authenticate(&api, &keyring, |pin_ticket| {
            let key = key.clone();
            let unwrapping = Unwrapping { key, scheme, pin_ticket, ..Default::default() };
            api.import_key(ImportKeyRequest { unwrapping: Some(unwrapping), ..request.clone() })
        })?;
        show(context, made)
    }
}

/// Imports material that is not encrypted.
fn plain(
    api: &Api,
    mut request: ImportKeyRequest,
    spec: KeySpec,
    content: Zeroizing<Vec<u8>>,
) -> Result<Key> {
    let (mut material, public_only) = material(spec, content)?;
    if let Some(key) = &mut request.key {
        key.public_only = public_only;
    }
    api.import_key(ImportKeyRequest { material: std::mem::take(&mut material), ..request })
}

/// What to send: the DER inside of PEM for key pairs, else the content; and whether it is a public key
/// alone, which only PEM tells.
fn material(spec: KeySpec, content: Zeroizing<Vec<u8>>) -> Result<(Zeroizing<Vec<u8>>, bool)> {
    if !spec.is_asymmetric() || !content.trim_ascii_start().starts_with(b"-----BEGIN ") {
        return Ok((content, false));
    }
    let invalid = |message: String| Error::new(Reason::InvalidKeyMaterial, message);
    let (label, der) = pem_rfc7468::decode_vec(&content)
        .map_err(|error| invalid(format!("the file is no sound PEM: {error}")))?;
    let der = Zeroizing::new(der);
    match label {
        "PRIVATE KEY" => Ok((der, false)),
        "PUBLIC KEY" => Ok((der, true)),
        _ => Err(invalid(format!(
            "the file holds a {label}, not a PRIVATE KEY (PKCS#8); convert it with \
             `openssl pkcs8 -topk8 -nocrypt -in FILE`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(spec: KeySpec, content: &[u8]) -> Result<(Vec<u8>, bool)> {
        let content = Zeroizing::new(content.to_vec());
        material(spec, content).map(|(material, public)| (material.to_vec(), public))
    }

    #[test]
    fn pem_is_unpacked_for_key_pairs_only() {
        let pem = b"-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n";
        assert_eq!(read(KeySpec::EcP256, pem).unwrap(), (vec![1, 2, 3], false));
        assert_eq!(read(KeySpec::Aes128, pem).unwrap(), (pem.to_vec(), false));
        let pem = b"-----BEGIN PUBLIC KEY-----\nAQID\n-----END PUBLIC KEY-----\n";
        assert_eq!(read(KeySpec::EcP256, pem).unwrap(), (vec![1, 2, 3], true));
    }

    #[test]
    fn another_kind_of_pem_is_named_with_the_way_out() {
        let pem = b"-----BEGIN EC PRIVATE KEY-----\nAQID\n-----END EC PRIVATE KEY-----\n";
        let error = read(KeySpec::EcP256, pem).unwrap_err();
        assert!(error.message().contains("EC PRIVATE KEY"), "{error}");
        assert!(error.message().contains("openssl pkcs8"), "{error}");
    }
}
