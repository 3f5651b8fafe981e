//! Certificates.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::Serialize;
use supacrypt_core::CertificateCategory;
use supacrypt_crypto::Certificate;
use supacrypt_proto::v1::{self, object::Content};

use super::{dash, object::ObjectView, short};
use crate::output::{properties, table};

#[derive(Serialize)]
pub(crate) struct CertificateView {
    #[serde(flatten)]
    object: ObjectView,
    certificate: ContentView,
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
        let common = ObjectView::from(&object);
        let certificate = match object.content {
            Some(Content::Certificate(certificate)) => certificate,
            _ => v1::Certificate::default(),
        };
        CertificateView {
            object: common,
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
        let mut rows = self.object.names().to_vec();
        rows.push(("object id", self.object.object_id()));
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
        ]);
        rows.extend(self.object.times());
        properties(&rows)
    }

    /// One line for each certificate.
    pub(crate) fn human_list(certificates: &[Self]) -> String {
        table(
            &["NAME", "LABEL", "OBJECT ID", "SUBJECT", "VALID UNTIL"],
            certificates.iter().map(|certificate| {
                let says = certificate.says.as_ref();
                [
                    certificate.object.short_name(),
                    certificate.object.label(),
                    certificate.object.object_id(),
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
