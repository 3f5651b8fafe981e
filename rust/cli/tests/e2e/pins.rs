//! PINs of keyrings.

use std::fs;

use supacrypt_testkit::Backend;

use crate::command::app;

#[test]
fn a_pin_is_set_changed_wanted_and_removed() {
    let backend = Backend::start();
    let app = app(&backend);
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = dir.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (old, new, input) = (file("old", "1234\n"), file("new", "5678"), file("input", "text"));

    app.ok(&["key", "create", "guarded", "--spec", "ec-p256", "--always-authenticate"]);
    app.ok(&["sign", "guarded", &input, "--base64"]);
    assert!(app.json(&["keyring", "show", "dev"])["pin"].is_null());
    let unset = app.run(&["keyring", "pin", "check", "dev", "--pin-file", &old]);
    assert_eq!(unset.code, 1, "{}", unset.stderr);

    let set = app.json(&["keyring", "pin", "set", "dev", "--new-pin-file", &old]);
    assert_eq!(set["pin"]["tries_left"], 10);
    let shown = app.ok(&["keyring", "show", "dev"]);
    assert!(shown.contains("PIN           set, 10 tries left\n"), "{shown}");
    let refused = app.run(&["sign", "guarded", &input]);
    assert_eq!(refused.code, 4);
    assert!(refused.stderr.contains("--pin-file"), "{}", refused.stderr);
    let wrong = app.run(&["sign", "guarded", &input, "--pin-file", &new]);
    assert_eq!(wrong.code, 4);
    assert!(wrong.stderr.contains("9 more tries"), "{}", wrong.stderr);
    app.ok(&["sign", "guarded", &input, "--pin-file", &old, "--base64"]);

    app.ok(&["keyring", "pin", "change", "dev", "--pin-file", &old, "--new-pin-file", &new]);
    assert_eq!(app.run(&["keyring", "pin", "check", "dev", "--pin-file", &old]).code, 4);
    assert_eq!(app.json(&["keyring", "pin", "check", "dev", "--pin-file", &new])["correct"], true);
    assert!(app.json(&["keyring", "pin", "remove", "dev", "--yes"])["pin"].is_null());
    app.ok(&["sign", "guarded", &input, "--base64"]);
}
