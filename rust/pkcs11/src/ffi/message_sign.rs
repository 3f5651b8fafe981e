//! Signing and verifying messages (PKCS#11 v3.0, sections 5.14 and 5.16), and verifying with the
//! signature first (v3.2, section 5.15.5). Messages have no parameters of their own.

use std::ffi::c_void;

use cryptoki_sys::*;

use super::{Output, guard::in_session, input};
use crate::{
    error::Rv,
    operation::{Messages, Sign, Step, Verify, VerifySignature, begin, cancel, step},
};

/// The beginnings and ends, which are the same for signing and verifying.
macro_rules! functions {
    (
        $operation:ident, $place:ident, $init:ident $init_name:literal,
        $begin:ident $begin_name:literal, $finish:ident $finish_name:literal
    ) => {
        pub(super) unsafe extern "C" fn $init(
            session: CK_SESSION_HANDLE,
            mechanism: *mut CK_MECHANISM,
            key: CK_OBJECT_HANDLE,
        ) -> CK_RV {
            in_session($init_name, session, |module, session| {
                // SAFETY: the caller passes a mechanism or null.
                let mechanism = unsafe { input::optional_mechanism(mechanism) }?;
                let Some(mechanism) = mechanism else {
                    return cancel(&mut session.operations().$place);
                };
                begin(&mut session.operations().$place, || {
                    let (class, key) = module.key(session, key, mechanism.row)?;
                    Messages::<$operation>::new(mechanism, class, key)
                })
            })
        }

        pub(super) unsafe extern "C" fn $begin(
            session: CK_SESSION_HANDLE,
            _parameter: *mut c_void,
            _parameter_length: CK_ULONG,
        ) -> CK_RV {
            in_session($begin_name, session, |_, session| {
                let mut operations = session.operations();
                operations.$place.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?.begin()
            })
        }

        pub(super) unsafe extern "C" fn $finish(session: CK_SESSION_HANDLE) -> CK_RV {
            in_session($finish_name, session, |_, session| {
                let ended = session.operations().$place.take();
                ended.map(drop).ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))
            })
        }
    };
}

functions!(
    Sign, sign_messages, message_sign_init "C_MessageSignInit",
    sign_message_begin "C_SignMessageBegin", message_sign_final "C_MessageSignFinal"
);
functions!(
    Verify, verify_messages, message_verify_init "C_MessageVerifyInit",
    verify_message_begin "C_VerifyMessageBegin", message_verify_final "C_MessageVerifyFinal"
);

pub(super) unsafe extern "C" fn sign_message(
    session: CK_SESSION_HANDLE,
    _parameter: *mut c_void,
    _parameter_length: CK_ULONG,
    data: *mut CK_BYTE,
    data_length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_SignMessage", session, |module, session| {
        // SAFETY: the caller passes the data and a buffer, with their lengths.
        let (data, mut output) = unsafe {
            (input::bytes(data, data_length)?, Output::new(signature, signature_length)?)
        };
        let operations = session.operations();
        let messages =
            operations.sign_messages.as_ref().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
        messages.one()?.whole(&module.client, data, &mut output).map(drop)
    })
}

/// The last piece is the one that comes with a place for the signature's length.
pub(super) unsafe extern "C" fn sign_message_next(
    session: CK_SESSION_HANDLE,
    _parameter: *mut c_void,
    _parameter_length: CK_ULONG,
    part: *mut CK_BYTE,
    part_length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_SignMessageNext", session, |module, session| {
        let mut operations = session.operations();
        let messages =
            operations.sign_messages.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
        step(&mut messages.begun, |message| {
            // SAFETY: the caller passes the data and its length.
            let part = unsafe { input::bytes(part, part_length) }?;
            if signature_length.is_null() {
                return message.update(part);
            }
            // SAFETY: the caller passes a buffer and its length.
            let mut output = unsafe { Output::new(signature, signature_length) }?;
            if !message.fits(&mut output)? {
                return Ok(Step::Continues);
            }
            message.update(part)?;
            message.finish(&module.client, &mut output)
        })
    })
}

