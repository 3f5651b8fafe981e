//! docs/api.md must name every reason, beside the status it really travels with.

use strum::IntoEnumIterator;
use supacrypt_core::{Error, Reason};

#[test]
fn every_reason_is_documented_with_its_status() {
    let page = include_str!("../../../docs/api.md");
    for reason in Reason::iter() {
        let code = supacrypt_proto::status(&Error::new(reason, "")).code();
        let row = page
            .lines()
            .find(|line| line.starts_with('|') && line.contains(&format!("`{reason}`")))
            .unwrap_or_else(|| panic!("docs/api.md has no row for {reason}"));
        let status = upper_snake(&format!("{code:?}"));
        assert!(row.contains(&format!("| `{status}` |")), "{reason} travels as {status}: {row}");
    }
}

/// `PermissionDenied` as gRPC spells it, `PERMISSION_DENIED`.
fn upper_snake(camel: &str) -> String {
    let mut name = String::new();
    for letter in camel.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
