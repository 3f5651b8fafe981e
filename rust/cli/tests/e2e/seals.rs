//! How the store is sealed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use supacrypt_testkit::Backend;

use crate::command::{admin, app};

#[test]
fn data_keys_are_replaced_while_keys_are_used() {
    let mut backend = Backend::start();
    let (admin, app) = (admin(&backend), app(&backend));
    for number in 0..5 {
        app.ok(&["key", "create", &format!("key-{number}"), "--spec", "ec-p256"]);
    }
    let before = admin.json(&["seal", "show"]);
    assert_eq!((&before["name"], &before["values"]), (&"file".into(), &5.into()));
    let after = admin.json(&["seal", "rotate"]);
    assert_eq!((&after["data_keys"], &after["outdated_values"]), (&2.into(), &0.into()));
    backend.restart();
    app.ok(&["sign", "--base64", "key-0", "/dev/null"]);
    app.fails(4, "ROLE_INSUFFICIENT", &["seal", "rotate"]);
}

#[test]
fn a_store_gets_another_seal_while_it_is_served() {
    let mut backend = Backend::start();
    let (admin, app) = (admin(&backend), app(&backend));
    app.ok(&["key", "create", "release", "--spec", "ec-p256"]);
    let config = backend.deployment().server_config();
    let passphrase = config.with_file_name("passphrase");
    fs::write(&passphrase, "correct horse battery staple\n").unwrap();
    fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600)).unwrap();
    let text = fs::read_to_string(&config).unwrap();
    let sealed = |kind: &str| format!("{text}\n[seal]\ntype = \"{kind}\"\npath = \"passphrase\"\n");

    fs::write(&config, sealed("nonsense")).unwrap();
    admin.fails(2, "CONFIGURATION", &["seal", "change"]);
    fs::write(&config, sealed("passphrase")).unwrap();
    assert_eq!(admin.json(&["seal", "change"])["name"], "passphrase");
    app.ok(&["sign", "--base64", "release", "/dev/null"]);
    backend.restart();
    app.ok(&["sign", "--base64", "release", "/dev/null"]);
    assert_eq!(admin.json(&["seal", "show"])["name"], "passphrase");
}
