//! Making objects.

use supacrypt_core::{CertificateCategory, KeyringName, ResourceId, Result};
use supacrypt_crypto::Certificate;

use super::Objects;
use crate::{
    new_id::id_from_label,
    store::{self, CertificateRecord, DataRecord, ObjectContent, ObjectRecord, RequestId},
};

/// What a new object shall be.
#[derive(Clone, Debug)]
pub struct NewObject {
    /// The keyring it belongs in.
    pub keyring: KeyringName,
    /// Its id; made from the label when `None`.
    pub id: Option<ResourceId>,
    /// Text for people.
    pub label: String,
    /// Ties a certificate to its key.
    pub object_id: Vec<u8>,
    /// What it is.
    pub content: NewContent,
    /// Whether applications show it to users that are logged in only.
    pub private: bool,
    /// Whether anything of it can be changed.
    pub modifiable: bool,
    /// Whether applications may copy it.
    pub copyable: bool,
    /// Whether it can be deleted.
    pub destroyable: bool,
}

/// What a new object is.
#[derive(Clone, Debug)]
pub enum NewContent {
    /// A certificate.
    Certificate {
        /// The certificate itself, DER.
        der: Vec<u8>,
        /// Whose it is.
        category: CertificateCategory,
        /// Whether applications may take it for a trust anchor.
        trusted: bool,
    },
    /// Data of an application.
    Data(DataRecord),
}

impl Objects {
    /// Makes an object.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for what is no certificate; `ALREADY_EXISTS`, `KEYRING_NOT_FOUND`,
    /// `REQUEST_ID_REUSED`.
    pub async fn create(&self, new: NewObject, request: Option<RequestId>) -> Result<ObjectRecord> {
        let content = content(new.content)?;
        let id = new.id.map_or_else(|| id_from_label(&new.label, "object"), Ok)?;
        let now = store::now();
        let object = ObjectRecord {
            name: new.keyring.object(id),
            label: new.label,
            object_id: new.object_id,
            content,
            private: new.private,
            modifiable: new.modifiable,
            copyable: new.copyable,
            destroyable: new.destroyable,
            etag: store::new_etag()?,
            create_time: now,
            update_time: now,
        };
        let mut write = self.store.write().await?;
        if let Some(request) = &request {
            if let Some(made) = store::requests::find(&mut write, request).await? {
                return store::objects::get(&mut write, &self.keys, &made.parse()?).await;
            }
            store::requests::insert(&mut write, request, &object.name.to_string()).await?;
        }
        store::objects::insert(&mut write, &self.keys, &object).await?;
        self.commit(write, &object.name).await?;
        Ok(object)
    }
}

/// Reads what the certificate says.
fn content(new: NewContent) -> Result<ObjectContent> {
    match new {
        NewContent::Data(data) => Ok(ObjectContent::Data(data)),
        NewContent::Certificate { der, category, trusted } => {
            let read = Certificate::from_der(&der)
                .map_err(|error| error.in_field("object.certificate.der"))?;
            Ok(ObjectContent::Certificate(CertificateRecord {
                der,
                category,
                trusted,
                subject: read.subject,
                issuer: read.issuer,
                serial_number: read.serial_number,
            }))
        }
    }
}
