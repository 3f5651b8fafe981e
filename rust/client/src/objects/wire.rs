//! Objects as the API has them.

use supacrypt_core::{Error, ObjectName, Reason, Result};
use supacrypt_proto::v1::{self, object::Content};
use zeroize::Zeroizing;

use super::{
    CertificateObject, DataObject, NewObject, NewObjectContent, Object, ObjectChange,
    ObjectContent, ObjectFilter,
};

impl TryFrom<v1::Object> for Object {
    type Error = Error;

    fn try_from(wire: v1::Object) -> Result<Self> {
        let content = match wire.content {
            Some(Content::Certificate(wire)) => ObjectContent::Certificate(CertificateObject {
                category: wire.category().into(),
                der: wire.der,
                trusted: wire.trusted,
                subject: wire.subject,
                issuer: wire.issuer,
                serial_number: wire.serial_number,
            }),
            Some(Content::Data(wire)) => ObjectContent::Data(DataObject {
                application: wire.application,
                oid: wire.oid,
                value: Zeroizing::new(wire.value),
            }),
            None => {
                let message = "the server sent an object of a kind that is newer than this client";
                return Err(Error::new(Reason::Protocol, message));
            }
        };
        Ok(Object {
            name: wire.name.parse()?,
            label: wire.label,
            object_id: wire.object_id,
            content,
            private: wire.private,
            modifiable: wire.modifiable.unwrap_or(true),
            copyable: wire.copyable.unwrap_or(true),
            destroyable: wire.destroyable.unwrap_or(true),
        })
    }
}

impl From<NewObject> for v1::Object {
    fn from(new: NewObject) -> Self {
        let content = match new.content {
            NewObjectContent::Certificate { der, category, trusted } => {
                let category = v1::CertificateCategory::from(category).into();
                Content::Certificate(v1::Certificate {
                    der,
                    category,
                    trusted,
                    ..Default::default()
                })
            }
            NewObjectContent::Data(mut data) => Content::Data(v1::Data {
                application: data.application,
                oid: data.oid,
                value: std::mem::take(&mut *data.value),
            }),
        };
        v1::Object {
            label: new.label,
            object_id: new.object_id,
            content: Some(content),
            private: new.private,
            modifiable: Some(new.modifiable),
            copyable: Some(new.copyable),
            destroyable: Some(new.destroyable),
            ..Default::default()
        }
    }
}

impl From<&ObjectFilter> for v1::ObjectFilter {
    fn from(filter: &ObjectFilter) -> Self {
        let kind = filter.kind.map_or(v1::ObjectKind::Unspecified, v1::ObjectKind::from);
        v1::ObjectFilter {
            label: filter.label.clone(),
            object_id: filter.object_id.clone(),
            kind: kind.into(),
            subject: filter.subject.clone(),
            issuer: filter.issuer.clone(),
            serial_number: filter.serial_number.clone(),
            application: filter.application.clone(),
        }
    }
}

/// The request that makes `change`.
///
/// # Errors
/// [`Reason::InvalidArgument`] when it is for certificates and for data at once.
pub(super) fn update_request(
    name: &ObjectName,
    change: ObjectChange,
) -> Result<v1::UpdateObjectRequest> {
    let fields = [
        ("label", change.label.is_some()),
        ("object_id", change.object_id.is_some()),
        ("copyable", change.copyable.is_some()),
        ("destroyable", change.destroyable.is_some()),
        ("certificate.category", change.category.is_some()),
        ("certificate.trusted", change.trusted.is_some()),
        ("data.application", change.application.is_some()),
        ("data.oid", change.oid.is_some()),
        ("data.value", change.value.is_some()),
    ];
    let paths: Vec<String> =
        fields.iter().filter(|(_, set)| *set).map(|(path, _)| (*path).to_owned()).collect();
    let names = |kind: &str| paths.iter().any(|path| path.starts_with(kind));
    let content = match (names("certificate."), names("data.")) {
        (false, false) => None,
        (true, false) => Some(Content::Certificate(v1::Certificate {
            category: change.category.map_or(0, |it| v1::CertificateCategory::from(it).into()),
            trusted: change.trusted.unwrap_or_default(),
            ..Default::default()
        })),
        (false, true) => Some(Content::Data(v1::Data {
            application: change.application.unwrap_or_default(),
            oid: change.oid.unwrap_or_default(),
            value: change.value.map(|mut it| std::mem::take(&mut *it)).unwrap_or_default(),
        })),
        (true, true) => {
            let message = "an object is a certificate or data; change fields of one of them";
            return Err(Error::new(Reason::InvalidArgument, message));
        }
    };
    let object = v1::Object {
        name: name.to_string(),
        label: change.label.unwrap_or_default(),
        object_id: change.object_id.unwrap_or_default(),
        content,
        copyable: change.copyable,
        destroyable: change.destroyable,
        ..Default::default()
    };
    let update_mask = Some(prost_types::FieldMask { paths });
    Ok(v1::UpdateObjectRequest { object: Some(object), update_mask })
}
