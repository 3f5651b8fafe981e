//! `supacrypt quickstart`.

use std::{fs, process::Command};

use supacrypt_testkit::program;

use crate::command::{Run, bare, run, with_config};

/// Ends the process of a quickstart, whatever the test does.
struct Process(u32);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.to_string()).status();
    }
}

fn quickstart(dir: &std::path::Path, args: &[&str]) -> Run {
    run(bare().args(["--json", "quickstart", "--dir"]).arg(dir).args(args))
}

#[test]
fn quickstart_leaves_a_backend_that_signs() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("backend");
    let supacryptd = program("supacrypt-server", "supacryptd");
    let made = quickstart(&dir, &["--supacryptd", supacryptd.to_str().unwrap()]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let pid = u32::try_from(made["pid"].as_u64().unwrap()).unwrap();
    let _process = Process(pid);
    assert_eq!(fs::read_to_string(dir.join("supacryptd.pid")).unwrap().trim(), pid.to_string());

    let app = with_config(&dir.join("client.toml"));
    app.ok(&["key", "create", "first", "--spec", "ec-p256"]);
    app.ok(&["sign", "--base64", "first", "/dev/null"]);
    let log = with_config(&dir.join("admin.toml")).ok(&["audit", "tail"]);
    assert!(log.contains("Sign"), "{log}");

    let again = quickstart(&dir, &[]);
    assert_eq!(again.code, 1, "{}", again.stderr);
    assert!(again.stderr.contains("--dir"), "it says what to do: {}", again.stderr);
}

#[test]
fn without_a_start_there_are_files_only() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("backend");
    let made = quickstart(&dir, &["--no-start"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(dir.join("supacryptd.toml").is_file());
    assert!(!dir.join("supacryptd.pid").exists());
}

#[test]
fn a_server_that_does_not_start_is_shown_with_its_log() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("backend");
    // Accepts no --config, says so, and fails.
    let made = quickstart(&dir, &["--supacryptd", "/bin/ls"]);
    assert_eq!(made.code, 2, "{}", made.stderr);
    assert!(
        made.stderr.contains("ended with") && made.stderr.contains("config"),
        "{}",
        made.stderr
    );
}
