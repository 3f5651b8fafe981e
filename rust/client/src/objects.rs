//! Objects: finding, making, changing and deleting certificates and data.

mod content;
mod wire;

use std::{slice, sync::Arc};

use supacrypt_core::{
    CertificateCategory, KeyringName, ObjectKind, ObjectName, ResourceId, Result,
};
use supacrypt_proto::v1::{self, object_service_client::ObjectServiceClient};
use zeroize::Zeroizing;

pub use content::{CertificateObject, DataObject, NewObjectContent, ObjectContent};

use crate::{
    Client, Retry, Transport,
    failure::Failure,
    keys::{PAGE, request_id},
};

/// A certificate or data of an application.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its name.
    pub name: ObjectName,
    /// Text for people, and `CKA_LABEL` in PKCS#11.
    pub label: String,
    /// `CKA_ID` in PKCS#11.
    pub object_id: Vec<u8>,
    /// What it is.
    pub content: ObjectContent,
    /// Whether it is for users that are logged in only. The server tells it to every user.
    pub private: bool,
    /// Whether anything of it can be changed.
    pub modifiable: bool,
    /// Whether it may be copied; it is the provider that heeds it.
    pub copyable: bool,
    /// Whether it can be deleted.
    pub destroyable: bool,
}

/// Which objects to find; every field that is set must match exactly.
#[derive(Clone, Debug, Default)]
pub struct ObjectFilter {
    /// The label.
    pub label: Option<String>,
    /// The object id.
    pub object_id: Option<Vec<u8>>,
    /// What they are.
    pub kind: Option<ObjectKind>,
    /// The subject of certificates, DER.
    pub subject: Option<Vec<u8>>,
    /// The issuer of certificates, DER.
    pub issuer: Option<Vec<u8>>,
    /// The serial number of certificates, DER.
    pub serial_number: Option<Vec<u8>>,
    /// The application of data.
    pub application: Option<String>,
}

/// What a new object shall be.
#[derive(Clone, Debug)]
pub struct NewObject {
    /// Its id; the server makes one from the label when `None`.
    pub id: Option<ResourceId>,
    /// Text for people.
    pub label: String,
    /// Ties a certificate to its key.
    pub object_id: Vec<u8>,
    /// What it is.
    pub content: NewObjectContent,
    /// Whether it is for users that are logged in only.
    pub private: bool,
    /// Whether anything of it can be changed.
    pub modifiable: bool,
    /// Whether it may be copied.
    pub copyable: bool,
    /// Whether it can be deleted.
    pub destroyable: bool,
}

impl NewObject {
    /// An object without a label, with which everything can be done.
    pub fn new(content: NewObjectContent) -> Self {
        NewObject {
            id: None,
            label: String::new(),
            object_id: Vec::new(),
            content,
            private: false,
            modifiable: true,
            copyable: true,
            destroyable: true,
        }
    }
}

/// What changes in an object; `None` leaves a field as it is.
#[derive(Clone, Default)]
pub struct ObjectChange {
    /// Text for people.
    pub label: Option<String>,
    /// Ties a certificate to its key.
    pub object_id: Option<Vec<u8>>,
    /// Whether it may be copied; can only be taken away.
    pub copyable: Option<bool>,
    /// Whether it can be deleted; can only be taken away.
    pub destroyable: Option<bool>,
    /// Whose a certificate is.
    pub category: Option<CertificateCategory>,
    /// Whether a certificate may be taken for a trust anchor.
    pub trusted: Option<bool>,
    /// What data belongs to.
    pub application: Option<String>,
    /// The type of data, DER.
    pub oid: Option<Vec<u8>>,
    /// The data itself.
    pub value: Option<Zeroizing<Vec<u8>>>,
}

