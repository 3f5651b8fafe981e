//! The life of a key.

use std::{fs, process::Command};

use supacrypt_client::{DataObject, NewObject, NewObjectContent};
use supacrypt_testkit::Backend;

use crate::command::{admin, app, run};

#[test]
fn a_key_is_made_found_changed_deleted_and_taken_back() {
    let backend = Backend::start();
    let app = app(&backend);
    let made = app.json(&[
        "key",
        "create",
        "dev/release",
        "--spec",
        "ec-p384",
        "--label",
        "Release key",
        "--object-id",
        "01ff",
        "--usage",
        "sign",
        "--annotation",
        "team=build",
    ]);
    assert_eq!(made["name"], "keyrings/dev/keys/release");
    assert_eq!(made["usages"], serde_json::json!(["sign"]));
    assert_eq!(made["annotations"]["team"], "build");
    assert_eq!(made["primary"]["origin"], "generated");
    assert_eq!((&made["modifiable"], &made["extractable"]), (&true.into(), &false.into()));
    assert_eq!(made["never_extractable"], true);
    assert!(app.ok(&["key", "show", "release"]).contains("destroyable"));
    app.ok(&["key", "create", "other", "--spec", "aes-256"]);

    for filter in [["--label", "Release key"], ["--object-id", "01ff"], ["--spec", "ec-p384"]] {
        let found = app.json(&[&["key", "list"], &filter[..]].concat());
        assert_eq!(found.as_array().unwrap().len(), 1, "{filter:?}: {found}");
        assert_eq!(found[0]["name"], made["name"]);
    }
    let changed = app.json(&["key", "update", "release", "--label", "New", "--object-id", "02"]);
    assert_eq!((&changed["label"], &changed["object_id"]), (&"New".into(), &"02".into()));
    assert_eq!(changed["annotations"]["team"], "build", "what was not named stays");
    app.fails(2, "INVALID_ARGUMENT", &["key", "update", "release"]);

    app.fails(2, "INVALID_ARGUMENT", &["key", "delete", "release"]);
    app.ok(&["key", "delete", "release", "--yes"]);
    assert_eq!(app.json(&["key", "list"]).as_array().unwrap().len(), 1);
    assert!(app.ok(&["key", "list", "--deleted"]).contains("deleted"));
    app.ok(&["key", "undelete", "release"]);
    assert_eq!(app.json(&["key", "show", "release"])["label"], "New");
}

#[test]
fn an_extractable_key_leaves_wrapped_and_stops_leaving() {
    let backend = Backend::start();
    let app = app(&backend);
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), [7; 32]).unwrap();
    let secret = secret.path().to_str().unwrap();
    let kek = ["--spec", "aes-256", "--trusted", "--usage", "encrypt"];
    app.ok(&[&["key", "import", "kek", secret], &kek[..]].concat());
    app.ok(&["key", "import", "restore", secret, "--spec", "aes-256", "--usage", "decrypt"]);
    app.ok(&["key", "create", "other", "--spec", "aes-256"]);
    let free = ["--extractable", "--wrap-with-trusted", "--end-date", "2099-12-31"];
    let made = app.json(&[&["key", "create", "free", "--spec", "ec-p256"], &free[..]].concat());
    assert_eq!((&made["extractable"], &made["end_date"]), (&true.into(), &"2099-12-31".into()));
    let out = backend.config_path().with_file_name("wrapped");
    let out = out.to_str().unwrap();
    app.ok(&["key", "wrap", "free", "--by", "kek", "--out", out]);
    assert_eq!(fs::read(out).unwrap().len() % 8, 0);
    app.ok(&["key", "import", "back", out, "--wrapped-by", "restore@1", "--spec", "ec-p256"]);
    assert_eq!(app.ok(&["key", "public", "back"]), app.ok(&["key", "public", "free"]));
    assert!(backend.audit().iter().all(|entry| entry.action != "Decrypt"), "nobody saw it");
    let wrong = ["--wrapped-by", "restore", "--spec", "aes-256"];
    app.fails(2, "INVALID_KEY_MATERIAL", &[&["key", "import", "no", out], &wrong[..]].concat());

    // By a key of another keyring it comes through the command.
    let admin = admin(&backend);
    admin.ok(&["keyring", "create", "safe"]);
    let restore = ["key", "import", "safe/restore", secret, "--spec", "aes-256"];
    admin.ok(&[&restore[..], &["--usage", "decrypt"]].concat());
    let back = ["key", "import", "dev/again", out, "--wrapped-by", "safe/restore"];
    admin.ok(&[&back[..], &["--spec", "ec-p256"]].concat());
    assert_eq!(app.ok(&["key", "public", "again"]), app.ok(&["key", "public", "free"]));
    app.fails(4, "USAGE_NOT_PERMITTED", &["key", "wrap", "free", "--by", "other", "--out", out]);
    app.fails(4, "USAGE_NOT_PERMITTED", &["key", "wrap", "other", "--by", "kek", "--out", out]);
    let changed = app.json(&["key", "update", "free", "--unextractable", "--end-date", "none"]);
    assert_eq!((&changed["extractable"], &changed["end_date"]), (&false.into(), &"".into()));
    app.fails(4, "USAGE_NOT_PERMITTED", &["key", "wrap", "free", "--by", "kek", "--out", out]);
}

