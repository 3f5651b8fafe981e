//! What holds the keys.

use supacrypt_testkit::Backend;

use crate::command::{admin, app};

#[test]
fn an_administrator_sees_how_the_custodians_are() {
    let backend = Backend::start();
    let admin = admin(&backend);
    let listed = admin.json(&["custodian", "list"]);
    assert_eq!(listed[0]["name"], "software");
    assert_eq!(listed[0]["answers"], true);
    assert!(admin.ok(&["custodian", "list"]).contains("answers"));
    assert!(admin.ok(&["doctor"]).contains("custodian software"));

    let app = app(&backend);
    app.fails(4, "ROLE_INSUFFICIENT", &["custodian", "list"]);
    assert!(!app.ok(&["doctor"]).contains("custodian software"));
}

#[test]
fn what_the_server_knows_is_compared_with_what_is_held() {
    let backend = Backend::start();
    app(&backend).ok(&["key", "create", "release", "--spec", "ec-p256"]);
    let admin = admin(&backend);
    let summary = admin.json(&["custodian", "reconcile", "software"]);
    assert_eq!(summary["known"], 1);
    let repaired = admin.json(&["custodian", "reconcile", "software", "--repair", "--yes"]);
    assert_eq!(repaired["known"], 1);
    // What destroys nothing is not asked about.
    let only = ["custodian", "reconcile", "software", "--repair", "--only", "newer,disabled"];
    assert_eq!(admin.json(&only)["known"], 1);
    let only = ["custodian", "reconcile", "software", "--repair", "--only", "orphan"];
    admin.fails(2, "INVALID_ARGUMENT", &only);
    let reconcile = ["custodian", "reconcile", "nobody"];
    admin.fails(5, "CUSTODIAN_UNAVAILABLE", &reconcile);
}

#[test]
fn what_is_in_the_store_is_not_adopted() {
    let backend = Backend::start();
    let adopt = ["key", "adopt", "dev/theirs", "--from", "codesign"];
    admin(&backend).fails(2, "INVALID_ARGUMENT", &adopt);
    app(&backend).fails(4, "ROLE_INSUFFICIENT", &adopt);
}
