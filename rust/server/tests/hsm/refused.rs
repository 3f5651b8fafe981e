//! Settings that lead to no token.

use supacrypt_core::{Error, Reason};
use supacrypt_server::config::CustodianSettings;
use supacrypt_server::custody::Pkcs11Custodian;

use crate::token::Token;

async fn refused(settings: CustodianSettings) -> Error {
    let error = Pkcs11Custodian::open("hsm", &settings).await.err().unwrap();
    assert_eq!(error.reason(), Reason::Configuration, "{error}");
    assert_eq!(error.field(), Some("custodians.hsm"));
    error
}

pub(crate) async fn settings(token: &Token) {
    let right = token.settings();
    let module = "/nonexistent/module.so".into();
    let error = refused(CustodianSettings { module, ..right.clone() }).await;
    assert!(error.message().contains("/nonexistent/module.so"), "{error}");

    let error = refused(CustodianSettings { token: Some("other".into()), ..right.clone() }).await;
    assert!(error.message().contains("test keys"), "{error}");

    let pin_file = token.pin_file("246810", 0o644);
    let error = refused(CustodianSettings { pin_file, ..right.clone() }).await;
    assert!(error.message().contains("chmod 600"), "{error}");

    let pin_file = token.pin_file("wrong", 0o400);
    let error = refused(CustodianSettings { pin_file, ..right.clone() }).await;
    assert!(error.message().contains("pin_file"), "{error}");

    let serial = Some(token.serial());
    Pkcs11Custodian::open("hsm", &CustodianSettings { token: None, serial, ..right })
        .await
        .unwrap();
}
