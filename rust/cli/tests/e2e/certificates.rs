//! Certificates, brought in from files that OpenSSL made.

use std::{fs, process::Command};

use supacrypt_testkit::Backend;

use crate::command::{app, run};

/// Self-signed certificates with their keys, as `NAME.pem` and `NAME.key` in a directory.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    pub(crate) fn make(names: &[&str]) -> Files {
        let files = Files(tempfile::tempdir().unwrap());
        for name in names {
            let (key, pem) =
                (files.path(&format!("{name}.key")), files.path(&format!("{name}.pem")));
            let subject = format!("/O=Example/CN={name}");
            openssl(&[
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                &key,
                "-out",
                &pem,
                "-subj",
                &subject,
            ]);
        }
        files
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, content: &str) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }
}

fn openssl(args: &[&str]) -> String {
    let run = run(Command::new("openssl").args(args));
    assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
    run.text()
}

#[test]
fn a_certificate_is_brought_in_shown_exported_and_deleted() {
    let backend = Backend::start();
    let app = app(&backend);
    let files = Files::make(&["www"]);
    let pem = files.path("www.pem");
    let made = app.json(&["certificate", "import", &pem, "--object-id", "0a0b"]);
    let made = &made[0];
    assert_eq!((&made["label"], &made["object_id"]), (&"www".into(), &"0a0b".into()));
    let name = made["name"].as_str().unwrap();
    let short = name.rsplit('/').next().unwrap();

    assert!(app.ok(&["certificate", "list"]).contains("CN=www"));
    assert_eq!(app.json(&["certificate", "list", "--label", "else"]).as_array().unwrap().len(), 0);
    let shown = app.ok(&["certificate", "show", short]);
    assert!(shown.contains("subject        O=Example, CN=www\n"), "{shown}");
    assert_eq!(app.json(&["certificate", "show", name])["certificate"], made["certificate"]);
    assert_eq!(app.ok(&["certificate", "export", short]), files.read("www.pem"));
    let der = files.path("www.der");
    app.ok(&["certificate", "export", short, "--der", "--out", &der]);
    openssl(&["x509", "-inform", "der", "-in", &der, "-noout"]);

    // DER is taken too; it is the same certificate, so nothing new is made.
    let again = app.json(&["certificate", "import", &der, "--object-id", "0a0b"]);
    assert_eq!(again[0]["name"], made["name"]);
    app.fails(2, "INVALID_ARGUMENT", &["certificate", "delete", short]);
    app.ok(&["certificate", "delete", short, "--yes"]);
    app.fails(3, "OBJECT_NOT_FOUND", &["certificate", "show", short]);
}

#[test]
fn the_chain_of_a_key_is_brought_in_with_the_keys_label_and_id() {
    let backend = Backend::start();
    let app = app(&backend);
    let files = Files::make(&["www", "authority"]);
    app.ok(&[
        "key",
        "import",
        "web",
        &files.path("www.key"),
        "--spec",
        "ec-p256",
        "--label",
        "Web",
        "--object-id",
        "01",
    ]);
    let chain = files.read("authority.pem") + "text between\n" + &files.read("www.pem");
    let chain = files.write("chain.pem", &chain);
    let made = app.json(&["certificate", "import", &chain, "--key", "web"]);
    let field = |field: &str| -> Vec<_> {
        made.as_array().unwrap().iter().map(|it| it[field].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(field("label"), ["authority", "Web"]);
    assert_eq!(field("object_id"), ["", "01"]);
    assert_eq!(made[0]["certificate"]["category"], "authority");
    assert_eq!(made[1]["certificate"]["category"], "token-user");

    let message = app.fails(
        2,
        "INVALID_ARGUMENT",
        &["certificate", "import", &files.path("authority.pem"), "--key", "web"],
    );
    assert!(message.contains("keyrings/dev/keys/web"), "{message}");
    assert!(message.contains("CN=authority"), "{message}");
    app.ok(&["key", "create", "secret", "--spec", "aes-256"]);
    app.fails(2, "ALGORITHM_MISMATCH", &["certificate", "import", &chain, "--key", "secret"]);
    let both = ["certificate", "import", &chain, "--label", "for one"];
    assert!(app.fails(2, "INVALID_ARGUMENT", &both).contains("holds 2 certificates"));
    assert_eq!(app.json(&["certificate", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn a_file_without_a_certificate_is_refused_by_its_name() {
    let backend = Backend::start();
    let app = app(&backend);
    let files = Files::make(&["www"]);
    let garbage = files.write("garbage", "no certificate at all");
    let broken = files.write("broken", &files.read("www.pem").replace("MII", "!!!"));
    for path in [&files.path("www.key"), &garbage, &broken] {
        let message = app.fails(2, "INVALID_ARGUMENT", &["certificate", "import", path]);
        assert!(message.starts_with(path.as_str()), "{message}");
    }
}
