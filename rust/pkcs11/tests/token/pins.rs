//! A token with a PIN, which its keys may want for each use.

use cryptoki::{
    context::Pkcs11,
    error::RvError,
    mechanism::Mechanism,
    object::Attribute,
    session::{Session, UserType},
    slot::TokenInfo,
    types::AuthPin,
};
use supacrypt_testkit::Backend;

use super::{
    assert_refused,
    common::{end, load, open},
    key_attributes::pair,
};

fn pin(text: &str) -> AuthPin {
    AuthPin::new(text.into())
}

/// What the module says of the token, without looking for tokens again.
fn token(context: &Pkcs11, session: &Session) -> TokenInfo {
    let slot = session.get_session_info().expect("session info").slot_id();
    context.get_token_info(slot).expect("token info")
}

pub(crate) fn set(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    assert_refused(session.init_pin(&pin("1234")), RvError::UserNotLoggedIn);
    assert_refused(session.set_pin(&pin("0000"), &pin("1234")), RvError::UserPinNotInitialized);
    session.login(UserType::So, Some(&pin("whatever"))).expect("a security officer");
    assert_refused(session.init_pin(&pin("123")), RvError::PinLenRange);
    session.init_pin(&pin("1234")).expect("a PIN");
    session.logout().expect("logged out");
    let info = token(&context, &session);
    assert!(info.login_required() && !info.protected_authentication_path());
    assert!(!info.user_pin_count_low());

    assert_refused(session.login(UserType::User, Some(&pin("4321"))), RvError::PinIncorrect);
    assert!(token(&context, &session).user_pin_count_low());
    session.login(UserType::User, Some(&pin("1234"))).expect("the PIN");
    assert!(!token(&context, &session).user_pin_count_low());
    assert_refused(session.set_pin(&pin("4321"), &pin("5678")), RvError::PinIncorrect);
    session.set_pin(&pin("1234"), &pin("5678")).expect("another PIN");
    session.logout().expect("logged out");

    for _ in 0..9 {
        assert_refused(session.login(UserType::User, Some(&pin("1234"))), RvError::PinIncorrect);
    }
    assert!(token(&context, &session).user_pin_final_try());
    assert_refused(session.login(UserType::User, Some(&pin("1234"))), RvError::PinLocked);
    assert_refused(session.login(UserType::User, Some(&pin("5678"))), RvError::PinLocked);
    assert!(token(&context, &session).user_pin_locked());
    backend.admin().set_pin(&backend.keyring(), b"", None).expect("no PIN");
    drop(session);
    end(context);
}

pub(crate) fn for_each_use(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    let (public, private) =
        pair(&session, &[], &[Attribute::AlwaysAuthenticate(true)]).expect("a key pair");
    backend.admin().set_pin(&backend.keyring(), b"1234", None).expect("a PIN");
    // The module learns of the PIN when somebody logs in.
    assert_refused(session.login(UserType::User, Some(&pin("4321"))), RvError::PinIncorrect);
    assert!(token(&context, &session).login_required());
    session.login(UserType::User, Some(&pin("1234"))).expect("the PIN");

    let sign = |given: Option<&str>| {
        session.sign_init(&Mechanism::EcdsaSha256, private)?;
        if let Some(given) = given {
            session.login(UserType::ContextSpecific, Some(&pin(given)))?;
        }
        session.sign_update(b"message")?;
        session.sign_final()
    };
    assert_refused(sign(None), RvError::UserNotLoggedIn);
    let signature = sign(Some("1234")).expect("a signature");
    session.verify(&Mechanism::EcdsaSha256, public, b"message", &signature).expect("it verifies");
    assert_refused(sign(None), RvError::UserNotLoggedIn);

    // After a wrong one the operation goes on, and may get the right one.
    assert_refused(sign(Some("4321")), RvError::PinIncorrect);
    session.login(UserType::ContextSpecific, Some(&pin("1234"))).expect("the PIN");
    session.sign_update(b"message").expect("signing");
    session.sign_final().expect("a signature");
    decrypts(&session);
    backend.admin().set_pin(&backend.keyring(), b"", None).expect("no PIN");
    drop(session);
    end(context);
}

fn decrypts(session: &Session) {
    let public = [Attribute::Token(true), Attribute::ModulusBits(2048.into())];
    let private = [Attribute::Token(true), Attribute::AlwaysAuthenticate(true)];
    let (public, private) = session
        .generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)
        .expect("a key pair");
    let sealed = session.encrypt(&Mechanism::RsaPkcs, public, b"secret").expect("encrypted");
    assert_refused(
        session.decrypt(&Mechanism::RsaPkcs, private, &sealed),
        RvError::UserNotLoggedIn,
    );
    session.decrypt_init(&Mechanism::RsaPkcs, private).expect("begun");
    session.login(UserType::ContextSpecific, Some(&pin("1234"))).expect("the PIN");
    let opened = [session.decrypt_update(&sealed), session.decrypt_final()];
    assert_eq!(opened.map(|part| part.expect("decrypted")).concat(), b"secret");
}
