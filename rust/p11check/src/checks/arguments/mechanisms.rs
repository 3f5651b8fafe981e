//! Mechanisms that the token does not have, with parameters that do not fit, or with the wrong key.

use cryptoki_sys::*;

use crate::{
    application::Application,
    ffi::{Mechanism, Operation},
    key::{Kind, Life},
    names,
    notes::Notes,
    target::Target,
    verdict::{Verdict, passed, refused, skipped},
};

/// Of a vendor, and nobody's.
const UNKNOWN: CK_MECHANISM_TYPE = CKM_VENDOR_DEFINED | 0x5afe;

pub(super) fn unknown(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.signing_key(session)?;
    let (module, mechanism) = (&application.module, Mechanism::new(UNKNOWN));
    let info = module.mechanism_info(application.slot, UNKNOWN).map(drop);
    refused("C_GetMechanismInfo", info, &[CKR_MECHANISM_INVALID])?;
    let public = key.public.unwrap_or(key.private);
    for (operation, key) in [
        (Operation::Sign, key.private),
        (Operation::Encrypt, public),
        (Operation::Decrypt, key.private),
        (Operation::Digest, CK_INVALID_HANDLE),
    ] {
        let called = module.begin(operation, session, &mechanism, key);
        refused(&format!("{operation:?}Init"), called, &[CKR_MECHANISM_INVALID])?;
    }
    let (public, private) = Kind::P256.templates(&target.label, Life::Token);
    let made = module.generate_key_pair(session, &mechanism, &public, &private);
    refused("C_GenerateKeyPair", made, &[CKR_MECHANISM_INVALID])?;
    application.sign_and_verify(session, &key)?;
    application.end()?;
    passed()
}

pub(super) fn parameter(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let key = application.new_key(session, Kind::Rsa2048)?;
    let mut cases = Vec::new();
    let public = key.public.unwrap_or(key.private);
    for (operation, mechanism, flag, key) in [
        (Operation::Sign, CKM_RSA_PKCS_PSS, CKF_SIGN, key.private),
        (Operation::Sign, CKM_SHA256_RSA_PKCS_PSS, CKF_SIGN, key.private),
        (Operation::Encrypt, CKM_RSA_PKCS_OAEP, CKF_ENCRYPT, public),
        (Operation::Decrypt, CKM_RSA_PKCS_OAEP, CKF_DECRYPT, key.private),
    ] {
        let info = application.module.mechanism_info(application.slot, mechanism);
        if info.is_ok_and(|info| info.flags & flag != 0) {
            cases.push((operation, mechanism, key));
        }
    }
    if cases.is_empty() {
        return skipped("the token has neither RSA-PSS nor RSA-OAEP");
    }
    let mut notes = Notes::default();
    for (operation, mechanism, key) in cases {
        for parameter in [&[][..], &[0], &[0; 4096]] {
            let mechanism = Mechanism::with_parameter(mechanism, parameter);
            let what = format!(
                "{operation:?}Init of {} with a parameter of {} bytes",
                names::mechanism(mechanism.kind()),
                parameter.len()
            );
            let called = application.module.begin(operation, session, &mechanism, key);
            notes.refused(&what, called, &[CKR_MECHANISM_PARAM_INVALID], &[CKR_ARGUMENTS_BAD])?;
        }
    }
    application.sign_and_verify(session, &key)?;
    application.end()?;
    notes.passed()
}

pub(super) fn key_of_another_type(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    let session = application.session()?;
    let keys = [Kind::P256, Kind::Rsa2048].map(|kind| application.new_key(session, kind));
    let [ec, rsa] = keys;
    let (ec, rsa) = (ec?, rsa?);
    for (what, mechanism, key) in [
        ("CKM_RSA_PKCS with an EC key", &rsa.signing, &ec),
        ("CKM_ECDSA with an RSA key", &ec.signing, &rsa),
    ] {
        let called = application.module.begin(Operation::Sign, session, mechanism, key.private);
        refused(what, called, &[CKR_KEY_TYPE_INCONSISTENT])?;
        application.sign_and_verify(session, key)?;
    }
    application.end()?;
    passed()
}
