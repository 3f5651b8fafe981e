//! docs/pkcs11-status.md says what the module says.

use std::{collections::BTreeSet, path::Path};

#[test]
fn the_status_page_lists_exactly_the_mechanisms_there_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pkcs11-status.md");
    let page = std::fs::read_to_string(path).expect("the status page");
    let documented: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `CKM_")?.split_once('`'))
        .map(|(name, _)| format!("CKM_{name}"))
        .collect();
    let offered: BTreeSet<_> = supacrypt_pkcs11::mechanism_names().map(ToOwned::to_owned).collect();
    assert_eq!(documented, offered);
}
