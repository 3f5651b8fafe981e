//! Keyrings and grants.

use supacrypt_testkit::{Backend, Identity, Validity};

use crate::command::{admin, app, with_config};

#[test]
fn a_grant_opens_a_keyring_and_a_revocation_closes_it() {
    let backend = Backend::start();
    let identity = Identity::Spiffe("spiffe://example.org/builder".to_owned());
    let builder = with_config(&backend.config_of(&identity, Validity::days(1)));
    let admin = admin(&backend);

    builder.fails(4, "KEYRING_NOT_GRANTED", &["key", "list", "dev"]);
    admin.ok(&["keyring", "grant", "dev", identity.name()]);
    builder.ok(&["key", "list", "dev"]);
    let message =
        builder.fails(4, "ROLE_INSUFFICIENT", &["key", "create", "dev/mine", "--spec", "ec-p256"]);
    assert!(!message.is_empty());

    admin.ok(&["keyring", "grant", "dev", identity.name(), "--role", "admin"]);
    builder.ok(&["key", "create", "dev/mine", "--spec", "ec-p256"]);
    let grants = admin.json(&["keyring", "show", "dev"])["grants"].clone();
    assert_eq!(grants.as_array().unwrap().len(), 2, "a principal has one grant: {grants}");

    admin.ok(&["keyring", "revoke", "dev", identity.name()]);
    builder.fails(4, "KEYRING_NOT_GRANTED", &["key", "list", "dev"]);
    admin.fails(2, "INVALID_ARGUMENT", &["keyring", "revoke", "dev", identity.name()]);
}

#[test]
fn keyrings_are_made_changed_listed_and_deleted() {
    let backend = Backend::start();
    let admin = admin(&backend);
    let made = admin.json(&["keyring", "create", "release", "--display-name", "Releases"]);
    assert_eq!(made["name"], "keyrings/release");
    assert_eq!(made["custodian"], "software");
    assert!(made["capabilities"]["generates"].as_array().unwrap().contains(&"rsa-2048".into()));
    admin.fails(1, "ALREADY_EXISTS", &["keyring", "create", "release"]);
    let elsewhere = ["keyring", "create", "elsewhere", "--custodian", "vault"];
    let message = admin.fails(2, "INVALID_ARGUMENT", &elsewhere);
    assert!(message.contains("\"vault\"; it has software"), "{message}");

    let changed = admin.json(&["keyring", "update", "release", "--display-name", "Ours"]);
    assert_eq!(changed["display_name"], "Ours");
    let listed = admin.ok(&["keyring", "list"]);
    assert!(
        listed.lines().any(|line| line.contains("release") && line.contains("Ours")),
        "{listed}"
    );

    let message = admin.fails(2, "INVALID_ARGUMENT", &["keyring", "delete", "release"]);
    assert!(message.contains("--yes"), "{message}");
    admin.ok(&["keyring", "delete", "release", "--yes"]);
    assert!(!admin.ok(&["keyring", "list"]).contains("release"));
}

#[test]
fn a_principal_sees_only_its_own_keyrings() {
    let backend = Backend::start();
    admin(&backend).ok(&["keyring", "create", "other"]);
    let seen = app(&backend).json(&["keyring", "list"]);
    let names: Vec<_> = seen.as_array().unwrap().iter().map(|keyring| &keyring["name"]).collect();
    assert_eq!(names, ["keyrings/dev"]);
    app(&backend).fails(4, "ROLE_INSUFFICIENT", &["keyring", "create", "mine"]);
}
