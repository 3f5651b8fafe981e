//! Changing objects.

use supacrypt_core::{CertificateCategory, Error, ObjectName, Reason, Result};
use zeroize::Zeroizing;

use super::{Objects, immutable};
use crate::store::{self, ObjectContent, ObjectRecord};

/// What changes in an object; `None` leaves a field as it is.
#[derive(Clone, Default)]
pub struct ObjectChange {
    /// Text for people.
    pub label: Option<String>,
    /// Ties a certificate to its key.
    pub object_id: Option<Vec<u8>>,
    /// Whether applications may copy it; can only be taken away.
    pub copyable: Option<bool>,
    /// Whether it can be deleted; can only be taken away.
    pub destroyable: Option<bool>,
    /// What changes in a certificate.
    pub certificate: CertificateChange,
    /// What changes in data.
    pub data: DataChange,
}

/// What changes in a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CertificateChange {
    /// Whose it is.
    pub category: Option<CertificateCategory>,
    /// Whether applications may take it for a trust anchor.
    pub trusted: Option<bool>,
}

/// What changes in data.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DataChange {
    /// What it belongs to.
    pub application: Option<String>,
    /// Its type.
    pub oid: Option<Vec<u8>>,
    /// The data itself.
    pub value: Option<Zeroizing<Vec<u8>>>,
}

impl Objects {
    /// Changes an object. A non-empty `etag` must be the current one.
    ///
    /// # Errors
    /// [`Reason::ObjectNotFound`], [`Reason::ObjectImmutable`], [`Reason::EtagMismatch`],
    /// [`Reason::InvalidArgument`] for a change that is for another kind of object.
    pub async fn update(
        &self,
        name: &ObjectName,
        change: ObjectChange,
        etag: &str,
    ) -> Result<ObjectRecord> {
        let mut write = self.store.write().await?;
        let mut object = store::objects::get(&mut write, &self.keys, name).await?;
        store::check_etag(name, &object.etag, etag)?;
        if !object.modifiable {
            return Err(immutable(&object, "it can never be changed"));
        }
        if change.copyable == Some(true) && !object.copyable {
            return Err(immutable(&object, "it stays uncopyable").in_field("object.copyable"));
        }
        if change.destroyable == Some(true) && !object.destroyable {
            return Err(immutable(&object, "it stays undeletable").in_field("object.destroyable"));
        }
        apply(&mut object, change)?;
        object.etag = store::new_etag()?;
        object.update_time = store::now();
        store::objects::update(&mut write, &self.keys, &object).await?;
        self.commit(write, name).await?;
        Ok(object)
    }
}

fn apply(object: &mut ObjectRecord, change: ObjectChange) -> Result<()> {
    match &mut object.content {
        ObjectContent::Certificate(certificate) if change.data == DataChange::default() => {
            let CertificateChange { category, trusted } = change.certificate;
            certificate.category = category.unwrap_or(certificate.category);
            certificate.trusted = trusted.unwrap_or(certificate.trusted);
        }
        ObjectContent::Data(data) if change.certificate == CertificateChange::default() => {
            let DataChange { application, oid, value } = change.data;
            replace(&mut data.application, application);
            replace(&mut data.oid, oid);
            replace(&mut data.value, value);
        }
        other => {
            let message = format!(
                "{} is of the kind {}; name fields of that in the mask",
                object.name,
                other.kind()
            );
            return Err(Error::new(Reason::InvalidArgument, message).in_field("update_mask"));
        }
    }
    replace(&mut object.label, change.label);
    replace(&mut object.object_id, change.object_id);
    replace(&mut object.copyable, change.copyable);
    replace(&mut object.destroyable, change.destroyable);
    Ok(())
}

fn replace<T>(field: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *field = new;
    }
}
