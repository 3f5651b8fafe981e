//! What certificates and data objects have in common.

use jiff::Timestamp;
use serde::Serialize;
use supacrypt_proto::v1;

use super::{dash, short, time};

#[derive(Serialize)]
pub(super) struct ObjectView {
    name: String,
    label: String,
    object_id: String,
    private: bool,
    modifiable: bool,
    copyable: bool,
    destroyable: bool,
    create_time: Option<Timestamp>,
    update_time: Option<Timestamp>,
    etag: String,
}

impl From<&v1::Object> for ObjectView {
    fn from(object: &v1::Object) -> Self {
        ObjectView {
            name: object.name.clone(),
            label: object.label.clone(),
            object_id: hex::encode(&object.object_id),
            private: object.private,
            modifiable: object.modifiable.unwrap_or(true),
            copyable: object.copyable.unwrap_or(true),
            destroyable: object.destroyable.unwrap_or(true),
            create_time: time(object.create_time.as_ref()),
            update_time: time(object.update_time.as_ref()),
            etag: object.etag.clone(),
        }
    }
}

impl ObjectView {
    /// The name as people write it.
    pub(super) fn short_name(&self) -> String {
        self.name.trim_start_matches("keyrings/").replace("/objects/", "/")
    }

    pub(super) fn label(&self) -> String {
        dash(&self.label)
    }

    pub(super) fn object_id(&self) -> String {
        dash(&self.object_id)
    }

    /// Which object it is, the first lines for people.
    pub(super) fn names(&self) -> [(&'static str, String); 2] {
        [("name", self.name.clone()), ("label", self.label())]
    }

    /// Since when it is as it is, the last lines for people.
    pub(super) fn times(&self) -> [(&'static str, String); 2] {
        [("created", short(self.create_time)), ("updated", short(self.update_time))]
    }

    /// The flags in force, as keys show theirs.
    pub(super) fn flags_in_force(&self) -> String {
        let flags = [
            ("copyable", self.copyable),
            ("destroyable", self.destroyable),
            ("modifiable", self.modifiable),
            ("private", self.private),
        ];
        let in_force = flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| name);
        dash(&in_force.collect::<Vec<_>>().join(" "))
    }
}
