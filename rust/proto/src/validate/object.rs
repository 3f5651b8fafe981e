//! Limits of the object service's requests.

use supacrypt_core::{Error, KeyringName, ObjectName, Reason, ResourceId, Result};

use super::{Validate, bytes, limits, name, page, request_id, required, text, update_mask};
use crate::v1::{self, object::Content};

impl Validate for v1::Object {
    fn validate(&self) -> Result<()> {
        text("object.label", &self.label, limits::LABEL)?;
        bytes("object.object_id", self.object_id.len(), limits::OBJECT_ID)?;
        bytes("object.etag", self.etag.len(), limits::TOKEN)?;
        match &self.content {
            None => Ok(()),
            Some(Content::Certificate(certificate)) => {
                bytes("object.certificate.der", certificate.der.len(), limits::CERTIFICATE)?;
                category(certificate.category)
            }
            Some(Content::Data(data)) => {
                text("object.data.application", &data.application, limits::APPLICATION)?;
                bytes("object.data.oid", data.oid.len(), limits::OID)?;
                bytes("object.data.value", data.value.len(), limits::DATA)
            }
        }
    }
}

fn category(value: i32) -> Result<()> {
    let field = "object.certificate.category";
    v1::CertificateCategory::try_from(value).map(drop).map_err(|_| unknown(field))
}

fn unknown(field: &'static str) -> Error {
    let message = format!("{field} is unknown to this version");
    Error::new(Reason::InvalidArgument, message).in_field(field)
}

impl Validate for v1::CreateObjectRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyringName>("parent", &self.parent)?;
        if !self.id.is_empty() {
            name::<ResourceId>("id", &self.id)?;
        }
        request_id(&self.request_id)?;
        let object = required("object", &self.object)?;
        if object.content.is_none() {
            let message = "object.content is required: a certificate, or data";
            return Err(Error::new(Reason::InvalidArgument, message).in_field("object.content"));
        }
        object.validate()
    }
}

impl Validate for v1::GetObjectRequest {
    fn validate(&self) -> Result<()> {
        name::<ObjectName>("name", &self.name).map(drop)
    }
}

impl Validate for v1::ListObjectsRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyringName>("parent", &self.parent)?;
        page(self.page_size, &self.page_token)?;
        let Some(filter) = &self.filter else { return Ok(()) };
        v1::ObjectKind::try_from(filter.kind).map_err(|_| unknown("filter.kind"))?;
        let measured = |field, value: Option<usize>, limit| match value {
            Some(length) => bytes(field, length, limit),
            None => Ok(()),
        };
        let length = |value: &Option<Vec<u8>>| value.as_ref().map(Vec::len);
        let letters = |value: &Option<String>| value.as_ref().map(String::len);
        measured("filter.label", letters(&filter.label), limits::LABEL)?;
        measured("filter.object_id", length(&filter.object_id), limits::OBJECT_ID)?;
        measured("filter.subject", length(&filter.subject), limits::CERTIFICATE)?;
        measured("filter.issuer", length(&filter.issuer), limits::CERTIFICATE)?;
        measured("filter.serial_number", length(&filter.serial_number), limits::CERTIFICATE)?;
        measured("filter.application", letters(&filter.application), limits::APPLICATION)
    }
}

impl Validate for v1::UpdateObjectRequest {
    fn validate(&self) -> Result<()> {
        let object = required("object", &self.object)?;
        name::<ObjectName>("object.name", &object.name)?;
        let known = [
            "label",
            "object_id",
            "copyable",
            "destroyable",
            "certificate.category",
            "certificate.trusted",
            "data.application",
            "data.oid",
            "data.value",
        ];
        update_mask(&self.update_mask, &known)?;
        object.validate()
    }
}

impl Validate for v1::DeleteObjectRequest {
    fn validate(&self) -> Result<()> {
        name::<ObjectName>("name", &self.name)?;
        bytes("etag", self.etag.len(), limits::TOKEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(content: Option<Content>) -> v1::CreateObjectRequest {
        v1::CreateObjectRequest {
            parent: "keyrings/dev".into(),
            object: Some(v1::Object { content, ..Default::default() }),
            ..Default::default()
        }
    }

    fn field(request: &impl Validate) -> Option<String> {
        request.validate().err().map(|error| error.field().expect("a field").to_owned())
    }

    #[test]
    fn content_is_required_and_has_a_limit() {
        assert_eq!(field(&create(None)).as_deref(), Some("object.content"));
        let data = |length| {
            create(Some(Content::Data(v1::Data { value: vec![0; length], ..Default::default() })))
        };
        assert_eq!(field(&data(0)), None);
        assert_eq!(field(&data(limits::DATA)), None);
        assert_eq!(field(&data(limits::DATA + 1)).as_deref(), Some("object.data.value"));
        let der = vec![0; limits::CERTIFICATE + 1];
        let certificate = Content::Certificate(v1::Certificate { der, ..Default::default() });
        assert_eq!(field(&create(Some(certificate))).as_deref(), Some("object.certificate.der"));
    }

    #[test]
    fn a_category_of_a_newer_version_is_refused() {
        let certificate = v1::Certificate { category: 99, ..Default::default() };
        let request = create(Some(Content::Certificate(certificate)));
        assert_eq!(field(&request).as_deref(), Some("object.certificate.category"));
    }

    #[test]
    fn what_is_fixed_at_creation_cannot_be_named_in_a_mask() {
        for path in ["certificate.der", "private", "modifiable"] {
            let request = v1::UpdateObjectRequest {
                object: Some(v1::Object {
                    name: "keyrings/dev/objects/o".into(),
                    ..Default::default()
                }),
                update_mask: Some(prost_types::FieldMask { paths: vec![path.into()] }),
            };
            assert_eq!(field(&request).as_deref(), Some("update_mask"), "{path}");
        }
    }

    #[test]
    fn a_filter_is_as_long_as_what_it_finds_at_most() {
        let filter = v1::ObjectFilter {
            application: Some("x".repeat(limits::APPLICATION + 1)),
            ..Default::default()
        };
        let request = v1::ListObjectsRequest {
            parent: "keyrings/dev".into(),
            filter: Some(filter),
            ..Default::default()
        };
        assert_eq!(field(&request).as_deref(), Some("filter.application"));
    }
}
