//! `KeyService`.

mod adopt;
mod fields;
mod import;
mod wrap;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use supacrypt_core::{
    Error, KeyName, KeySpec, KeyVersionName, KeyringName, Permission, Reason, Result as Outcome,
};
use supacrypt_proto::v1::key_service_server::KeyService;
use supacrypt_proto::{Validate, limits, v1};
use tonic::{Request, Response, Status, async_trait};

use self::adopt::adopt;
use self::fields::{change, new_key};
use self::import::{import, import_subject};
use self::wrap::{wrap, wrap_subject};
use super::call::{Caller, answer, answer_about, peer};
use super::page::page;
use super::records;
use super::request_id::request_id;
use super::streams::watch;
use crate::service::{Failure, Service};
use crate::store::{KeyFilter, StoredVersion};

pub(super) struct Keys(pub(super) Arc<Service>);

#[async_trait]
impl KeyService for Keys {
    async fn create_key(
        &self,
        request: Request<v1::CreateKeyRequest>,
    ) -> Result<Response<v1::Key>, Status> {
        let resource = |message: &v1::CreateKeyRequest| new_name(&message.parent, &message.key_id);
        answer(&self.0, request, "CreateKey", resource, async |caller, message| {
            let parent = message.parent.parse()?;
            caller.authorize(Permission::Manage, &parent)?;
            let request =
                request_id(caller.peer.principal(), &message.request_id, "CreateKey", &message);
            let new = new_key(parent, &message.key_id, message.key)?;
            Ok(records::key(caller.service.keys.create(new, request).await?))
        })
        .await
    }

    async fn import_key(
        &self,
        request: Request<v1::ImportKeyRequest>,
    ) -> Result<Response<v1::Key>, Status> {
        let subject = import_subject(request.get_ref());
        answer_about(&self.0, request, subject, async |caller, message| {
            message.validate()?;
            import(&caller, message).await
        })
        .await
    }

    async fn adopt_key(
        &self,
        request: Request<v1::AdoptKeyRequest>,
    ) -> Result<Response<v1::Key>, Status> {
        let resource = |message: &v1::AdoptKeyRequest| new_name(&message.parent, &message.key_id);
        answer(&self.0, request, "AdoptKey", resource, adopt).await
    }

    async fn get_key(
        &self,
        request: Request<v1::GetKeyRequest>,
    ) -> Result<Response<v1::Key>, Status> {
        answer(
            &self.0,
            request,
            "GetKey",
            |m| m.name.clone(),
            async |caller, message| {
                let name = key_name(&caller, Permission::View, &message.name)?;
                Ok(records::key(caller.service.keys.get(&name).await?))
            },
        )
        .await
    }

    async fn list_keys(
        &self,
        request: Request<v1::ListKeysRequest>,
    ) -> Result<Response<v1::ListKeysResponse>, Status> {
        answer(
            &self.0,
            request,
            "ListKeys",
            |m| m.parent.clone(),
            async |caller, mut message| {
                let parent: KeyringName = message.parent.parse()?;
                caller.authorize(Permission::View, &parent)?;
                let token = std::mem::take(&mut message.page_token);
                let size = std::mem::take(&mut message.page_size);
                let page = page(&message, size, &token)?;
                let wire = message.filter.unwrap_or_default();
                let specs: Outcome<Vec<KeySpec>> = wire.specs().map(KeySpec::try_from).collect();
                let filter = KeyFilter {
                    specs: specs?,
                    label: wire.label,
                    object_id: wire.object_id,
                    subject: wire.subject,
                    show_deleted: message.show_deleted,
                };
                let found = caller.service.keys.list(&parent, &filter, &page).await?;
                Ok(v1::ListKeysResponse {
                    keys: found.items.into_iter().map(records::key).collect(),
                    next_page_token: found.next_page_token,
                })
            },
        )
        .await
    }

    async fn update_key(
        &self,
        request: Request<v1::UpdateKeyRequest>,
    ) -> Result<Response<v1::Key>, Status> {
        let resource = |message: &v1::UpdateKeyRequest| {
            message.key.as_ref().map(|key| key.name.clone()).unwrap_or_default()
        };
        answer(&self.0, request, "UpdateKey", resource, async |caller, message| {
            let key = message.key.unwrap_or_default();
            let name = key_name(&caller, Permission::Manage, &key.name)?;
            let etag = key.etag.clone();
            let change = change(key, &message.update_mask.unwrap_or_default().paths)?;
            Ok(records::key(caller.service.keys.update(&name, change, &etag).await?))
        })
        .await
    }

