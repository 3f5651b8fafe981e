//! `AdoptKey`.

use supacrypt_core::{Error, KeySpec, KeyringName, Reason, Result};
use supacrypt_proto::v1;

use super::{super::call::Caller, fields::new_key_of};
use crate::{
    grpc::{records, request_id::request_id},
    service::Failure,
};

/// Adopts a key for an administrator of the server.
pub(super) async fn adopt(
    caller: Caller,
    message: v1::AdoptKeyRequest,
) -> Result<v1::Key, Failure> {
    caller.authorize_administration()?;
    let request = request_id(caller.peer.principal(), &message.request_id, "AdoptKey", &message);
    let v1::AdoptKeyRequest { parent, key_id, key, source, .. } = message;
    let (keyring, key) = (parent.parse::<KeyringName>()?, key.unwrap_or_default());
    let new = |spec: KeySpec| {
        let asked = key.spec();
        if asked != v1::KeySpec::Unspecified && asked != spec.into() {
            let message = format!("at its custodian this is a key of type {spec}");
            return Err(Error::new(Reason::InvalidArgument, message).in_field("key.spec"));
        }
        new_key_of(spec, keyring.clone(), &key_id, key)
    };
    let made = caller.service.keys.adopt(&keyring, &source, new, request).await?;
    Ok(records::key(made))
}
