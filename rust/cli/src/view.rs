//! What machines (`--json`) and people see of the API's messages. The JSON fields are those of the
//! API with its enums in lower case, times in RFC 3339 and bytes in base64; only object ids
//! are in hex, as people write them. They are part of the command's interface.

mod audit;
mod certificate;
mod custodian;
mod data;
mod key;
mod keyring;
mod object;
mod seal;

pub(crate) use audit::EntryView;
pub(crate) use certificate::CertificateView;
pub(crate) use custodian::{CustodianView, DifferenceView, SummaryView};
pub(crate) use data::DataView;
pub(crate) use key::{KeyView, VersionView};
pub(crate) use keyring::KeyringView;
pub(crate) use seal::SealView;

use jiff::{Timestamp, Unit};

/// A time of the API; `None` also for one out of range.
fn time(wire: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    wire.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok())
}

/// What stands for nothing in a table.
fn dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

/// A time for people, to the second.
fn short(time: Option<Timestamp>) -> String {
    time.and_then(|time| time.round(Unit::Second).ok())
        .map_or_else(|| "-".to_owned(), |time| time.to_string())
}
