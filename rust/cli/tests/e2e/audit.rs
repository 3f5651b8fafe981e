//! Reading the audit log.

use supacrypt_testkit::Backend;

use crate::command::{admin, app};

#[test]
fn the_audit_log_tells_who_signed_with_what() {
    let backend = Backend::start();
    let (admin, app) = (admin(&backend), app(&backend));
    app.ok(&["key", "create", "release", "--spec", "ec-p256"]);
    app.ok(&["sign", "--base64", "release", "/dev/null"]);

    let lines = admin.ok(&["--json", "audit", "tail", "--action", "Sign"]);
    let entries: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [entry] = &entries[..] else { panic!("one signature was made: {lines}") };
    assert_eq!(entry["principal"], "app");
    assert_eq!(entry["resource"], "keyrings/dev/keys/release/versions/1");
    assert_eq!(entry["algorithm"], "ecdsa");
    assert_eq!(entry["outcome"], "succeeded");
    let line = admin.ok(&["audit", "tail", "--action", "Sign"]);
    assert!(line.contains("app") && line.contains("ecdsa"), "{line}");
}

#[test]
fn the_audit_log_tells_what_a_key_was_wrapped_with() {
    let backend = Backend::start();
    let (admin, app) = (admin(&backend), app(&backend));
    app.ok(&["key", "create", "kek", "--spec", "aes-256"]);
    app.ok(&["key", "create", "free", "--spec", "aes-256", "--extractable"]);
    assert_eq!(app.run(&["key", "wrap", "free", "--by", "kek", "--out", "-"]).code, 0);
    let tail = ["audit", "tail", "--action", "WrapKey", "--resource", "keyrings/dev/keys/kek"];
    let entry = admin.json(&tail);
    assert_eq!(entry["resource"], "keyrings/dev/keys/free");
    assert_eq!(entry["wrapping_key"], "keyrings/dev/keys/kek");
    let line = admin.ok(&tail);
    assert!(line.trim_end().ends_with("aes-kwp  with keyrings/dev/keys/kek"), "{line}");
}

#[test]
fn tail_begins_the_asked_number_of_entries_before_the_end() {
    let backend = Backend::start();
    let app = app(&backend);
    for _ in 0..4 {
        app.ok(&["key", "list"]);
    }
    assert_eq!(admin(&backend).ok(&["audit", "tail", "-n", "3"]).lines().count(), 3);
}

#[test]
fn a_refused_reader_is_told_so_and_recorded() {
    let backend = Backend::start();
    app(&backend).fails(4, "ROLE_INSUFFICIENT", &["audit", "tail"]);
    let denied = backend
        .audit()
        .into_iter()
        .find(|entry| entry.action == "ReadAuditLog" && entry.principal == "app")
        .expect("the refusal is an entry");
    assert_eq!(denied.reason, "ROLE_INSUFFICIENT");
}
