//! docs/pkcs11-status.md says what the module says.

use std::{collections::BTreeSet, path::Path};

use crate::mechanism;

/// The list of functions that the module exports.
const LIST: &str = include_str!("ffi/list.rs");

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pkcs11-status.md");
    std::fs::read_to_string(path).expect("the status page")
}

/// The rows of the page's tables whose first cell begins with `prefix`: name and second cell.
fn rows<'a>(page: &'a str, prefix: &str) -> Vec<(&'a str, &'a str)> {
    page.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter(|(name, _)| name.starts_with(prefix))
        .collect()
}

#[test]
fn the_status_page_lists_exactly_the_mechanisms_there_are() {
    let page = page();
    let documented: BTreeSet<_> = rows(&page, "CKM_").into_iter().map(|(name, _)| name).collect();
    let offered: BTreeSet<_> = mechanism::names().collect();
    assert_eq!(documented, offered);
}

#[test]
fn the_status_page_calls_exactly_those_functions_offered_that_are() {
    let page = page();
    let missing = |says: &str| {
        says.contains("CKR_FUNCTION_NOT_SUPPORTED") || says.contains("CKR_FUNCTION_NOT_PARALLEL")
    };
    let documented: BTreeSet<_> =
        rows(&page, "C_").into_iter().map(|(name, says)| (name, !missing(says))).collect();
    let listed: BTreeSet<_> = LIST
        .lines()
        .filter_map(|line| line.trim().split_once(": Some("))
        .map(|(name, function)| (name, !function.starts_with("unsupported::")))
        .collect();
    assert_eq!(listed.len(), 68 + 24 + 12, "all functions of v2.40, v3.0 and v3.2 are listed");
    assert_eq!(documented, listed);
}
