//! `WrapKey`.

use std::sync::Arc;

use supacrypt_core::{Algorithm, Digest, Error, Permission, Reason};
use supacrypt_crypto::digest;
use supacrypt_proto::{
    limits,
    v1::{self, wrap_key_request::WrappingKey as Wire},
};

use super::super::call::Caller;
use crate::{
    keys::{Wrapping, WrappingKey},
    service::{Failure, Subject, keyring_of},
};

/// What a request is about, for the record.
pub(super) fn wrap_subject(message: &v1::WrapKeyRequest) -> Subject {
    let scheme = message.scheme.as_ref().and_then(|scheme| scheme.try_into().ok());
    Subject {
        algorithm: scheme.map(Algorithm::Encryption),
        wrapping_key: message.wrapping_key.as_ref().map(recorded),
        ..Subject::new("WrapKey", &message.name)
    }
}

/// A wrapping key in the record: its name, or what tells one public key from all others.
fn recorded(key: &Wire) -> Arc<str> {
    match key {
        Wire::Key(name) => name.as_str().into(),
        Wire::PublicKey(der) => {
            // What is longer is refused.
            let digest = digest(Digest::Sha256, &der[..der.len().min(limits::MATERIAL)]);
            let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            format!("sha256:{hex}").into()
        }
    }
}

/// Wraps a key for a user of its keyring.
pub(super) async fn wrap(
    caller: &Caller,
    message: v1::WrapKeyRequest,
) -> Result<v1::WrapKeyResponse, Failure> {
    let keys = &caller.service.keys;
    // The keyring first, so that nobody learns what exists in foreign ones.
    let keyring = keyring_of(&message.name)?;
    caller.service.authorize(&caller.peer, Permission::Use, Some(&keyring))?;
    let name = keys.version_name(&message.name).await?;
    let key = match &message.wrapping_key {
        Some(Wire::Key(wrapper)) => {
            if keyring_of(wrapper)? != keyring {
                let text = "the wrapping key has to be of the same keyring as the key";
                return Err(Error::new(Reason::InvalidArgument, text).in_field("key").into());
            }
            WrappingKey::Key(wrapper)
        }
        Some(Wire::PublicKey(der)) => WrappingKey::Public(der),
        None => return Err(Error::new(Reason::InvalidArgument, "wrapping_key is required").into()),
    };
    let scheme = message.scheme.as_ref().ok_or_else(|| {
        Error::new(Reason::InvalidArgument, "scheme is required").in_field("scheme")
    })?;
    let scheme = scheme.try_into()?;
    let (pins, principal) = (&caller.service.pins, caller.peer.principal());
    let authenticate = || pins.redeem(principal, name.key().keyring(), &message.pin_ticket);
    let wrapping =
        Wrapping { key, scheme, iv: &message.iv, aad: &message.aad, authenticate: &authenticate };
    Ok(v1::WrapKeyResponse { wrapped: keys.wrap(&name, &wrapping).await? })
}
