//! The program: its exit codes, its start, its signals.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use supacrypt_pki::Authority;

/// A directory with all files that a server needs.
fn prepared(more: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new("test").unwrap();
    authority.write_certificate(&dir.path().join("ca.pem")).unwrap();
    let server = authority.issue_server(&["localhost"]).unwrap();
    server.write(&dir.path().join("server.pem"), &dir.path().join("server.key")).unwrap();
    let text = format!(
        "data_dir = \"data\"\n{more}\n\
         [listen]\ngrpc = \"127.0.0.1:0\"\nmetrics = \"127.0.0.1:0\"\n\
         [tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\nclient_ca = \"ca.pem\"\n"
    );
    std::fs::write(dir.path().join("supacryptd.toml"), text).unwrap();
    dir
}

fn supacryptd(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_supacryptd"));
    command.arg("--config").arg(dir.join("supacryptd.toml")).args(arguments);
    command
}

fn output(dir: &Path, arguments: &[&str]) -> (i32, String) {
    let Output { status, stdout, stderr } = supacryptd(dir, arguments).output().unwrap();
    let text = [stdout, stderr].concat();
    (status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// A server that is ended with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    fn start(dir: &Path) -> Running {
        let mut child = supacryptd(dir, &[]).stderr(Stdio::piped()).spawn().unwrap();
        let endpoints = dir.join("data/endpoints.json");
        let deadline = Instant::now() + Duration::from_secs(20);
        while !endpoints.exists() {
            if let Some(status) = child.try_wait().unwrap() {
                let mut log = String::new();
                child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
                panic!("ended with {status}: {log}");
            }
            assert!(Instant::now() < deadline, "no endpoints.json");
            std::thread::sleep(Duration::from_millis(5));
        }
        Running(child)
    }

    fn terminate(mut self) -> i32 {
        let killed = Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert!(killed.success());
        self.0.wait().unwrap().code().unwrap()
    }
}

#[test]
fn a_valid_configuration_is_called_valid() {
    let dir = prepared("");
    let (code, text) = output(dir.path(), &["--check-config"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("is valid"), "{text}");
}

#[test]
fn a_wrong_configuration_ends_with_code_2_and_names_the_key() {
    let dir = prepared("drain_timeout = \"soon\"");
    for arguments in [&["--check-config"][..], &[]] {
        let (code, text) = output(dir.path(), arguments);
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("drain_timeout"), "{text}");
    }
}

#[test]
fn a_private_key_that_everyone_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = prepared("");
    let key = dir.path().join("server.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, text) = output(dir.path(), &["--check-config"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("tls.key") && text.contains("chmod"), "{text}");
}

#[test]
fn a_certificate_file_without_a_certificate_is_named() {
    let dir = prepared("");
    std::fs::write(dir.path().join("ca.pem"), "nothing").unwrap();
    let (code, text) = output(dir.path(), &["--check-config"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("tls.client_ca"), "{text}");
}

#[test]
fn sigterm_ends_it_with_code_0() {
    let dir = prepared("");
    assert_eq!(Running::start(dir.path()).terminate(), 0);
    assert!(!dir.path().join("data/endpoints.json").exists());
}

#[test]
fn a_seal_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = prepared("");
    Running::start(dir.path()).terminate();
    let seal = dir.path().join("data/seal.key");
    std::fs::set_permissions(&seal, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (code, text) = output(dir.path(), &[]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("seal.key") && text.contains("chmod 600"), "{text}");
}

#[test]
fn a_store_opens_with_the_passphrase_it_was_made_with() {
    use std::os::unix::fs::PermissionsExt;
    let dir = prepared("seal = { type = \"passphrase\", path = \"passphrase\" }");
    let path = dir.path().join("passphrase");
    std::fs::write(&path, "correct horse battery staple\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    for _ in 0..2 {
        assert_eq!(Running::start(dir.path()).terminate(), 0);
    }
    assert!(!dir.path().join("data/seal.key").exists());
    std::fs::write(&path, "incorrect horse battery staple\n").unwrap();
    let (code, text) = output(dir.path(), &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("is not that of this store"), "{text}");
    assert!(!text.contains("horse"), "{text}");
}

/// Gives the server another line in the place of that for the seal.
fn reseal(dir: &Path, seal: &str) {
    let path = dir.join("supacryptd.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let others = text.lines().filter(|line| !line.starts_with("seal = "));
    let text: Vec<_> = [seal].into_iter().chain(others).collect();
    std::fs::write(path, text.join("\n")).unwrap();
}

#[test]
fn a_store_moves_from_one_seal_to_another() {
    use std::os::unix::fs::PermissionsExt;
    let dir = prepared("");
    let start = || assert_eq!(Running::start(dir.path()).terminate(), 0);
    let refused = || {
        let (code, text) = output(dir.path(), &[]);
        assert_eq!(code, 1, "{text}");
        text
    };
    start();
    let passphrase = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    passphrase("one", "correct horse battery staple");
    passphrase("two", "another horse, another battery");

    let file = r#"previous = { type = "file", path = "data/seal.key" }"#;
    let one = r#"type = "passphrase", path = "one""#;
    reseal(dir.path(), &format!("seal = {{ {one} }}"));
    assert!(refused().contains("seal.previous"));
    reseal(dir.path(), &format!("seal = {{ {one}, {file} }}"));
    start();
    // Neither what was before the move nor a second start harms it, and the file is of no use now.
    start();
    reseal(dir.path(), &format!("seal = {{ {one} }}"));
    std::fs::remove_file(dir.path().join("data/seal.key")).unwrap();
    start();

    let two = r#"type = "passphrase", path = "two""#;
    reseal(dir.path(), &format!("seal = {{ {two} }}"));
    assert!(refused().contains("two is not that of this store"));
    reseal(dir.path(), &format!("seal = {{ {two}, previous = {{ {one} }} }}"));
    start();
    reseal(dir.path(), &format!("seal = {{ {one} }}"));
    assert!(refused().contains("one is not that of this store"));

    // And back to a file, which is made for it.
    reseal(dir.path(), &format!("seal = {{ type = \"file\", previous = {{ {two} }} }}"));
    start();
    reseal(dir.path(), "");
    start();
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_harms_nothing() {
    let dir = prepared("");
    let running = Running::start(dir.path());
    let (code, text) = output(dir.path(), &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("another supacryptd"), "{text}");
    assert!(dir.path().join("data/endpoints.json").exists());
    assert_eq!(running.terminate(), 0);
}

#[test]
fn it_starts_again_after_it_was_killed() {
    let dir = prepared("");
    drop(Running::start(dir.path()));
    std::fs::remove_file(dir.path().join("data/endpoints.json")).unwrap();
    assert_eq!(Running::start(dir.path()).terminate(), 0);
}
