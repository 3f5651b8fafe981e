//! Signatures and MACs (PKCS#11 v2.40 base, section 5.11). With recovery or without, they begin and are
//! made at once in the same way, so that one macro writes both.

use cryptoki_sys::*;
use supacrypt_core::KeyUsages;

use super::{Output, guard::in_session, input};
use crate::operation::{Sign, begin, cancel, step};

macro_rules! functions {
    ($flag:ident $attribute:ident, $place:ident, $init:ident $init_name:literal, $whole:ident $whole_name:literal) => {
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
                    let (class, key) =
                        module.key_for(session, key, mechanism.row, $attribute, KeyUsages::SIGN)?;
                    Sign::new($flag, &mechanism, class, key)
                })
            })
        }

        pub(super) unsafe extern "C" fn $whole(
            session: CK_SESSION_HANDLE,
            data: *mut CK_BYTE,
            data_length: CK_ULONG,
            signature: *mut CK_BYTE,
            signature_length: *mut CK_ULONG,
        ) -> CK_RV {
            in_session($whole_name, session, |module, session| {
                step(&mut session.operations().$place, |operation| {
                    // SAFETY: the caller passes the data and a buffer, with their lengths.
                    let (data, mut output) = unsafe {
                        (
                            input::bytes(data, data_length)?,
                            Output::new(signature, signature_length)?,
                        )
                    };
                    operation.whole(&module.client, data, &mut output)
                })
            })
        }
    };
}

functions!(CKF_SIGN CKA_SIGN, sign, sign_init "C_SignInit", sign "C_Sign");
functions!(
    CKF_SIGN_RECOVER CKA_SIGN_RECOVER, sign_recover,
    sign_recover_init "C_SignRecoverInit", sign_recover "C_SignRecover"
);

pub(super) unsafe extern "C" fn sign_update(
    session: CK_SESSION_HANDLE,
    part: *mut CK_BYTE,
    part_length: CK_ULONG,
) -> CK_RV {
    in_session("C_SignUpdate", session, |_, session| {
        step(&mut session.operations().sign, |operation| {
            // SAFETY: the caller passes the data and its length.
            operation.update(unsafe { input::bytes(part, part_length) }?)
        })
    })
}

pub(super) unsafe extern "C" fn sign_final(
    session: CK_SESSION_HANDLE,
    signature: *mut CK_BYTE,
    signature_length: *mut CK_ULONG,
) -> CK_RV {
    in_session("C_SignFinal", session, |module, session| {
        step(&mut session.operations().sign, |operation| {
            // SAFETY: the caller passes a buffer and its length.
            let mut output = unsafe { Output::new(signature, signature_length) }?;
            operation.finish(&module.client, &mut output)
        })
    })
}
