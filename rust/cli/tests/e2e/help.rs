//! What the program says about itself, and about wrong command lines.

use crate::command::{bare, run};

fn help(args: &[&str]) -> String {
    let run = run(bare().args(args).arg("--help").env("COLUMNS", "100"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.text()
}

#[test]
fn help_lists_every_command_and_exit_code() {
    insta::assert_snapshot!(help(&[]));
}

#[test]
fn help_of_keys_explains_how_they_are_named() {
    insta::assert_snapshot!(help(&["key"]));
}

#[test]
fn help_of_bringing_in_certificates_explains_which_key_they_are_for() {
    insta::assert_snapshot!(help(&["certificate", "import"]));
}

#[test]
fn help_of_bringing_in_data_explains_what_can_be_said_of_it() {
    insta::assert_snapshot!(help(&["object", "import"]));
}

#[test]
fn help_of_signing_explains_what_is_hashed_where() {
    insta::assert_snapshot!(help(&["sign"]));
}

#[test]
fn wrong_command_lines_say_what_would_be_right() {
    for (name, args) in [
        ("malformed_name", &["key", "show", "Dev/App"][..]),
        ("unknown_spec", &["key", "create", "dev/app", "--spec", "rsa-1024"]),
        ("too_many_random_bytes", &["random", "65537"]),
    ] {
        let run = run(bare().args(args));
        assert_eq!(run.code, 2, "{args:?}");
        insta::assert_snapshot!(name, run.stderr);
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "fish", "zsh"] {
        let run = run(bare().args(["completions", shell]));
        assert_eq!(run.code, 0, "{}", run.stderr);
        for command in ["quickstart", "object"] {
            assert!(run.text().contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn the_version_is_printed_for_people_and_machines() {
    let version = env!("CARGO_PKG_VERSION");
    for arguments in ["version", "--version"] {
        let people = run(bare().arg(arguments)).text();
        assert!(people.starts_with(&format!("supacrypt {version}\ncommit: ")), "{people}");
        assert!(people.contains("X25519MLKEM768"), "{people}");
    }
    assert_eq!(run(bare().arg("-V")).text().trim(), format!("supacrypt {version}"));
    let machines = run(bare().args(["version", "--json"])).text();
    let machines: serde_json::Value = serde_json::from_str(&machines).unwrap();
    assert_eq!(machines["version"], version);
    assert_eq!(machines["system"], std::env::consts::OS);
}
