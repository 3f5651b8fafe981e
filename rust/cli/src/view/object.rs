//! Certificates.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::Serialize;
use supacrypt_core::CertificateCategory;
use supacrypt_crypto::Certificate;
use supacrypt_proto::v1::{self, object::Content};

use super::{dash, short, time};
use crate::output::{properties, table};

#[derive(Serialize)]
pub(crate) struct CertificateView {
    name: String,
    label: String,
    object_id: String,
    certificate: ContentView,
    private: bool,
    modifiable: bool,
    copyable: bool,
    destroyable: bool,
    create_time: Option<Timestamp>,
    update_time: Option<Timestamp>,
    etag: String,
    /// What the certificate says, for people.
    #[serde(skip)]
    says: Option<Certificate>,
}

/// The bytes are in base64.
#[derive(Serialize)]
struct ContentView {
    der: String,
    category: String,
    trusted: bool,
    subject: String,
    issuer: String,
    serial_number: String,
}

impl From<v1::Object> for CertificateView {
    fn from(object: v1::Object) -> Self {
        let certificate = match object.content {
            Some(Content::Certificate(certificate)) => certificate,
            _ => v1::Certificate::default(),
        };
        CertificateView {
            object_id: hex::encode(&object.object_id),
            private: object.private,
            modifiable: object.modifiable.unwrap_or(true),
            copyable: object.copyable.unwrap_or(true),
            destroyable: object.destroyable.unwrap_or(true),
            create_time: time(object.create_time.as_ref()),
            update_time: time(object.update_time.as_ref()),
            name: object.name,
            label: object.label,
            etag: object.etag,
            says: Certificate::from_der(&certificate.der).ok(),
            certificate: ContentView {
                category: CertificateCategory::from(certificate.category()).to_string(),
                trusted: certificate.trusted,
                der: STANDARD.encode(&certificate.der),
                subject: STANDARD.encode(&certificate.subject),
                issuer: STANDARD.encode(&certificate.issuer),
                serial_number: STANDARD.encode(&certificate.serial_number),
            },
        }
    }
}

impl CertificateView {
    /// All that is known of one certificate.
    pub(crate) fn human(&self) -> String {
        let mut rows = vec![
            ("name", self.name.clone()),
            ("label", dash(&self.label)),
            ("object id", dash(&self.object_id)),
        ];
        if let Some(says) = &self.says {
            // Behind the tag and the length, as other programs show it.
            let serial_number = says.serial_number.get(2..).unwrap_or_default();
            rows.extend([
                ("subject", dash(&says.subject_text)),
                ("issuer", dash(&says.issuer_text)),
                ("serial number", hex::encode(serial_number)),
                ("valid from", seconds(says.not_before)),
                ("valid until", seconds(says.not_after)),
            ]);
        }
        rows.extend([
            ("category", self.certificate.category.clone()),
            ("trusted", self.certificate.trusted.to_string()),
            ("created", short(self.create_time)),
            ("updated", short(self.update_time)),
        ]);
        properties(&rows)
    }

    /// One line for each certificate.
    pub(crate) fn human_list(certificates: &[Self]) -> String {
        table(
            &["NAME", "LABEL", "OBJECT ID", "SUBJECT", "VALID UNTIL"],
            certificates.iter().map(|certificate| {
                let says = certificate.says.as_ref();
                [
                    certificate.name.trim_start_matches("keyrings/").replace("/objects/", "/"),
                    dash(&certificate.label),
                    dash(&certificate.object_id),
                    says.map_or_else(|| "-".to_owned(), |says| dash(&says.subject_text)),
                    says.map_or_else(|| "-".to_owned(), |says| seconds(says.not_after)),
                ]
            }),
        )
    }
}

/// A time in seconds since the Unix epoch, for people.
fn seconds(time: i64) -> String {
    short(Timestamp::from_second(time).ok())
}
