//! `WrapKey`.

use supacrypt_core::{Error, Permission, Reason};
use supacrypt_proto::v1::{self, wrap_key_request::WrappingKey as Wire};

use super::super::call::Caller;
use crate::{
    keys::{Wrapping, WrappingKey},
    service::{Failure, keyring_of},
};

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
