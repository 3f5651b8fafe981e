//! An object as plain data, and its row.

use std::fmt;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use supacrypt_core::{
    CertificateCategory, Error, KeyringName, ObjectKind, ObjectName, Reason, ResourceId, Result,
};
use zeroize::Zeroizing;

use crate::data_keys::DataKeys;
use crate::store::records::{column, parsed, time};

/// A certificate or data of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRecord {
    /// The name.
    pub name: ObjectName,
    /// Text for people.
    pub label: String,
    /// Ties a certificate to its key.
    pub object_id: Vec<u8>,
    /// What it is.
    pub content: ObjectContent,
    /// Whether applications show it to users that are logged in only.
    pub private: bool,
    /// Whether anything of it can be changed.
    pub modifiable: bool,
    /// Whether applications may copy it.
    pub copyable: bool,
    /// Whether it can be deleted.
    pub destroyable: bool,
    /// Changes with every update.
    pub etag: String,
    /// When it was made.
    pub create_time: Timestamp,
    /// When it was last changed.
    pub update_time: Timestamp,
}

/// What an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectContent {
    /// A certificate.
    Certificate(CertificateRecord),
    /// Data of an application.
    Data(DataRecord),
}

/// A certificate with what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRecord {
    /// The certificate itself, DER.
    pub der: Vec<u8>,
    /// Whose it is.
    pub category: CertificateCategory,
    /// Whether applications may take it for a trust anchor.
    pub trusted: bool,
    /// Its subject, DER.
    pub subject: Vec<u8>,
    /// Its issuer, DER.
    pub issuer: Vec<u8>,
    /// Its serial number, DER.
    pub serial_number: Vec<u8>,
}

/// Data of an application.
#[derive(Clone, PartialEq, Eq)]
pub struct DataRecord {
    /// What it belongs to.
    pub application: String,
    /// Its type.
    pub oid: Vec<u8>,
    /// The data itself, which may be a secret. Sealed in the store.
    pub value: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for DataRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataRecord")
            .field("application", &self.application)
            .field("oid", &self.oid)
            .finish_non_exhaustive()
    }
}

impl ObjectRecord {
    /// About how many bytes it takes in an answer.
    pub(super) fn size(&self) -> usize {
        let content = match &self.content {
            ObjectContent::Certificate(it) => {
                it.der.len() + it.subject.len() + it.issuer.len() + it.serial_number.len()
            }
            ObjectContent::Data(data) => data.application.len() + data.oid.len() + data.value.len(),
        };
        content + self.label.len() + self.object_id.len()
    }
}

impl ObjectContent {
    /// Which kind it is.
    pub fn kind(&self) -> ObjectKind {
        match self {
            ObjectContent::Certificate(_) => ObjectKind::Certificate,
            ObjectContent::Data(_) => ObjectKind::Data,
        }
    }
}

/// What stands in the column `content`.
pub(super) fn content(object: &ObjectRecord, keys: &DataKeys) -> Result<Vec<u8>> {
    match &object.content {
        ObjectContent::Certificate(certificate) => Ok(certificate.der.clone()),
        ObjectContent::Data(data) => keys.seal(&data_context(&object.name), &data.value),
    }
}

/// Ties a sealed value to its object.
pub(crate) fn data_context(name: &ObjectName) -> Vec<u8> {
    format!("data\0{name}").into_bytes()
}

/// Reads a row of `objects`.
pub(super) fn object(row: &SqliteRow, keys: &DataKeys) -> Result<ObjectRecord> {
    let keyring: ResourceId = parsed(row, "keyring")?;
    let name = KeyringName::new(keyring).object(parsed(row, "id")?);
    let content = match parsed(row, "kind")? {
        ObjectKind::Certificate => ObjectContent::Certificate(CertificateRecord {
            der: column(row, "content")?,
            category: parsed(row, "category")?,
            trusted: column(row, "trusted")?,
            subject: column(row, "subject")?,
            issuer: column(row, "issuer")?,
            serial_number: column(row, "serial_number")?,
        }),
        ObjectKind::Data => ObjectContent::Data(DataRecord {
            application: column(row, "application")?,
            oid: column(row, "oid")?,
            value: keys.open(&data_context(&name), column(row, "content")?).map_err(|_| {
                Error::new(
                    Reason::SealUnavailable,
                    format!(
                        "{name} does not open with the data keys of the store: it was \
                         altered, or parts of two stores were mixed"
                    ),
                )
            })?,
        }),
    };
    Ok(ObjectRecord {
        name,
        label: column(row, "label")?,
        object_id: column(row, "object_id")?,
        content,
        private: column(row, "private")?,
        modifiable: column(row, "modifiable")?,
        copyable: column(row, "copyable")?,
        destroyable: column(row, "destroyable")?,
        etag: column(row, "etag")?,
        create_time: time(row, "create_time")?,
        update_time: time(row, "update_time")?,
    })
}
