//! The first keyring of a new backend.

use supacrypt_client::{Client, Retry};
use supacrypt_core::{ResourceId, Result, Role};
use supacrypt_proto::v1::{
    CreateKeyringRequest, Grant, Keyring, keyring_service_client::KeyringServiceClient,
};

use super::files::APP;
use crate::api::request_id;

/// Makes the keyring and lets principal `app` administer it, so that applications can make keys.
///
/// # Errors
/// Those of the API.
pub fn create_keyring(admin: &Client, keyring: &ResourceId) -> Result<()> {
    let mut grant = Grant { principal: APP.to_owned(), ..Grant::default() };
    grant.set_role(Role::Admin.into());
    let request = CreateKeyringRequest {
        keyring_id: keyring.to_string(),
        keyring: Some(Keyring { grants: vec![grant], ..Keyring::default() }),
        request_id: request_id()?,
    };
    admin.call(Retry::Safe, |transport| {
        let request = request.clone();
        async move { KeyringServiceClient::new(transport).create_keyring(request).await }
    })?;
    Ok(())
}
