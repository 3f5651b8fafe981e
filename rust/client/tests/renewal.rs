//! A certificate that is renewed while its client runs.

use std::{fs, thread, time::Duration};

use supacrypt_client::{Client, Config};
use supacrypt_core::Reason;
use supacrypt_testkit::{Backend, Identity, Validity};

/// Long enough to connect with, even on a busy machine.
const LIFETIME: Duration = Duration::from_secs(5);

#[test]
fn a_renewed_certificate_is_used_without_a_restart() {
    let backend = Backend::start();
    let identity = Identity::Dns("app.example.org".into());
    let config = |validity| {
        Config::from_file(&backend.config_of(&identity, validity)).expect("written by the backend")
    };
    let old = config(Validity::lasting(LIFETIME));
    let client = Client::new(old.clone()).unwrap();
    client.random(&mut [0; 16]).unwrap();
    let new = config(Validity::days(1));
    fs::copy(&new.tls.key, &old.tls.key).unwrap();
    fs::copy(&new.tls.certificate, &old.tls.certificate).unwrap();

    // Another client, whose certificate holds a little longer, tells when the first one's is over.
    let witness = Client::new(config(Validity::lasting(LIFETIME))).unwrap();
    let error = loop {
        match witness.keyrings() {
            Ok(_) => thread::sleep(Duration::from_millis(50)),
            Err(error) => break error,
        }
    };
    assert_eq!(error.reason(), Reason::ClientCertificateExpired, "{error}");
    client.random(&mut [0; 16]).unwrap();
}
