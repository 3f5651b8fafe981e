//! Data objects, brought in from files and standard input.

use std::{fs, path::Path};

use supacrypt_testkit::Backend;

use crate::{certificates::Files, command::app};

/// Bytes that are no text.
const VALUE: &[u8] = &[0, 0xff, b'\r', b'\n', 0x80];

fn file(dir: &Path, name: &str, content: &[u8]) -> String {
    let path = dir.join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn data_is_brought_in_shown_exported_and_deleted() {
    let backend = Backend::start();
    let app = app(&backend);
    let dir = tempfile::tempdir().unwrap();
    let input = file(dir.path(), "input", VALUE);
    let import = ["object", "import", "settings", &input];
    let said = ["--label", "Settings", "--application", "mail", "--oid", "1.2.3.4", "--private"];
    let made = app.json(&[&import[..], &said].concat());
    assert_eq!(made["name"], "keyrings/dev/objects/settings");
    assert_eq!(made["label"], "Settings");
    assert_eq!(made["private"], true);
    assert_eq!(made["data"]["application"], "mail");
    assert_eq!(made["data"]["oid"], "BgMqAwQ=");
    assert_eq!(made["data"]["value"], "AP8NCoA=");

    app.ok(&["object", "import", "plain", &input]);
    let labelled = |args: &[&str]| -> Vec<_> {
        let found = app.json(&[&["object", "list"], args].concat());
        let found = found.as_array().unwrap().iter();
        found.map(|it| it["label"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(labelled(&["dev"]), ["plain", "Settings"], "the id is the label by default");
    assert_eq!(labelled(&["--application", "mail"]), ["Settings"]);
    assert_eq!(labelled(&["--label", "plain"]), ["plain"]);
    let list = app.ok(&["object", "list"]);
    assert!(list.starts_with("NAME"), "{list}");
    assert!(list.contains("1.2.3.4"), "{list}");
    let shown = app.ok(&["object", "show", "settings"]);
    assert!(shown.contains("oid          1.2.3.4\n"), "{shown}");
    assert!(shown.contains("value        5 bytes\n"), "{shown}");
    assert_eq!(app.json(&["object", "show", "dev/settings"]), made);

    assert_eq!(app.run(&["object", "export", "settings"]).stdout, VALUE);
    assert_eq!(app.json(&["object", "export", "settings"])["value"], "AP8NCoA=");
    let output = dir.path().join("output");
    let to_file = ["object", "export", "settings", "--out", output.to_str().unwrap()];
    assert_eq!(app.json(&to_file)["value"], serde_json::Value::Null);
    assert_eq!(fs::read(&output).unwrap(), VALUE);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&output).unwrap().permissions().mode() & 0o777, 0o600);
    }

    app.fails(1, "ALREADY_EXISTS", &import);
    app.fails(2, "INVALID_ARGUMENT", &["object", "delete", "settings"]);
    app.ok(&["object", "delete", "settings", "--yes"]);
    app.fails(3, "OBJECT_NOT_FOUND", &["object", "show", "settings"]);
}

#[test]
fn data_comes_from_standard_input_up_to_a_limit() {
    let backend = Backend::start();
    let app = app(&backend);
    let dir = tempfile::tempdir().unwrap();
    let largest = file(dir.path(), "largest", &vec![7; 64 * 1024]);
    let run = app.run_with_input(Path::new(&largest), &["object", "import", "largest", "-"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(app.run(&["object", "export", "largest"]).stdout, vec![7; 64 * 1024]);
    let larger = file(dir.path(), "larger", &vec![7; 64 * 1024 + 1]);
    app.fails(2, "INPUT_LENGTH", &["object", "import", "larger", &larger]);
}

#[test]
fn what_must_stay_is_not_deleted() {
    let backend = Backend::start();
    let app = app(&backend);
    let dir = tempfile::tempdir().unwrap();
    let input = file(dir.path(), "input", VALUE);
    let made = app.json(&["object", "import", "kept", &input, "--undestroyable", "--unmodifiable"]);
    assert_eq!((&made["destroyable"], &made["modifiable"]), (&false.into(), &false.into()));
    app.fails(1, "OBJECT_IMMUTABLE", &["object", "delete", "kept", "--yes"]);
}

#[test]
fn certificates_and_malformed_oids_are_refused_with_the_way_out() {
    let backend = Backend::start();
    let app = app(&backend);
    let files = Files::make(&["www"]);
    let pem = files.path("www.pem");
    let made = app.json(&["certificate", "import", &pem]);
    let name = made[0]["name"].as_str().unwrap();
    assert!(app.json(&["object", "list"]).as_array().unwrap().is_empty());
    for command in ["show", "export", "delete"] {
        let message = app.fails(2, "INVALID_ARGUMENT", &["object", command, name]);
        assert!(message.contains("supacrypt certificate"), "{message}");
    }
    for oid in ["1", "1.2.x", "3.1.1", ""] {
        let run = app.run(&["object", "import", "it", &pem, "--oid", oid]);
        assert_eq!(run.code, 2, "{oid}");
        assert!(run.stderr.contains("no object identifier"), "{}", run.stderr);
    }
}
