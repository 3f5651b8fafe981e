//! What a caller is told when it may not, or cannot, talk to the backend.

use std::{io::Write, net::TcpListener, path::Path, thread, time::Duration};

use supacrypt_client::{Client, Config, KeyFilter};
use supacrypt_core::{Error, Reason};
use supacrypt_testkit::{Backend, Identity, Validity};

fn client(path: &Path, change: impl FnOnce(&mut Config)) -> Client {
    let mut config = Config::from_file(path).expect("written by the backend");
    config.timeouts.operation = Duration::from_secs(2);
    change(&mut config);
    Client::new(config).expect("a sound configuration")
}

fn refusal(client: &Client) -> Error {
    client.keyrings().expect_err("the backend is not to answer")
}

#[test]
fn an_expired_certificate_is_named_as_the_cause() {
    let backend = Backend::start();
    let identity = Identity::Dns("late.example.org".into());
    let config = backend.config_of(&identity, Validity::expired());
    let error = refusal(&client(&config, |_| {}));
    assert_eq!(error.reason(), Reason::ClientCertificateExpired, "{error}");
}

#[test]
fn a_certificate_of_another_authority_is_rejected() {
    let (backend, other) = (Backend::start(), Backend::start());
    let foreign = Config::from_file(&other.config_path()).unwrap();
    let error = refusal(&client(&backend.config_path(), |config| {
        config.tls.certificate = foreign.tls.certificate;
        config.tls.key = foreign.tls.key;
    }));
    assert_eq!(error.reason(), Reason::ClientCertificateRejected, "{error}");
}

#[test]
fn a_server_of_another_authority_is_not_trusted() {
    let (backend, other) = (Backend::start(), Backend::start());
    let foreign = Config::from_file(&other.config_path()).unwrap();
    let error = refusal(&client(&backend.config_path(), |config| config.tls.ca = foreign.tls.ca));
    assert_eq!(error.reason(), Reason::ServerNotTrusted, "{error}");
}

#[test]
fn a_keyring_that_was_not_granted_is_refused_and_recorded() {
    let backend = Backend::start();
    let stranger = backend.client_as(&Identity::Dns("stranger.example.org".into()));
    assert!(stranger.keyrings().unwrap().is_empty());
    let error = stranger.find_keys(&backend.keyring(), &KeyFilter::default()).unwrap_err();
    assert_eq!(error.reason(), Reason::KeyringNotGranted, "{error}");
    let recorded = backend.audit().into_iter().any(|entry| {
        entry.principal == "stranger.example.org" && entry.reason == "KEYRING_NOT_GRANTED"
    });
    assert!(recorded, "{:?}", backend.audit());
}

#[test]
fn a_port_of_another_service_is_named_as_such() {
    let backend = Backend::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            // Whoever hung up does not want an answer.
            let _ = stream.unwrap().write_all(b"SSH-2.0-OpenSSH_9.2\r\n");
        }
    });
    let error = refusal(&client(&backend.config_path(), |config| {
        config.endpoints = vec![format!("https://127.0.0.1:{port}").parse().unwrap()];
    }));
    assert_eq!(error.reason(), Reason::Protocol, "{error}");
}