impl Client {
    /// All objects of a keyring that match, ordered by name. Always asks the server; the objects are
    /// in the cache then.
    ///
    /// # Errors
    /// Those of the method `ListObjects` of the API, and those of every method of this crate.
    pub fn find_objects(
        &self,
        keyring: &KeyringName,
        filter: &ObjectFilter,
    ) -> Result<Vec<Arc<Object>>> {
        let mut request = v1::ListObjectsRequest {
            parent: keyring.to_string(),
            page_size: PAGE,
            filter: Some(filter.into()),
            ..Default::default()
        };
        let process = self.process()?;
        let mut objects = Vec::new();
        loop {
            let (page, next) = self.attempt(Retry::Safe, async |connection, left| {
                let watch = process.cache.watch(connection, keyring).await?;
                let seen = watch.changes();
                let transport = connection.transport().with_timeout(left);
                let result = object_service(transport).list_objects(request.clone()).await;
                let page = connection.answer(result).await?;
                let read = page.objects.into_iter().map(|it| Object::try_from(it).map(Arc::new));
                let read = read.collect::<Result<Vec<_>>>().map_err(Failure::answered)?;
                watch.put_objects(&read, seen);
                Ok((read, page.next_page_token))
            })?;
            objects.extend(page);
            if next.is_empty() {
                return Ok(objects);
            }
            request.page_token = next;
        }
    }

    /// An object, from the cache when it is there; the cache is as current as for
    /// [`key`](Self::key).
    ///
    /// # Errors
    /// Those of the method `GetObject` of the API, and those of every method of this crate.
    pub fn object(&self, name: &ObjectName) -> Result<Arc<Object>> {
        let process = self.process()?;
        if let Some(object) = process.cache.object(&process, name) {
            return Ok(object);
        }
        let request = v1::GetObjectRequest { name: name.to_string() };
        self.attempt(Retry::Safe, async |connection, left| {
            // Watching begins before reading, so that no change falls between the two.
            let watch = process.cache.watch(connection, name.keyring()).await?;
            let seen = watch.changes();
            let transport = connection.transport().with_timeout(left);
            let result = object_service(transport).get_object(request.clone()).await;
            let object = Object::try_from(connection.answer(result).await?).map(Arc::new);
            let object = object.map_err(Failure::answered)?;
            watch.put_objects(slice::from_ref(&object), seen);
            Ok(object)
        })
    }

    /// Makes an object. Sent again after a broken connection, it still makes one object only.
    ///
    /// # Errors
    /// Those of the method `CreateObject` of the API, and those of every method of this crate.
    pub fn create_object(&self, keyring: &KeyringName, new: NewObject) -> Result<Arc<Object>> {
        let request = v1::CreateObjectRequest {
            parent: keyring.to_string(),
            id: new.id.as_ref().map(ToString::to_string).unwrap_or_default(),
            object: Some(new.into()),
            request_id: request_id()?,
        };
        let object = self.call(Retry::Safe, |transport| {
            let request = request.clone();
            async move { object_service(transport).create_object(request).await }
        })?;
        Object::try_from(object).map(Arc::new)
    }

    /// Changes an object.
    ///
    /// # Errors
    /// Those of the method `UpdateObject` of the API, and those of every method of this crate.
    pub fn update_object(&self, name: &ObjectName, change: ObjectChange) -> Result<Arc<Object>> {
        let request = wire::update_request(name, change)?;
        let object = self.call(Retry::Safe, |transport| {
            let request = request.clone();
            async move { object_service(transport).update_object(request).await }
        })?;
        self.process()?.cache.forget_object(name);
        Object::try_from(object).map(Arc::new)
    }

    /// Deletes an object for good.
    ///
    /// # Errors
    /// Those of the method `DeleteObject` of the API, and those of every method of this crate.
    pub fn delete_object(&self, name: &ObjectName) -> Result<()> {
        let request = v1::DeleteObjectRequest { name: name.to_string(), ..Default::default() };
        self.call(Retry::Never, |transport| {
            let request = request.clone();
            async move { object_service(transport).delete_object(request).await }
        })?;
        self.process()?.cache.forget_object(name);
        Ok(())
    }
}

fn object_service(transport: Transport) -> ObjectServiceClient<Transport> {
    ObjectServiceClient::new(transport)
}
