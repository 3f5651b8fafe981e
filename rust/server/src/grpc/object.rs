//! `ObjectService`.

use std::sync::Arc;

use supacrypt_core::{KeyringName, ObjectName, Permission, Result as Outcome};
use supacrypt_proto::v1;
use supacrypt_proto::v1::object::Content;
use supacrypt_proto::v1::object_service_server::ObjectService;
use tonic::{Request, Response, Status, async_trait};
use zeroize::Zeroizing;

use super::call::{Caller, answer};
use super::page::page;
use super::records;
use super::request_id::request_id;
use crate::objects::{CertificateChange, DataChange, NewContent, NewObject, ObjectChange};
use crate::service::{Failure, Service};
use crate::store::{DataRecord, ObjectFilter};

pub(super) struct Objects(pub(super) Arc<Service>);

#[async_trait]
impl ObjectService for Objects {
    async fn create_object(
        &self,
        request: Request<v1::CreateObjectRequest>,
    ) -> Result<Response<v1::Object>, Status> {
        let resource = |message: &v1::CreateObjectRequest| new_name(&message.parent, &message.id);
        answer(&self.0, request, "CreateObject", resource, async |caller, message| {
            let parent = message.parent.parse()?;
            caller.authorize(Permission::Manage, &parent)?;
            let request =
                request_id(caller.peer.principal(), &message.request_id, "CreateObject", &message);
            let new = new_object(parent, &message.id, message.object)?;
            Ok(records::object(caller.service.objects.create(new, request).await?))
        })
        .await
    }

    async fn get_object(
        &self,
        request: Request<v1::GetObjectRequest>,
    ) -> Result<Response<v1::Object>, Status> {
        answer(
            &self.0,
            request,
            "GetObject",
            |m| m.name.clone(),
            async |caller, message| {
                let name = object_name(&caller, Permission::View, &message.name)?;
                Ok(records::object(caller.service.objects.get(&name).await?))
            },
        )
        .await
    }

    async fn list_objects(
        &self,
        request: Request<v1::ListObjectsRequest>,
    ) -> Result<Response<v1::ListObjectsResponse>, Status> {
        answer(
            &self.0,
            request,
            "ListObjects",
            |m| m.parent.clone(),
            async |caller, mut message| {
                let parent: KeyringName = message.parent.parse()?;
                caller.authorize(Permission::View, &parent)?;
                let token = std::mem::take(&mut message.page_token);
                let size = std::mem::take(&mut message.page_size);
                let page = page(&message, size, &token)?;
                let filter = filter(message.filter.unwrap_or_default());
                let found = caller.service.objects.list(&parent, &filter, &page).await?;
                Ok(v1::ListObjectsResponse {
                    objects: found.items.into_iter().map(records::object).collect(),
                    next_page_token: found.next_page_token,
                })
            },
        )
        .await
    }

    async fn update_object(
        &self,
        request: Request<v1::UpdateObjectRequest>,
    ) -> Result<Response<v1::Object>, Status> {
        let resource = |message: &v1::UpdateObjectRequest| {
            message.object.as_ref().map(|object| object.name.clone()).unwrap_or_default()
        };
        answer(&self.0, request, "UpdateObject", resource, async |caller, message| {
            let object = message.object.unwrap_or_default();
            let name = object_name(&caller, Permission::Manage, &object.name)?;
            let etag = object.etag.clone();
            let change = change(object, &message.update_mask.unwrap_or_default().paths);
            Ok(records::object(caller.service.objects.update(&name, change, &etag).await?))
        })
        .await
    }

    async fn delete_object(
        &self,
        request: Request<v1::DeleteObjectRequest>,
    ) -> Result<Response<v1::DeleteObjectResponse>, Status> {
        answer(
            &self.0,
            request,
            "DeleteObject",
            |m| m.name.clone(),
            async |caller, message| {
                let name = object_name(&caller, Permission::Manage, &message.name)?;
                caller.service.objects.delete(&name, &message.etag).await?;
                Ok(v1::DeleteObjectResponse {})
            },
        )
        .await
    }
}

/// The name an object will have, as far as it is known before it is made.
fn new_name(parent: &str, id: &str) -> String {
    if id.is_empty() { parent.to_owned() } else { format!("{parent}/objects/{id}") }
}

/// Reads the name of an object that the caller has `permission` for.
fn object_name(caller: &Caller, permission: Permission, name: &str) -> Result<ObjectName, Failure> {
    let name: ObjectName = name.parse()?;
    caller.authorize(permission, name.keyring())?;
    Ok(name)
}

fn new_object(keyring: KeyringName, id: &str, object: Option<v1::Object>) -> Outcome<NewObject> {
    let object = object.unwrap_or_default();
    let content = match object.content {
        Some(Content::Certificate(certificate)) => NewContent::Certificate {
            category: certificate.category().into(),
            trusted: certificate.trusted,
            der: certificate.der,
        },
        content => {
            let data = data(content);
            NewContent::Data(DataRecord {
                application: data.application,
                oid: data.oid,
                value: Zeroizing::new(data.value),
            })
        }
    };
    Ok(NewObject {
        keyring,
        id: if id.is_empty() { None } else { Some(id.parse()?) },
        label: object.label,
        object_id: object.object_id,
        content,
        private: object.private,
        modifiable: object.modifiable.unwrap_or(true),
        copyable: object.copyable.unwrap_or(true),
        destroyable: object.destroyable.unwrap_or(true),
    })
}

fn filter(wire: v1::ObjectFilter) -> ObjectFilter {
    ObjectFilter {
        kind: wire.kind().into(),
        label: wire.label,
        object_id: wire.object_id,
        subject: wire.subject,
        issuer: wire.issuer,
        serial_number: wire.serial_number,
        application: wire.application,
    }
}

/// The fields that the mask names. A content that the message does not have counts as an empty one.
fn change(object: v1::Object, mask: &[String]) -> ObjectChange {
    let named = |field: &str| mask.iter().any(|path| path == field);
    let certificate = match &object.content {
        Some(Content::Certificate(certificate)) => certificate.clone(),
        _ => v1::Certificate::default(),
    };
    let data = data(object.content);
    ObjectChange {
        label: named("label").then_some(object.label),
        object_id: named("object_id").then_some(object.object_id),
        copyable: named("copyable").then_some(object.copyable.unwrap_or(true)),
        destroyable: named("destroyable").then_some(object.destroyable.unwrap_or(true)),
        certificate: CertificateChange {
            category: named("certificate.category").then(|| certificate.category().into()),
            trusted: named("certificate.trusted").then_some(certificate.trusted),
        },
        data: DataChange {
            application: named("data.application").then_some(data.application),
            oid: named("data.oid").then_some(data.oid),
            value: named("data.value").then_some(Zeroizing::new(data.value)),
        },
    }
}

fn data(content: Option<Content>) -> v1::Data {
    match content {
        Some(Content::Data(data)) => data,
        _ => v1::Data::default(),
    }
}
