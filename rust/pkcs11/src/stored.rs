//! Certificates and data of the token, which the backend keeps: as attributes, and back.

use cryptoki_sys::*;
use supacrypt_client::{
    DataObject, NewObject, NewObjectContent, Object, ObjectChange, ObjectContent, ObjectFilter,
    limits,
};
use supacrypt_core::{CertificateCategory, ObjectKind};
use zeroize::Zeroizing;

use crate::{
    attributes::Attributes,
    error::{Result, Rv},
    plain_object,
    template::Template,
};

const CATEGORIES: [(CK_ULONG, CertificateCategory); 4] = [
    (CK_CERTIFICATE_CATEGORY_UNSPECIFIED, CertificateCategory::Unspecified),
    (CK_CERTIFICATE_CATEGORY_TOKEN_USER, CertificateCategory::TokenUser),
    (CK_CERTIFICATE_CATEGORY_AUTHORITY, CertificateCategory::Authority),
    (CK_CERTIFICATE_CATEGORY_OTHER_ENTITY, CertificateCategory::OtherEntity),
];

/// The attributes of an object of the token.
pub(crate) fn attributes(object: &Object) -> Attributes {
    let mut attributes = match &object.content {
        ObjectContent::Certificate(certificate) => {
            let mut attributes = plain_object::of_certificate();
            attributes.set(CKA_ID, object.object_id.as_slice());
            attributes.set(CKA_VALUE, certificate.der.as_slice());
            attributes.set(CKA_SUBJECT, certificate.subject.as_slice());
            attributes.set(CKA_ISSUER, certificate.issuer.as_slice());
            attributes.set(CKA_SERIAL_NUMBER, certificate.serial_number.as_slice());
            attributes.set_flag(CKA_TRUSTED, certificate.trusted);
            let category = CATEGORIES.iter().find(|(_, ours)| *ours == certificate.category);
            let category =
                category.map_or(CK_CERTIFICATE_CATEGORY_UNSPECIFIED, |(value, _)| *value);
            attributes.set_number(CKA_CERTIFICATE_CATEGORY, category);
            attributes
        }
        ObjectContent::Data(data) => {
            let mut attributes = plain_object::of_data();
            attributes.set(CKA_APPLICATION, data.application.as_bytes());
            attributes.set(CKA_OBJECT_ID, data.oid.as_slice());
            attributes.set(CKA_VALUE, data.value.as_slice());
            attributes
        }
    };
    attributes.set(CKA_LABEL, object.label.as_bytes());
    for (attribute, value) in [
        (CKA_TOKEN, true),
        (CKA_PRIVATE, object.private),
        (CKA_MODIFIABLE, object.modifiable),
        (CKA_COPYABLE, object.copyable),
        (CKA_DESTROYABLE, object.destroyable),
    ] {
        attributes.set_flag(attribute, value);
    }
    attributes
}

/// What to ask the backend for; `None` when no certificate or data of the token can match.
pub(crate) fn filter(template: &Template) -> Result<Option<ObjectFilter>> {
    let kind = match template.number(CKA_CLASS)? {
        None => None,
        Some(CKO_CERTIFICATE) => Some(ObjectKind::Certificate),
        Some(CKO_DATA) => Some(ObjectKind::Data),
        Some(_) => return Ok(None),
    };
    if template.boolean(CKA_TOKEN)? == Some(false) || template.bytes(CKA_KEY_TYPE).is_some() {
        return Ok(None);
    }
    let bytes = |attribute| template.bytes(attribute).map(<[u8]>::to_vec);
    let filter = ObjectFilter {
        label: template.text(CKA_LABEL).unwrap_or_default(),
        object_id: bytes(CKA_ID),
        kind,
        subject: bytes(CKA_SUBJECT),
        issuer: bytes(CKA_ISSUER),
        serial_number: bytes(CKA_SERIAL_NUMBER),
        application: template.text(CKA_APPLICATION).unwrap_or_default(),
    };
    // Longer ones than an object can have are an error to the backend, and just not found here; and
    // text that is none is nobody's.
    let not_text = |attribute, text: &Option<String>| {
        template.bytes(attribute).is_some() && text.is_none()
            || text.as_ref().is_some_and(|text| text.len() > limits::LABEL)
    };
    let too_long = [&filter.subject, &filter.issuer, &filter.serial_number]
        .into_iter()
        .flatten()
        .any(|value| value.is_empty() || value.len() > limits::INPUT);
    if not_text(CKA_LABEL, &filter.label)
        || not_text(CKA_APPLICATION, &filter.application)
        || filter.object_id.as_ref().is_some_and(|id| id.len() > limits::OBJECT_ID)
        || too_long
    {
        return Ok(None);
    }
    Ok(Some(filter))
}

