//! `KeyringService`.

use std::sync::Arc;

use supacrypt_core::{Error, KeyringName, Permission, Reason, ResourceId, Result};
use supacrypt_proto::v1;
use supacrypt_proto::v1::keyring_service_server::KeyringService;
use tonic::{Request, Response, Status, async_trait};
use zeroize::Zeroizing;

use super::call::{Caller, answer};
use super::page::page;
use super::records;
use super::request_id::request_id;
use crate::custody::{Custodian, SOFTWARE};
use crate::keyrings::{KeyringChange, NewKeyring};
use crate::service::Service;
use crate::store::KeyringRecord;

pub(super) struct Keyrings(pub(super) Arc<Service>);

#[async_trait]
impl KeyringService for Keyrings {
    async fn create_keyring(
        &self,
        request: Request<v1::CreateKeyringRequest>,
    ) -> Result<Response<v1::Keyring>, Status> {
        let resource =
            |message: &v1::CreateKeyringRequest| format!("keyrings/{}", message.keyring_id);
        answer(&self.0, request, "CreateKeyring", resource, async |caller, message| {
            caller.authorize_administration()?;
            let id: ResourceId = message.keyring_id.parse()?;
            let request =
                request_id(caller.peer.principal(), &message.request_id, "CreateKeyring", &message);
            let keyring = message.keyring.unwrap_or_default();
            let display_name = display_name(keyring.display_name, &id);
            let grants = records::grants(keyring.grants)?;
            let custodian = custodian(&caller, keyring.custodian)?;
            let new = NewKeyring { display_name, custodian, grants };
            let made = caller.service.keyrings.create(KeyringName::new(id), new, request).await?;
            Ok(shown(&caller, made))
        })
        .await
    }

    async fn get_keyring(
        &self,
        request: Request<v1::GetKeyringRequest>,
    ) -> Result<Response<v1::Keyring>, Status> {
        answer(
            &self.0,
            request,
            "GetKeyring",
            |m| m.name.clone(),
            async |caller, message| {
                let name: KeyringName = message.name.parse()?;
                caller.authorize(Permission::View, &name)?;
                Ok(shown(&caller, caller.service.keyrings.get(&name).await?))
            },
        )
        .await
    }

    async fn list_keyrings(
        &self,
        request: Request<v1::ListKeyringsRequest>,
    ) -> Result<Response<v1::ListKeyringsResponse>, Status> {
        answer(
            &self.0,
            request,
            "ListKeyrings",
            |_| String::new(),
            async |caller, message| {
                let query = v1::ListKeyringsRequest::default();
                let page = page(&query, message.page_size, &message.page_token)?;
                let sees_all = caller.authorize_administration().is_ok();
                let seen_by = (!sees_all).then(|| caller.peer.principal());
                let found = caller.service.keyrings.list(seen_by, &page).await?;
                Ok(v1::ListKeyringsResponse {
                    keyrings: found
                        .items
                        .into_iter()
                        .map(|keyring| shown(&caller, keyring))
                        .collect(),
                    next_page_token: found.next_page_token,
                })
            },
        )
        .await
    }

    async fn update_keyring(
        &self,
        request: Request<v1::UpdateKeyringRequest>,
    ) -> Result<Response<v1::Keyring>, Status> {
        let resource = |message: &v1::UpdateKeyringRequest| {
            message.keyring.as_ref().map(|keyring| keyring.name.clone()).unwrap_or_default()
        };
        answer(&self.0, request, "UpdateKeyring", resource, async |caller, message| {
            let keyring = message.keyring.unwrap_or_default();
            let name: KeyringName = keyring.name.parse()?;
            caller.authorize(Permission::Manage, &name)?;
            let mask = message.update_mask.unwrap_or_default().paths;
            let named = |field: &str| mask.iter().any(|path| path == field);
            let grants = records::grants(keyring.grants)?;
            let change = KeyringChange {
                display_name: named("display_name")
                    .then(|| display_name(keyring.display_name, name.keyring())),
                grants: named("grants").then_some(grants),
            };
            let changed = caller.service.keyrings.update(&name, change, &keyring.etag).await?;
            Ok(shown(&caller, changed))
        })
        .await
    }

    async fn delete_keyring(
        &self,
        request: Request<v1::DeleteKeyringRequest>,
    ) -> Result<Response<v1::DeleteKeyringResponse>, Status> {
        answer(
            &self.0,
            request,
            "DeleteKeyring",
            |m| m.name.clone(),
            async |caller, message| {
                caller.authorize_administration()?;
                let name: KeyringName = message.name.parse()?;
                caller.service.keyrings.delete(&name, &message.etag).await?;
                // Another keyring of the same id has none.
                caller.service.pins.refresh().await?;
                Ok(v1::DeleteKeyringResponse {})
            },
        )
        .await
    }

    async fn set_pin(
        &self,
        request: Request<v1::SetPinRequest>,
    ) -> Result<Response<v1::Keyring>, Status> {
        answer(
            &self.0,
            request,
            "SetPin",
            |m| m.name.clone(),
            async |caller, message| {
                let (pin, current) =
                    (Zeroizing::new(message.pin), Zeroizing::new(message.current_pin));
                let name: KeyringName = message.name.parse()?;
                if current.is_empty() || pin.is_empty() {
                    caller.authorize(Permission::Manage, &name)?;
                }
                if !current.is_empty() {
                    caller.authorize(Permission::Use, &name)?;
                }
                let given = |pin: Zeroizing<Vec<u8>>| Some(pin).filter(|pin| !pin.is_empty());
                let (principal, pins) = (caller.peer.principal(), &caller.service.pins);
                pins.change(principal, &name, given(current), given(pin)).await?;
                Ok(shown(&caller, caller.service.keyrings.get(&name).await?))
            },
        )
        .await
    }

    async fn verify_pin(
        &self,
        request: Request<v1::VerifyPinRequest>,
    ) -> Result<Response<v1::VerifyPinResponse>, Status> {
        answer(
            &self.0,
            request,
            "VerifyPin",
            |m| m.name.clone(),
            async |caller, message| {
                let pin = Zeroizing::new(message.pin);
                let name: KeyringName = message.name.parse()?;
                caller.authorize(Permission::Use, &name)?;
                let pins = &caller.service.pins;
                let ticket = pins.verify(caller.peer.principal(), &name, pin).await?;
                Ok(v1::VerifyPinResponse { ticket })
            },
        )
        .await
    }
}

/// A keyring with what its custodian offers, where that is known.
fn shown(caller: &Caller, keyring: KeyringRecord) -> v1::Keyring {
    let custodian = caller.service.keys.custodians().get(&keyring.custodian).ok();
    let known = custodian.map(Custodian::capabilities).filter(|it| !it.generates.is_empty());
    records::keyring(keyring, known)
}

/// The custodian of a new keyring: one that this server has.
fn custodian(caller: &Caller, chosen: String) -> Result<String> {
    if chosen.is_empty() {
        return Ok(SOFTWARE.to_owned());
    }
    match caller.service.keys.custodians().get(&chosen) {
        Ok(_) => Ok(chosen),
        Err(unknown) => {
            Err(Error::new(Reason::InvalidArgument, unknown.message())
                .in_field("keyring.custodian"))
        }
    }
}

/// What people see: the id when nothing else was chosen.
fn display_name(chosen: String, id: &ResourceId) -> String {
    if chosen.is_empty() { id.to_string() } else { chosen }
}
