//! docs/custodians.md says what custodians offer, in a table that is made here.
//!
//! With `SUPACRYPT_UPDATE_DOCS` in the environment the test writes the table.

use std::path::Path;

use strum::IntoEnumIterator;
use supacrypt_core::{AlgorithmSet, Capabilities, KeySpec};

const BEGIN: &str = "<!-- made of the capabilities -->\n";
const END: &str = "<!-- until here -->\n";

/// Those that are the same wherever they are; what an HSM offers depends on it.
fn custodians() -> [(&'static str, Capabilities); 4] {
    [
        ("`software`", Capabilities::all()),
        ("`azure`", super::azure::capabilities(false)),
        ("`azure`, Managed HSM", super::azure::capabilities(true)),
        ("`aws`", super::aws::capabilities()),
    ]
}

fn table() -> String {
    let all = custodians();
    let header = all.iter().map(|(name, _)| format!(" {name} |")).collect::<String>();
    let mut text = format!("| |{header}\n|---|{}\n", "---|".repeat(all.len()));
    let mut row = |name: &str, cells: Vec<&str>| {
        // What only the software custodian has would make the table long and say nothing.
        if cells.iter().skip(1).any(|cell| !cell.is_empty()) {
            let cells: String = cells.iter().map(|cell| format!(" {cell} |")).collect();
            text.push_str(&format!("| {name} |{cells}\n"));
        }
    };
    for spec in KeySpec::iter() {
        let cell = |(_, it): &(&str, Capabilities)| match (
            it.generates.contains(&spec),
            it.imports.contains(&spec),
        ) {
            (true, true) => "makes, takes in",
            (true, false) => "makes",
            (false, true) => "takes in",
            (false, false) => "",
        };
        row(&format!("`{spec}`"), all.iter().map(cell).collect());
    }
    for name in AlgorithmSet::every_name() {
        let offers = |(_, it): &(&str, Capabilities)| {
            // Without a limit no algorithm is named.
            let all = !it.algorithms.is_limited();
            if all || it.algorithms.names().any(|offered| offered == name) { "yes" } else { "" }
        };
        row(&format!("`{name}`"), all.iter().map(offers).collect());
    }
    text
}

#[test]
fn the_page_says_what_the_capabilities_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/custodians.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (there, after) = rest.split_once(END).unwrap();
    let table = table();
    if std::env::var_os("SUPACRYPT_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(there, table, "SUPACRYPT_UPDATE_DOCS=1 cargo test -p supacrypt-server offers");
}