    async fn delete_key(
        &self,
        request: Request<v1::DeleteKeyRequest>,
    ) -> Result<Response<v1::Key>, Status> {
        answer(
            &self.0,
            request,
            "DeleteKey",
            |m| m.name.clone(),
            async |caller, message| {
                let name = key_name(&caller, Permission::Manage, &message.name)?;
                let seconds = message
                    .recovery_window
                    .map_or(limits::DEFAULT_RECOVERY_SECONDS, |window| window.seconds);
                let window = Duration::from_secs(seconds.unsigned_abs());
                Ok(records::key(caller.service.keys.delete(&name, window, &message.etag).await?))
            },
        )
        .await
    }

    async fn undelete_key(
        &self,
        request: Request<v1::UndeleteKeyRequest>,
    ) -> Result<Response<v1::Key>, Status> {
        answer(
            &self.0,
            request,
            "UndeleteKey",
            |m| m.name.clone(),
            async |caller, message| {
                let name = key_name(&caller, Permission::Manage, &message.name)?;
                Ok(records::key(caller.service.keys.undelete(&name).await?))
            },
        )
        .await
    }

    async fn create_key_version(
        &self,
        request: Request<v1::CreateKeyVersionRequest>,
    ) -> Result<Response<v1::KeyVersion>, Status> {
        let method = "CreateKeyVersion";
        answer(
            &self.0,
            request,
            method,
            |m| m.parent.clone(),
            async |caller, message| {
                let key = key_name(&caller, Permission::Manage, &message.parent)?;
                let request = request_id(
                    caller.peer.principal(),
                    &message.request_id,
                    "CreateKeyVersion",
                    &message,
                );
                let made = caller.service.keys.create_version(&key, request).await?;
                Ok(records::key_version(made))
            },
        )
        .await
    }

    async fn get_key_version(
        &self,
        request: Request<v1::GetKeyVersionRequest>,
    ) -> Result<Response<v1::KeyVersion>, Status> {
        answer(
            &self.0,
            request,
            "GetKeyVersion",
            |m| m.name.clone(),
            async |caller, message| {
                let name = version_name(&caller, Permission::View, &message.name)?;
                let stored = caller.service.keys.get_version(&name).await?;
                Ok(records::key_version(stored.version))
            },
        )
        .await
    }

    async fn list_key_versions(
        &self,
        request: Request<v1::ListKeyVersionsRequest>,
    ) -> Result<Response<v1::ListKeyVersionsResponse>, Status> {
        let method = "ListKeyVersions";
        answer(
            &self.0,
            request,
            method,
            |m| m.parent.clone(),
            async |caller, mut message| {
                let key = key_name(&caller, Permission::View, &message.parent)?;
                let token = std::mem::take(&mut message.page_token);
                let size = std::mem::take(&mut message.page_size);
                let page = page(&message, size, &token)?;
                let found = caller.service.keys.list_versions(&key, &page).await?;
                Ok(v1::ListKeyVersionsResponse {
                    versions: found.items.into_iter().map(records::key_version).collect(),
                    next_page_token: found.next_page_token,
                })
            },
        )
        .await
    }

    async fn enable_key_version(
        &self,
        request: Request<v1::EnableKeyVersionRequest>,
    ) -> Result<Response<v1::KeyVersion>, Status> {
        answer(
            &self.0,
            request,
            "EnableKeyVersion",
            |m| m.name.clone(),
            async |caller, message| {
                let name = version_name(&caller, Permission::Manage, &message.name)?;
                Ok(records::key_version(caller.service.keys.set_enabled(&name, true).await?))
            },
        )
        .await
    }

    async fn disable_key_version(
        &self,
        request: Request<v1::DisableKeyVersionRequest>,
    ) -> Result<Response<v1::KeyVersion>, Status> {
        answer(
            &self.0,
            request,
            "DisableKeyVersion",
            |m| m.name.clone(),
            async |caller, message| {
                let name = version_name(&caller, Permission::Manage, &message.name)?;
                Ok(records::key_version(caller.service.keys.set_enabled(&name, false).await?))
            },
        )
        .await
    }

