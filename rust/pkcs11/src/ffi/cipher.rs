//! Encryption and decryption (PKCS#11 v2.40 base, sections 5.8 and 5.9). The two have the same
//! functions, so that one macro writes both.

use cryptoki_sys::*;

use super::{Output, guard::in_session, input};
use crate::operation::{Cipher, Direction, begin, cancel, step};

macro_rules! functions {
    (
        $direction:expr, $place:ident,
        $init:ident $init_name:literal, $whole:ident $whole_name:literal,
        $update:ident $update_name:literal, $finish:ident $finish_name:literal
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
                    Cipher::new($direction, &mechanism, class, key)
                })
            })
        }

        pub(super) unsafe extern "C" fn $whole(
            session: CK_SESSION_HANDLE,
            data: *mut CK_BYTE,
            data_length: CK_ULONG,
            result: *mut CK_BYTE,
            result_length: *mut CK_ULONG,
        ) -> CK_RV {
            in_session($whole_name, session, |module, session| {
                step(&mut session.operations().$place, |operation| {
                    // SAFETY: the caller passes the data and a buffer, with their lengths. They
                    // may be the same memory, so the data is copied.
                    let (data, mut output) = unsafe {
                        (input::copy(data, data_length)?, Output::new(result, result_length)?)
                    };
                    operation.whole(&module.client, &data, &mut output)
                })
            })
        }

        pub(super) unsafe extern "C" fn $update(
            session: CK_SESSION_HANDLE,
            part: *mut CK_BYTE,
            part_length: CK_ULONG,
            result: *mut CK_BYTE,
            result_length: *mut CK_ULONG,
        ) -> CK_RV {
            in_session($update_name, session, |module, session| {
                step(&mut session.operations().$place, |operation| {
                    // SAFETY: as for the data in one piece.
                    let (part, mut output) = unsafe {
                        (input::copy(part, part_length)?, Output::new(result, result_length)?)
                    };
                    operation.update(&module.client, &part, &mut output)
                })
            })
        }

        pub(super) unsafe extern "C" fn $finish(
            session: CK_SESSION_HANDLE,
            result: *mut CK_BYTE,
            result_length: *mut CK_ULONG,
        ) -> CK_RV {
            in_session($finish_name, session, |module, session| {
                step(&mut session.operations().$place, |operation| {
                    // SAFETY: the caller passes a buffer and its length.
                    let mut output = unsafe { Output::new(result, result_length) }?;
                    operation.finish(&module.client, &mut output)
                })
            })
        }
    };
}

functions!(
    Direction::Encrypt, encrypt,
    encrypt_init "C_EncryptInit", encrypt "C_Encrypt",
    encrypt_update "C_EncryptUpdate", encrypt_final "C_EncryptFinal"
);
functions!(
    Direction::Decrypt, decrypt,
    decrypt_init "C_DecryptInit", decrypt "C_Decrypt",
    decrypt_update "C_DecryptUpdate", decrypt_final "C_DecryptFinal"
);
