//! Data objects.

use base64::{Engine, engine::general_purpose::STANDARD};
use der::{Decode, asn1::ObjectIdentifier};
use serde::Serialize;
use supacrypt_proto::v1::{self, object::Content};

use super::{dash, object::ObjectView};
use crate::output::{properties, table};

#[derive(Serialize)]
pub(crate) struct DataView {
    #[serde(flatten)]
    object: ObjectView,
    data: ContentView,
    /// The type for people.
    #[serde(skip)]
    oid: String,
    /// Length of the value, bytes.
    #[serde(skip)]
    length: usize,
}

/// The bytes are in base64.
#[derive(Serialize)]
struct ContentView {
    application: String,
    oid: String,
    value: String,
}

impl From<v1::Object> for DataView {
    fn from(object: v1::Object) -> Self {
        let common = ObjectView::from(&object);
        let data = match object.content {
            Some(Content::Data(data)) => data,
            _ => v1::Data::default(),
        };
        DataView {
            object: common,
            oid: written(&data.oid),
            length: data.value.len(),
            data: ContentView {
                application: data.application,
                oid: STANDARD.encode(&data.oid),
                value: STANDARD.encode(&data.value),
            },
        }
    }
}

impl DataView {
    /// All that is known of one data object but its value, which may be secret.
    pub(crate) fn human(&self) -> String {
        let mut rows = self.object.names().to_vec();
        rows.extend([
            ("application", dash(&self.data.application)),
            ("oid", dash(&self.oid)),
            ("value", format!("{} bytes", self.length)),
            ("attributes", self.object.flags_in_force()),
        ]);
        rows.extend(self.object.times());
        properties(&rows)
    }

    /// One line for each data object.
    pub(crate) fn human_list(objects: &[Self]) -> String {
        table(
            &["NAME", "LABEL", "APPLICATION", "OID", "BYTES"],
            objects.iter().map(|data| {
                [
                    data.object.short_name(),
                    data.object.label(),
                    dash(&data.data.application),
                    dash(&data.oid),
                    data.length.to_string(),
                ]
            }),
        )
    }
}

/// An object identifier with dots; in hex what an application kept that is none.
fn written(oid: &[u8]) -> String {
    let parsed = <ObjectIdentifier>::from_der(oid);
    parsed.map_or_else(|_| hex::encode(oid), |parsed| parsed.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oid_has_dots_and_what_is_none_is_in_hex() {
        assert_eq!(written(&[0x06, 0x03, 0x2a, 0x03, 0x04]), "1.2.3.4");
        assert_eq!(written(b"no"), "6e6f");
        assert_eq!(written(&[]), "");
    }
}