    async fn destroy_key_version(
        &self,
        request: Request<v1::DestroyKeyVersionRequest>,
    ) -> Result<Response<v1::KeyVersion>, Status> {
        answer(
            &self.0,
            request,
            "DestroyKeyVersion",
            |m| m.name.clone(),
            async |caller, message| {
                let name = version_name(&caller, Permission::Manage, &message.name)?;
                Ok(records::key_version(caller.service.keys.destroy_version(&name).await?))
            },
        )
        .await
    }

    async fn get_public_key(
        &self,
        request: Request<v1::GetPublicKeyRequest>,
    ) -> Result<Response<v1::PublicKey>, Status> {
        answer(
            &self.0,
            request,
            "GetPublicKey",
            |m| m.name.clone(),
            async |caller, message| {
                let version = match version_name(&caller, Permission::View, &message.name) {
                    Err(failure) if failure.error.reason() == Reason::InvalidResourceName => {
                        let key = key_name(&caller, Permission::View, &message.name)?;
                        caller.service.keys.get(&key).await?.primary.name
                    }
                    version => version?,
                };
                let stored = caller.service.keys.get_version(&version).await?;
                public_key(&version, stored).map_err(Failure::from)
            },
        )
        .await
    }

    async fn wrap_key(
        &self,
        request: Request<v1::WrapKeyRequest>,
    ) -> Result<Response<v1::WrapKeyResponse>, Status> {
        let subject = wrap_subject(request.get_ref());
        answer_about(&self.0, request, subject, async |caller, message| {
            message.validate()?;
            wrap(&caller, message).await
        })
        .await
    }

    type WatchKeysStream =
        Pin<Box<dyn Stream<Item = Result<v1::WatchKeysResponse, Status>> + Send + 'static>>;

    async fn watch_keys(
        &self,
        request: Request<v1::WatchKeysRequest>,
    ) -> Result<Response<Self::WatchKeysStream>, Status> {
        let caller = Caller { service: Arc::clone(&self.0), peer: peer(&request) };
        let parent = answer(
            &self.0,
            request,
            "WatchKeys",
            |m| m.parent.clone(),
            async |caller, message| {
                let parent: KeyringName = message.parent.parse()?;
                caller.authorize(Permission::View, &parent)?;
                Ok(parent)
            },
        )
        .await?
        .into_inner();
        Ok(Response::new(Box::pin(watch(caller, parent))))
    }
}

/// The name a key will have, as far as it is known before it is made.
fn new_name(parent: &str, key_id: &str) -> String {
    if key_id.is_empty() { parent.to_owned() } else { format!("{parent}/keys/{key_id}") }
}

/// Reads the name of a key that the caller has `permission` for.
fn key_name(caller: &Caller, permission: Permission, name: &str) -> Result<KeyName, Failure> {
    let name: KeyName = name.parse()?;
    caller.authorize(permission, name.keyring())?;
    Ok(name)
}

/// The same for a version of a key.
fn version_name(
    caller: &Caller,
    permission: Permission,
    name: &str,
) -> Result<KeyVersionName, Failure> {
    let name: KeyVersionName = name.parse()?;
    caller.authorize(permission, name.key().keyring())?;
    Ok(name)
}

fn public_key(version: &KeyVersionName, stored: StoredVersion) -> Outcome<v1::PublicKey> {
    let spec = stored.spec;
    let der = stored.version.public_key.ok_or_else(|| {
        Error::new(
            Reason::AlgorithmMismatch,
            format!("{version} is a secret key of type {spec}; it has no public half"),
        )
    })?;
    let pem = pem_rfc7468::encode_string("PUBLIC KEY", pem_rfc7468::LineEnding::LF, &der)
        .expect("invariant: a public key is far below the limit of a PEM text");
    Ok(v1::PublicKey {
        name: version.to_string(),
        spec: v1::KeySpec::from(spec).into(),
        der,
        pem,
        allowed_algorithms: stored.allowed.names().collect(),
    })
}
