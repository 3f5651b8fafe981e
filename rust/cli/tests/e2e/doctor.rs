//! `supacrypt doctor` on configurations that are broken in one place each.

use std::{fs, path::Path};

use supacrypt_pki::Authority;
use supacrypt_testkit::{Backend, Identity, Validity};

use crate::command::{app, with_config};

/// Runs doctor, which must find something; answers the reason and the advice of the failed step.
fn diagnosis(config: &Path) -> (String, String) {
    let run = with_config(config).run(&["--json", "doctor"]);
    assert_eq!(run.code, 1, "{}{}", run.text(), run.stderr);
    let report: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(report["ok"], false);
    let steps = report["steps"].as_array().unwrap();
    let failed = steps.iter().find(|step| step["outcome"] == "fail").expect("a failed step");
    let text = |field: &str| failed[field].as_str().unwrap().to_owned();
    (text("reason"), text("detail"))
}

/// The configuration of principal `app`, changed.
fn changed(backend: &Backend, from: &str, to: &str) -> std::path::PathBuf {
    let config = fs::read_to_string(backend.config_path()).unwrap();
    assert!(config.contains(from), "{from} is not in {config}");
    let path = backend.deployment().dir().join("changed.toml");
    fs::write(&path, config.replace(from, to)).unwrap();
    path
}

#[test]
fn a_sound_configuration_is_well() {
    let backend = Backend::start();
    let report = app(&backend).json(&["doctor"]);
    assert_eq!(report["ok"], true, "{report}");
    let people = app(&backend).ok(&["doctor"]);
    assert!(people.contains("OK") && !people.contains("FAIL"), "{people}");
    assert!(!people.contains('\x1b'), "no colours in a pipe: {people}");
}

#[test]
fn a_missing_file_is_named() {
    let (reason, detail) = diagnosis(Path::new("/nonexistent/client.toml"));
    assert_eq!(reason, "CONFIGURATION");
    assert!(detail.contains("/nonexistent/client.toml"), "{detail}");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_comes_with_the_command_that_mends_it() {
    use std::os::unix::fs::PermissionsExt;

    let backend = Backend::start();
    let key = backend.deployment().dir().join("pki/app.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let (reason, detail) = diagnosis(&backend.config_path());
    assert_eq!(reason, "CONFIGURATION");
    assert!(detail.contains("chmod 600") && detail.contains("app.key"), "{detail}");
}

#[test]
fn a_host_without_an_address_is_named() {
    let backend = Backend::start();
    let (reason, detail) =
        diagnosis(&changed(&backend, "https://127.0.0.1", "https://backend.invalid"));
    assert_eq!(reason, "UNREACHABLE");
    assert!(detail.contains("backend.invalid"), "{detail}");
}

#[test]
fn a_closed_port_is_named() {
    let mut backend = Backend::start();
    backend.kill();
    let (reason, detail) = diagnosis(&backend.config_path());
    assert_eq!(reason, "UNREACHABLE");
    assert!(detail.contains(&backend.endpoints().grpc.port().to_string()), "{detail}");
}

#[test]
fn another_authority_is_not_trusted() {
    let backend = Backend::start();
    let other = backend.deployment().dir().join("pki/other.pem");
    Authority::new("Another CA").unwrap().write_certificate(&other).unwrap();
    let (reason, detail) = diagnosis(&changed(&backend, "pki/ca.pem", "pki/other.pem"));
    assert_eq!(reason, "SERVER_NOT_TRUSTED");
    assert!(detail.contains("tls.ca"), "{detail}");
}

#[test]
fn a_certificate_whose_time_is_over_or_has_not_come_is_found() {
    let backend = Backend::start();
    for validity in [Validity::expired(), Validity::not_yet()] {
        let identity = Identity::CommonName("late".to_owned());
        let (reason, detail) = diagnosis(&backend.config_of(&identity, validity));
        assert_eq!(reason, "CLIENT_CERTIFICATE_EXPIRED", "{detail}");
    }
}

#[test]
fn a_keyring_that_was_not_granted_is_named() {
    let backend = Backend::start();
    let (reason, detail) =
        diagnosis(&changed(&backend, "keyring = \"dev\"", "keyring = \"secret\""));
    assert_eq!(reason, "KEYRING_NOT_GRANTED");
    assert!(detail.contains("secret"), "{detail}");
}