pub(super) unsafe extern "C" fn verify_message(
    session: CK_SESSION_HANDLE,
    _parameter: *mut c_void,
    _parameter_length: CK_ULONG,
    data: *mut CK_BYTE,
    data_length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: CK_ULONG,
) -> CK_RV {
    in_session("C_VerifyMessage", session, |module, session| {
        // SAFETY: the caller passes the data and the signature, with their lengths.
        let (data, signature) = unsafe {
            (input::bytes(data, data_length)?, input::bytes(signature, signature_length)?)
        };
        let operations = session.operations();
        let messages =
            operations.verify_messages.as_ref().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
        messages.one()?.whole(&module.client, data, signature).map(drop)
    })
}

/// The last piece is the one that comes with the signature.
pub(super) unsafe extern "C" fn verify_message_next(
    session: CK_SESSION_HANDLE,
    _parameter: *mut c_void,
    _parameter_length: CK_ULONG,
    part: *mut CK_BYTE,
    part_length: CK_ULONG,
    signature: *mut CK_BYTE,
    signature_length: CK_ULONG,
) -> CK_RV {
    in_session("C_VerifyMessageNext", session, |module, session| {
        let mut operations = session.operations();
        let messages =
            operations.verify_messages.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
        step(&mut messages.begun, |message| {
            // SAFETY: the caller passes the data and the signature, with their lengths.
            let (part, given) = unsafe {
                (input::bytes(part, part_length)?, input::bytes(signature, signature_length)?)
            };
            message.update(part)?;
            if signature.is_null() {
                return Ok(Step::Continues);
            }
            message.finish(&module.client, given)
        })
    })
}

pub(super) unsafe extern "C" fn verify_signature_init(
    session: CK_SESSION_HANDLE,
    mechanism: *mut CK_MECHANISM,
    key: CK_OBJECT_HANDLE,
    signature: *mut CK_BYTE,
    signature_length: CK_ULONG,
) -> CK_RV {
    in_session("C_VerifySignatureInit", session, |module, session| {
        // SAFETY: the caller passes a mechanism or null, and the signature with its length.
        let (mechanism, signature) = unsafe {
            (
                input::optional_mechanism(mechanism)?,
                input::part(signature, signature_length)?.to_vec(),
            )
        };
        let Some(mechanism) = mechanism else {
            return cancel(&mut session.operations().verify_signature);
        };
        begin(&mut session.operations().verify_signature, || {
            let (class, key) = module.key(session, key, mechanism.row)?;
            let verify = Verify::new(CKF_VERIFY, &mechanism, class, key)?;
            Ok(VerifySignature { verify, signature })
        })
    })
}

pub(super) unsafe extern "C" fn verify_signature(
    session: CK_SESSION_HANDLE,
    data: *mut CK_BYTE,
    data_length: CK_ULONG,
) -> CK_RV {
    in_session("C_VerifySignature", session, |module, session| {
        step(&mut session.operations().verify_signature, |operation| {
            // SAFETY: the caller passes the data and its length.
            let data = unsafe { input::bytes(data, data_length) }?;
            operation.verify.whole(&module.client, data, &operation.signature)
        })
    })
}

pub(super) unsafe extern "C" fn verify_signature_update(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    part_length: CK_ULONG,
) -> CK_RV {
    in_session("C_VerifySignatureUpdate", session, |_, session| {
        step(&mut session.operations().verify_signature, |operation| {
            // SAFETY: the caller passes the data and its length.
            operation.verify.update(unsafe { input::bytes(part, part_length) }?)
        })
    })
}

pub(super) unsafe extern "C" fn verify_signature_final(session: CK_SESSION_HANDLE) -> CK_RV {
    in_session("C_VerifySignatureFinal", session, |module, session| {
        step(&mut session.operations().verify_signature, |operation| {
            operation.verify.finish(&module.client, &operation.signature)
        })
    })
}
