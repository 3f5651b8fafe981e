//! Keys and key versions.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::Serialize;
use supacrypt_core::{KeyAttributes, KeyFlags, KeySpec, KeyVersionState, Origin};
use supacrypt_proto::{key_usages_from_wire, v1};

use super::{dash, short, time};
use crate::output::{properties, table};

#[derive(Serialize)]
pub(crate) struct KeyView {
    name: String,
    label: String,
    object_id: String,
    spec: String,
    usages: Vec<String>,
    allowed_algorithms: Vec<String>,
    pkcs11_mechanisms: Vec<u32>,
    /// Bytes, of a generic secret.
    secret_length: Option<u32>,
    primary_version: u32,
    primary: Option<VersionView>,
    #[serde(flatten)]
    attributes: AttributesView,
    annotations: BTreeMap<String, String>,
    create_time: Option<Timestamp>,
    update_time: Option<Timestamp>,
    purge_time: Option<Timestamp>,
    etag: String,
}

/// The subject is in base64.
#[derive(Serialize)]
struct AttributesView {
    subject: String,
    start_date: String,
    end_date: String,
    #[serde(flatten)]
    flags: BTreeMap<String, bool>,
}

#[derive(Serialize)]
pub(crate) struct VersionView {
    name: String,
    state: String,
    origin: String,
    /// SubjectPublicKeyInfo in DER, base64.
    public_key: Option<String>,
    create_time: Option<Timestamp>,
    destroy_time: Option<Timestamp>,
}

impl From<v1::Key> for KeyView {
    fn from(key: v1::Key) -> Self {
        let usages = key_usages_from_wire(&key.usages).unwrap_or_default();
        let flags = KeyAttributes::try_from(&key).unwrap_or_default().flags;
        let named = |(name, flag): (&str, _)| (name.to_lowercase(), flags.contains(flag));
        KeyView {
            object_id: hex::encode(&key.object_id),
            spec: spec_name(key.spec()),
            usages: usages.iter_names().map(|(name, _)| name.to_lowercase()).collect(),
            allowed_algorithms: key.allowed_algorithms,
            pkcs11_mechanisms: key.pkcs11_mechanisms,
            secret_length: Some(key.secret_length).filter(|length| *length != 0),
            primary_version: key.primary_version,
            create_time: time(key.create_time.as_ref()),
            update_time: time(key.update_time.as_ref()),
            purge_time: time(key.purge_time.as_ref()),
            primary: key.primary.map(VersionView::from),
            annotations: key.annotations.into_iter().collect(),
            attributes: AttributesView {
                subject: STANDARD.encode(&key.subject),
                start_date: key.start_date,
                end_date: key.end_date,
                flags: KeyFlags::all().iter_names().map(named).collect(),
            },
            name: key.name,
            label: key.label,
            etag: key.etag,
        }
    }
}

impl KeyView {
    /// All that is known of one key.
    pub(crate) fn human(&self) -> String {
        let primary = self.primary.as_ref();
        let mut rows = vec![
            ("name", self.name.clone()),
            ("label", self.label.clone()),
            ("object id", dash(&self.object_id)),
            ("spec", self.spec.clone()),
            ("usages", self.usages.join(" ")),
            ("attributes", self.attributes.flags_in_force()),
            ("version", self.primary_version.to_string()),
            ("state", self.state().to_owned()),
            ("origin", primary.map_or("-", |version| &version.origin).to_owned()),
            ("created", short(self.create_time)),
            ("updated", short(self.update_time)),
        ];
        if !self.allowed_algorithms.is_empty() {
            rows.push(("algorithms", self.allowed_algorithms.join(" ")));
        }
        if !self.pkcs11_mechanisms.is_empty() {
            let numbers = self.pkcs11_mechanisms.iter().map(|number| format!("{number:#x}"));
            rows.push(("mechanisms", numbers.collect::<Vec<_>>().join(" ")));
        }
        if let Some(length) = self.secret_length {
            rows.push(("secret", format!("{length} bytes")));
        }
        if self.purge_time.is_some() {
            rows.push(("purged at", short(self.purge_time)));
        }
        for (name, value) in &self.annotations {
            rows.push(("annotation", format!("{name}={value}")));
        }
        properties(&rows)
    }

    /// One line for each key.
    pub(crate) fn human_list(keys: &[Self]) -> String {
        table(
            &["NAME", "SPEC", "LABEL", "OBJECT ID", "VERSION", "STATE", "CREATED"],
            keys.iter().map(|key| {
                [
                    key.name.trim_start_matches("keyrings/").replace("/keys/", "/"),
                    key.spec.clone(),
                    key.label.clone(),
                    dash(&key.object_id),
                    key.primary_version.to_string(),
                    key.state().to_owned(),
                    short(key.create_time),
                ]
            }),
        )
    }

    fn state(&self) -> &str {
        match (&self.purge_time, &self.primary) {
            (Some(_), _) => "deleted",
            (None, Some(version)) => &version.state,
            (None, None) => "-",
        }
    }
}

impl AttributesView {
    fn flags_in_force(&self) -> String {
        let in_force = self.flags.iter().filter(|(_, set)| **set);
        in_force.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl From<v1::KeyVersion> for VersionView {
    fn from(version: v1::KeyVersion) -> Self {
        VersionView {
            state: state_name(version.state()),
            origin: Origin::try_from(version.origin())
                .map_or_else(|_| "unknown".to_owned(), |origin| origin.to_string()),
            public_key: (!version.public_key.is_empty())
                .then(|| STANDARD.encode(&version.public_key)),
            create_time: time(version.create_time.as_ref()),
            destroy_time: time(version.destroy_time.as_ref()),
            name: version.name,
        }
    }
}

impl VersionView {
    /// All that is known of one version.
    pub(crate) fn human(&self) -> String {
        properties(&[
            ("name", self.name.clone()),
            ("state", self.state.clone()),
            ("origin", self.origin.clone()),
            ("created", short(self.create_time)),
            ("destroyed", short(self.destroy_time)),
        ])
    }

    /// One line for each version.
    pub(crate) fn human_list(versions: &[Self]) -> String {
        table(
            &["VERSION", "STATE", "ORIGIN", "CREATED", "DESTROYED"],
            versions.iter().map(|version| {
                let number = version.name.rsplit('/').next().unwrap_or_default();
                [
                    number.to_owned(),
                    version.state.clone(),
                    version.origin.clone(),
                    short(version.create_time),
                    short(version.destroy_time),
                ]
            }),
        )
    }
}

/// The name of a state, also of one that is newer than this program.
fn state_name(state: v1::KeyVersionState) -> String {
    KeyVersionState::try_from(state)
        .map_or_else(|_| "unknown".to_owned(), |state| state.to_string())
}

fn spec_name(spec: v1::KeySpec) -> String {
    KeySpec::try_from(spec).map_or_else(|_| "unknown".to_owned(), |spec| spec.to_string())
}