/// An object to make of attributes that a caller gave.
///
/// # Errors
/// `CKR_ATTRIBUTE_VALUE_INVALID`; `CKR_TEMPLATE_INCONSISTENT` where the attributes say something
/// else than the certificate.
pub(crate) fn new_object(attributes: &Attributes) -> Result<NewObject> {
    let content = if attributes.get(CKA_CERTIFICATE_TYPE).is_some() {
        let der = bytes(attributes, CKA_VALUE);
        let certificate = supacrypt_crypto::Certificate::from_der(&der)
            .map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))?;
        for (attribute, own) in [
            (CKA_SUBJECT, &certificate.subject),
            (CKA_ISSUER, &certificate.issuer),
            (CKA_SERIAL_NUMBER, &certificate.serial_number),
        ] {
            let given = bytes(attributes, attribute);
            // Java writes the serial number without the DER around it.
            let is_number = attribute == CKA_SERIAL_NUMBER && own.ends_with(&given);
            if !given.is_empty() && given != *own && !is_number {
                return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
            }
        }
        // The backend keeps certificates, and none by their address.
        if attributes.get(CKA_URL).is_some_and(|url| !url.is_empty()) {
            return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
        }
        let trusted = attributes.flag(CKA_TRUSTED);
        NewObjectContent::Certificate { der, category: category(attributes)?, trusted }
    } else {
        NewObjectContent::Data(DataObject {
            application: text(attributes, CKA_APPLICATION)?,
            oid: bytes(attributes, CKA_OBJECT_ID),
            value: Zeroizing::new(bytes(attributes, CKA_VALUE)),
        })
    };
    Ok(NewObject {
        id: None,
        label: text(attributes, CKA_LABEL)?,
        object_id: bytes(attributes, CKA_ID),
        content,
        private: attributes.flag(CKA_PRIVATE),
        modifiable: attributes.flag(CKA_MODIFIABLE),
        copyable: attributes.flag(CKA_COPYABLE),
        destroyable: attributes.flag(CKA_DESTROYABLE),
    })
}

/// The difference between an object's attributes and what they shall be.
///
/// # Errors
/// `CKR_ATTRIBUTE_VALUE_INVALID`, `CKR_ATTRIBUTE_READ_ONLY`.
pub(crate) fn change(before: &Attributes, after: &Attributes) -> Result<ObjectChange> {
    let changes = |attribute| before.get(attribute) != after.get(attribute);
    // They are what the certificate says, and it says it for good.
    if [CKA_SUBJECT, CKA_START_DATE, CKA_END_DATE].into_iter().any(changes) {
        return Err(Rv(CKR_ATTRIBUTE_READ_ONLY));
    }
    let text = |attribute| changes(attribute).then(|| text(after, attribute)).transpose();
    let bytes = |attribute| changes(attribute).then(|| bytes(after, attribute));
    let flag = |attribute| changes(attribute).then(|| after.flag(attribute));
    Ok(ObjectChange {
        label: text(CKA_LABEL)?,
        object_id: bytes(CKA_ID),
        copyable: flag(CKA_COPYABLE),
        destroyable: flag(CKA_DESTROYABLE),
        category: changes(CKA_CERTIFICATE_CATEGORY).then(|| category(after)).transpose()?,
        trusted: flag(CKA_TRUSTED),
        application: text(CKA_APPLICATION)?,
        oid: bytes(CKA_OBJECT_ID),
        value: bytes(CKA_VALUE).map(Zeroizing::new),
    })
}

fn bytes(attributes: &Attributes, attribute: CK_ATTRIBUTE_TYPE) -> Vec<u8> {
    attributes.get(attribute).unwrap_or_default().to_vec()
}

fn text(attributes: &Attributes, attribute: CK_ATTRIBUTE_TYPE) -> Result<String> {
    String::from_utf8(bytes(attributes, attribute)).map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))
}

fn category(attributes: &Attributes) -> Result<CertificateCategory> {
    let value = attributes.get(CKA_CERTIFICATE_CATEGORY).unwrap_or_default();
    let category = CATEGORIES.iter().find(|(number, _)| number.to_ne_bytes() == value);
    category.map(|(_, category)| *category).ok_or(Rv(CKR_ATTRIBUTE_VALUE_INVALID))
}
