//! `ImportKey`.

use supacrypt_core::{Algorithm, Error, KeySpec, KeyringName, Permission, Reason, Result};
use supacrypt_proto::v1;
use zeroize::Zeroizing;

use super::{super::call::Caller, fields::new_key, new_name};
use crate::{
    grpc::{records, request_id::request_id},
    keys::Unwrapping,
    service::{Failure, Subject, keyring_of},
};

/// What a request is about, for the record.
pub(super) fn import_subject(message: &v1::ImportKeyRequest) -> Subject {
    let unwrapping = message.unwrapping.as_ref();
    let scheme = unwrapping.and_then(|unwrapping| unwrapping.scheme.as_ref()?.try_into().ok());
    Subject {
        algorithm: scheme.map(Algorithm::Encryption),
        wrapping_key: unwrapping.map(|unwrapping| unwrapping.key.as_str().into()),
        ..Subject::new("ImportKey", &new_name(&message.parent, &message.key_id))
    }
}

/// Takes a key in for an administrator of its keyring.
pub(super) async fn import(
    caller: &Caller,
    mut message: v1::ImportKeyRequest,
) -> Result<v1::Key, Failure> {
    // With the material still there, whose length is a part of it.
    let request = request_id(caller.peer.principal(), &message.request_id, "ImportKey", &message);
    let material = Zeroizing::new(std::mem::take(&mut message.material));
    let parent: KeyringName = message.parent.parse()?;
    caller.authorize(Permission::Manage, &parent)?;
    let keys = &caller.service.keys;
    let new = new_key(parent.clone(), &message.key_id, message.key)?;
    let Some(unwrapping) = message.unwrapping else {
        return Ok(records::key(keys.import(new, &material, request).await?));
    };
    // Who may use a key to decrypt what is wrapped may bring it anywhere.
    let keyring = KeyringName::new(keyring_of(&unwrapping.key)?);
    caller.authorize(Permission::Use, &keyring)?;
    let scheme = unwrapping.scheme.as_ref().ok_or_else(|| {
        Error::new(Reason::InvalidArgument, "scheme is required").in_field("unwrapping.scheme")
    })?;
    let other_specs: Result<Vec<_>> = unwrapping.other_specs().map(KeySpec::try_from).collect();
    let (pins, principal) = (&caller.service.pins, caller.peer.principal());
    let unwrapping = Unwrapping {
        key: &unwrapping.key,
        scheme: scheme.try_into()?,
        iv: &unwrapping.iv,
        aad: &unwrapping.aad,
        other_specs: &other_specs?,
        authenticate: &|| pins.redeem(principal, &keyring, &unwrapping.pin_ticket),
    };
    Ok(records::key(keys.import_wrapped(new, &material, &unwrapping, request).await?))
}
