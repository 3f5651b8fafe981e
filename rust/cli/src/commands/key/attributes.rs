//! What a key has for its applications' sake, as options.

use std::str::FromStr;

use supacrypt_core::{Date, Error, Result};
use supacrypt_proto::v1;

/// The attributes of a key that is to be made.
#[derive(clap::Args)]
pub(super) struct NewAttributes {
    /// The first day that the key may be used, in UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    start_date: Option<Date>,
    /// The last day that it signs and encrypts; it verifies and decrypts later, too
    #[arg(long, value_name = "YYYY-MM-DD")]
    end_date: Option<Date>,
    /// Want the keyring's PIN, when it has one, for each use of the private key
    #[arg(long)]
    always_authenticate: bool,
    /// Let its material leave the backend, encrypted with another key
    #[arg(long)]
    extractable: bool,
    /// Let it leave only encrypted with a trusted key
    #[arg(long)]
    wrap_with_trusted: bool,
    /// Let it wrap keys that only a trusted key may wrap
    #[arg(long)]
    trusted: bool,
    /// Let nobody delete it, ever
    #[arg(long)]
    undestroyable: bool,
    /// Let nobody change or rotate it, ever
    #[arg(long)]
    unmodifiable: bool,
}

impl NewAttributes {
    /// The key with these attributes.
    pub(super) fn apply(self, key: v1::Key) -> v1::Key {
        v1::Key {
            start_date: text(self.start_date),
            end_date: text(self.end_date),
            always_authenticate: self.always_authenticate,
            extractable: self.extractable,
            wrap_with_trusted: self.wrap_with_trusted,
            trusted: self.trusted,
            destroyable: Some(!self.undestroyable),
            modifiable: Some(!self.unmodifiable),
            ..key
        }
    }
}

/// What changes in the attributes of a key.
#[derive(clap::Args)]
pub(super) struct ChangedAttributes {
    /// The first day that the key may be used, in UTC; `none` for no such day
    #[arg(long, value_name = "YYYY-MM-DD")]
    start_date: Option<DateOrNone>,
    /// The last day that it signs and encrypts; `none` for no such day
    #[arg(long, value_name = "YYYY-MM-DD")]
    end_date: Option<DateOrNone>,
    /// Whether it may wrap keys that only a trusted key may wrap
    #[arg(long, value_name = "BOOL")]
    trusted: Option<bool>,
    /// Keep its material in the backend from now on; cannot be taken back
    #[arg(long)]
    unextractable: bool,
    /// Let it leave only encrypted with a trusted key; cannot be taken back
    #[arg(long)]
    wrap_with_trusted: bool,
    /// Let nobody delete it; cannot be taken back
    #[arg(long)]
    undestroyable: bool,
}

impl ChangedAttributes {
    /// The fields that change.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static str> {
        [
            ("start_date", self.start_date.is_some()),
            ("end_date", self.end_date.is_some()),
            ("trusted", self.trusted.is_some()),
            ("extractable", self.unextractable),
            ("wrap_with_trusted", self.wrap_with_trusted),
            ("destroyable", self.undestroyable),
        ]
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(field, _)| field)
    }

    /// The key with the new values.
    pub(super) fn apply(self, key: v1::Key) -> v1::Key {
        v1::Key {
            start_date: text(self.start_date.and_then(|date| date.0)),
            end_date: text(self.end_date.and_then(|date| date.0)),
            trusted: self.trusted.unwrap_or_default(),
            extractable: false,
            wrap_with_trusted: self.wrap_with_trusted,
            destroyable: Some(!self.undestroyable),
            ..key
        }
    }
}

/// A date, or `none`.
#[derive(Clone, Copy)]
struct DateOrNone(Option<Date>);

impl FromStr for DateOrNone {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "none" { Ok(DateOrNone(None)) } else { text.parse().map(Some).map(DateOrNone) }
    }
}

fn text(date: Option<Date>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}