#[test]
fn a_key_for_one_algorithm_does_nothing_by_another() {
    let backend = Backend::start();
    let app = app(&backend);
    let create = ["key", "create", "release", "--spec", "rsa-2048", "--allow"];
    let made = app.json(&[&create[..], &["rsa-pss-sha256,rsa-pss-sha384"]].concat());
    let allowed = serde_json::json!(["rsa-pss-sha256", "rsa-pss-sha384"]);
    assert_eq!(made["allowed_algorithms"], allowed);
    assert_eq!(made["pkcs11_mechanisms"], serde_json::json!([]));
    let shown = app.ok(&["key", "show", "release"]);
    assert!(shown.contains("rsa-pss-sha256 rsa-pss-sha384"), "{shown}");

    let signature = backend.config_path().with_file_name("signature");
    let signature = signature.to_str().unwrap();
    let pss = ["release", "/dev/null", "--padding", "pss"];
    app.ok(&[&["sign", "--out", signature], &pss[..]].concat());
    app.ok(&[&["verify", "--signature", signature], &pss[..]].concat());
    let refused = "ALGORITHM_NOT_PERMITTED";
    app.fails(4, refused, &["sign", "release", "/dev/null"]);
    let message = app.fails(4, refused, &["verify", "release", "--signature", signature]);
    assert!(message.contains("rsa-pkcs1-sha256") && message.contains("pss-sha384"), "{message}");

    let odd = ["key", "create", "odd", "--spec", "ed25519", "--allow", "ecdsa"];
    let message = app.fails(2, "INVALID_ARGUMENT", &odd);
    assert!(message.ends_with("ed25519 does not work with ecdsa; it does with ed25519"));
    let unknown = app.run(&[&create[..], &["rsa-pss"]].concat());
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("rsa-pss-sha256, "), "{}", unknown.stderr);
}

#[test]
fn a_key_rotates_and_its_versions_are_disabled_and_destroyed_one_by_one() {
    let backend = Backend::start();
    let app = app(&backend);
    app.ok(&["key", "create", "k", "--spec", "ec-p256"]);
    let first = app.ok(&["key", "public", "k"]);
    let second = app.json(&["key", "rotate", "k"]);
    assert_eq!(second["name"], "keyrings/dev/keys/k/versions/2");
    assert_ne!(app.ok(&["key", "public", "k"]), first);
    assert_eq!(app.ok(&["key", "public", "k@1"]), first);

    app.ok(&["key", "disable", "k@1"]);
    app.fails(1, "KEY_VERSION_DISABLED", &["sign", "k@1", "/dev/null"]);
    app.ok(&["key", "enable", "k@1"]);
    app.ok(&["sign", "--base64", "k@1", "/dev/null"]);
    app.fails(2, "INVALID_ARGUMENT", &["key", "destroy", "k@1"]);
    app.ok(&["key", "destroy", "k@1", "--yes"]);
    app.fails(1, "KEY_VERSION_DESTROYED", &["sign", "k@1", "/dev/null"]);
    let versions = app.json(&["key", "versions", "k"]);
    let states: Vec<_> =
        versions.as_array().unwrap().iter().map(|version| &version["state"]).collect();
    assert_eq!(states, ["enabled", "destroyed"]);
}

#[test]
fn a_key_made_by_openssl_is_imported_and_signs_for_its_old_public_half() {
    let backend = Backend::start();
    let app = app(&backend);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (key, public) = (path("key.pem"), path("public.pem"));
    let openssl = |args: &[&str]| {
        let run = run(Command::new("openssl").args(args));
        assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
        run.text()
    };
    openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", &key]);
    openssl(&["pkey", "-in", &key, "-pubout", "-out", &public]);

    let imported = app.json(&["key", "import", "old", &key, "--spec", "rsa-2048"]);
    assert_eq!(imported["primary"]["origin"], "imported");
    let (input, signature) = (path("input"), path("signature"));
    fs::write(&input, "words").unwrap();
    app.ok(&["sign", "old", &input, "--out", &signature]);
    openssl(&["dgst", "-sha256", "-verify", &public, "-signature", &signature, &input]);

    app.fails(2, "INVALID_KEY_MATERIAL", &["key", "import", "bad", &key, "--spec", "ec-p256"]);
}

#[test]
fn what_does_not_exist_has_an_exit_code_of_its_own() {
    let backend = Backend::start();
    let app = app(&backend);
    app.fails(3, "KEY_NOT_FOUND", &["key", "show", "nobody"]);
    app.ok(&["key", "create", "k", "--spec", "ed25519"]);
    app.fails(3, "KEY_VERSION_NOT_FOUND", &["key", "public", "k@9"]);
}

#[test]
fn a_backend_that_is_gone_has_an_exit_code_of_its_own() {
    let mut backend = Backend::start();
    backend.kill();
    let app = app(&backend);
    app.fails(5, "UNREACHABLE", &["key", "list"]);
    backend.restart();
    app.ok(&["key", "list"]);
}

#[test]
fn a_watch_tells_of_a_new_key_and_a_new_object() {
    use std::{
        io::{BufRead, BufReader},
        process::Stdio,
    };

    let backend = Backend::start();
    let mut watch = crate::command::bare()
        .arg("--config")
        .arg(backend.config_path())
        .args(["key", "watch", "dev"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watch.stderr.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("watching"));
    app(&backend).ok(&["key", "create", "fresh", "--spec", "ed25519"]);
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let content = NewObjectContent::Data(DataObject {
        application: String::new(),
        oid: Vec::new(),
        value: Vec::new().into(),
    });
    let object = backend.client().create_object(&backend.keyring(), NewObject::new(content));
    let told = lines.next().unwrap().unwrap();
    watch.kill().unwrap();
    watch.wait().unwrap();
    assert_eq!(line, "keyrings/dev/keys/fresh");
    assert_eq!(told, object.unwrap().name.to_string());
}
