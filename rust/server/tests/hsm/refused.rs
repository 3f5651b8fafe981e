//! Settings that lead to no token.

use supacrypt_core::{Error, Reason};
use supacrypt_server::config::{Pkcs11Settings, TokenName};

use crate::token::Token;

async fn refused(settings: Pkcs11Settings) -> Error {
    let error = Token::open(&settings).await.err().unwrap();
    assert_eq!(error.reason(), Reason::Configuration, "{error}");
    assert_eq!(error.field(), Some("custodians.hsm"));
    error
}

pub(crate) async fn settings(token: &Token) {
    let right = token.settings();
    let module = "/nonexistent/module.so".into();
    let error = refused(Pkcs11Settings { module, ..right.clone() }).await;
    assert!(error.message().contains("/nonexistent/module.so"), "{error}");

    let error =
        refused(Pkcs11Settings { token: TokenName::Label("other".into()), ..right.clone() }).await;
    assert!(error.message().contains("test keys"), "{error}");

    let pin_file = token.pin_file("246810", 0o644);
    let error = refused(Pkcs11Settings { pin_file, ..right.clone() }).await;
    assert!(error.message().contains("chmod 600"), "{error}");

    let pin_file = token.pin_file("wrong", 0o400);
    let error = refused(Pkcs11Settings { pin_file, ..right.clone() }).await;
    assert!(error.message().contains("pin_file"), "{error}");

    let by_serial = Pkcs11Settings { token: TokenName::Serial(token.serial()), ..right };
    Token::open(&by_serial).await.unwrap();
}
