//! Signatures, checked by OpenSSL.

use std::{fs, path::PathBuf, process::Command};

use supacrypt_testkit::Backend;
use tempfile::TempDir;

use crate::command::{Supacrypt, app, run};

struct Desk {
    dir: TempDir,
    app: Supacrypt,
    _backend: Backend,
}

impl Desk {
    fn new() -> Self {
        let backend = Backend::start();
        let dir = tempfile::tempdir().unwrap();
        let desk = Desk { dir, app: app(&backend), _backend: backend };
        fs::write(desk.path("input"), "what is signed").unwrap();
        desk
    }

    fn path(&self, name: &str) -> String {
        let path: PathBuf = self.dir.path().join(name);
        path.to_str().unwrap().to_owned()
    }

    fn key(&self, id: &str, spec: &str) {
        self.app.ok(&["key", "create", id, "--spec", spec]);
        self.app.ok(&["key", "public", id, "--out", &self.path("public.pem")]);
    }

    /// Signs the input and has OpenSSL verify it with the exported public key.
    fn openssl_accepts(&self, id: &str, options: &[&str], digest: &str, openssl: &[&str]) {
        let (input, signature) = (self.path("input"), self.path("signature"));
        self.app.ok(&[&["sign", id, &input, "--out", &signature], options].concat());
        self.app.ok(&[&["verify", id, &input, "--signature", &signature], options].concat());
        let verdict = run(Command::new("openssl")
            .args(["dgst", digest, "-verify", &self.path("public.pem")])
            .args(["-signature", &signature])
            .args(openssl)
            .arg(&input));
        assert_eq!(verdict.code, 0, "{id} {options:?}: {}", verdict.stderr);
    }
}

#[test]
fn openssl_accepts_rsa_signatures() {
    let desk = Desk::new();
    desk.key("rsa", "rsa-2048");
    desk.openssl_accepts("rsa", &[], "-sha256", &[]);
    desk.openssl_accepts("rsa", &["--digest", "sha512"], "-sha512", &[]);
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
    desk.openssl_accepts("rsa", &["--padding", "pss"], "-sha256", &pss);
}

#[test]
fn openssl_accepts_ecdsa_signatures() {
    let desk = Desk::new();
    for (id, spec, digest) in [
        ("p256", "ec-p256", "-sha256"),
        ("p384", "ec-p384", "-sha384"),
        ("p521", "ec-p521", "-sha512"),
    ] {
        desk.key(id, spec);
        desk.openssl_accepts(id, &[], digest, &[]);
    }
}

#[test]
fn openssl_accepts_ed25519_signatures() {
    let desk = Desk::new();
    desk.key("ed", "ed25519");
    let (input, signature) = (desk.path("input"), desk.path("signature"));
    desk.app.ok(&["sign", "ed", &input, "--out", &signature]);
    let verdict = run(Command::new("openssl")
        .args(["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", &desk.path("public.pem")])
        .args(["-sigfile", &signature, "-in", &input]));
    assert_eq!(verdict.code, 0, "{}", verdict.stderr);
}

#[test]
fn a_digest_made_elsewhere_is_signed_as_it_is() {
    let desk = Desk::new();
    desk.key("k", "ec-p256");
    let (input, digest, signature) = (desk.path("input"), desk.path("digest"), desk.path("sig"));
    let made =
        run(Command::new("openssl").args(["dgst", "-sha256", "-binary", "-out", &digest, &input]));
    assert_eq!(made.code, 0, "{}", made.stderr);
    desk.app.ok(&["sign", "k", &digest, "--raw-digest", "--p1363", "--out", &signature]);
    assert_eq!(fs::read(&signature).unwrap().len(), 64);
    desk.app.ok(&["verify", "k", &input, "--p1363", "--signature", &signature]);
}

#[test]
fn a_signature_of_something_else_is_not_valid() {
    let desk = Desk::new();
    desk.key("k", "ec-p256");
    let (input, signature) = (desk.path("input"), desk.path("sig"));
    desk.app.ok(&["sign", "k", &input, "--out", &signature]);
    fs::write(&input, "something else").unwrap();
    desk.app.fails(1, "SIGNATURE_INVALID", &["verify", "k", &input, "--signature", &signature]);
    fs::write(&signature, "no DER").unwrap();
    let message =
        desk.app.fails(1, "SIGNATURE_INVALID", &["verify", "k", &input, "--signature", &signature]);
    assert!(message.contains("--p1363"), "{message}");
}

#[test]
fn a_secret_key_makes_no_signatures() {
    let desk = Desk::new();
    desk.app.ok(&["key", "create", "aes", "--spec", "aes-128"]);
    desk.app.fails(2, "ALGORITHM_MISMATCH", &["sign", "aes", &desk.path("input")]);
}

#[test]
fn random_bytes_have_the_length_asked_for_and_differ() {
    let desk = Desk::new();
    let (first, second) = (desk.app.ok(&["random", "32"]), desk.app.ok(&["random", "32"]));
    assert_eq!(first.trim().len(), 64);
    assert_ne!(first, second);
}
