//! What the store remembers, as the API shows it.

use jiff::Timestamp;
use supacrypt_core::{Capabilities, Principal, Result, Role};
use supacrypt_proto::v1::object::Content;
use supacrypt_proto::{key_usages_to_wire, v1, with_key_attributes};

use crate::store::{KeyRecord, KeyVersionRecord, KeyringRecord, ObjectContent, ObjectRecord};

/// `capabilities` are those of its custodian, where this server has it.
pub(super) fn keyring(record: KeyringRecord, capabilities: Option<&Capabilities>) -> v1::Keyring {
    v1::Keyring {
        name: record.name.to_string(),
        display_name: record.display_name,
        grants: record
            .grants
            .into_iter()
            .map(|(principal, role)| v1::Grant {
                principal: principal.to_string(),
                role: v1::Role::from(role).into(),
            })
            .collect(),
        create_time: Some(time(record.create_time)),
        update_time: Some(time(record.update_time)),
        etag: record.etag,
        pin: record.pin_tries_left.map(|tries_left| v1::PinState { tries_left }),
        custodian: record.custodian,
        capabilities: capabilities.map(Into::into),
    }
}

pub(super) fn key(record: KeyRecord) -> v1::Key {
    let key = v1::Key {
        name: record.name.to_string(),
        label: record.label,
        object_id: record.object_id,
        spec: v1::KeySpec::from(record.spec).into(),
        usages: key_usages_to_wire(record.usages),
        primary_version: record.primary.name.number(),
        primary: Some(key_version(record.primary)),
        annotations: record.annotations.into_iter().collect(),
        create_time: Some(time(record.create_time)),
        update_time: Some(time(record.update_time)),
        purge_time: record.purge_time.map(time),
        etag: record.etag,
        secret_length: record.secret_length.unwrap_or_default(),
        ..v1::Key::default()
    };
    with_key_attributes(key, record.attributes)
}

pub(super) fn key_version(record: KeyVersionRecord) -> v1::KeyVersion {
    v1::KeyVersion {
        name: record.name.to_string(),
        state: v1::KeyVersionState::from(record.state).into(),
        origin: v1::Origin::from(record.origin).into(),
        public_key: record.public_key.unwrap_or_default(),
        create_time: Some(time(record.create_time)),
        destroy_time: record.destroy_time.map(time),
    }
}

pub(super) fn object(record: ObjectRecord) -> v1::Object {
    let content = match record.content {
        ObjectContent::Certificate(certificate) => Content::Certificate(v1::Certificate {
            der: certificate.der,
            category: v1::CertificateCategory::from(certificate.category).into(),
            trusted: certificate.trusted,
            subject: certificate.subject,
            issuer: certificate.issuer,
            serial_number: certificate.serial_number,
        }),
        ObjectContent::Data(data) => Content::Data(v1::Data {
            application: data.application,
            oid: data.oid,
            value: data.value.to_vec(),
        }),
    };
    v1::Object {
        name: record.name.to_string(),
        label: record.label,
        object_id: record.object_id,
        content: Some(content),
        private: record.private,
        modifiable: Some(record.modifiable),
        copyable: Some(record.copyable),
        destroyable: Some(record.destroyable),
        create_time: Some(time(record.create_time)),
        update_time: Some(time(record.update_time)),
        etag: record.etag,
    }
}

pub(super) fn grants(wire: Vec<v1::Grant>) -> Result<Vec<(Principal, Role)>> {
    wire.into_iter()
        .map(|grant| {
            let role = grant.role().try_into()?;
            Ok((Principal::new(grant.principal), role))
        })
        .collect()
}

pub(super) fn time(time: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.as_second(), nanos: time.subsec_nanosecond() }
}
