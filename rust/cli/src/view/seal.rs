//! How the store is sealed.

use jiff::Timestamp;
use serde::Serialize;
use supacrypt_proto::v1;

use super::{short, time};
use crate::output::properties;

#[derive(Serialize)]
pub(crate) struct SealView {
    name: String,
    data_keys: u32,
    data_key_create_time: Option<Timestamp>,
    values: u64,
    outdated_values: u64,
}

impl From<v1::Seal> for SealView {
    fn from(seal: v1::Seal) -> Self {
        SealView {
            data_keys: seal.data_keys,
            data_key_create_time: time(seal.data_key_create_time.as_ref()),
            values: seal.values,
            outdated_values: seal.outdated_values,
            name: seal.name,
        }
    }
}

impl SealView {
    /// All that is known of it.
    pub(crate) fn human(&self) -> String {
        properties(&[
            ("seal", self.name.clone()),
            ("data keys", self.data_keys.to_string()),
            ("newest made", short(self.data_key_create_time)),
            ("sealed values", self.values.to_string()),
            ("by older keys", self.outdated_values.to_string()),
        ])
    }
}
