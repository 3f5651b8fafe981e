//! Encryption and decryption of messages (PKCS#11 v3.0, sections 5.9 and 5.11). The two have nearly
//! the same functions, so that one macro writes what is common.

use std::ffi::c_void;

use cryptoki_sys::*;

use super::{Output, guard::in_session, input, message_parameter::MessageParameter};
use crate::{
    error::{Result, Rv},
    mechanism::Row,
    operation::{Direction, GcmMessage, MessageCipher, begin, cancel},
};

/// What a message is encrypted or decrypted with. A nonce that the module makes is written to its
/// place.
fn message(parameter: &MessageParameter, direction: Direction) -> Result<GcmMessage> {
    let iv = match direction {
        Direction::Encrypt => {
            let iv = parameter.nonce_to_encrypt()?;
            parameter.write_nonce(&iv);
            iv
        }
        Direction::Decrypt => parameter.nonce()?,
    };
    Ok(GcmMessage { iv, tag: parameter.tag()? })
}

macro_rules! functions {
    (
        $direction:expr, $place:ident,
        $init:ident $init_name:literal, $whole:ident $whole_name:literal,
        $begin:ident $begin_name:literal, $next:ident $next_name:literal,
        $finish:ident $finish_name:literal
    ) => {
        pub(super) unsafe extern "C" fn $init(
            session: CK_SESSION_HANDLE,
            mechanism: *mut CK_MECHANISM,
            key: CK_OBJECT_HANDLE,
        ) -> CK_RV {
            in_session($init_name, session, |module, session| {
                if mechanism.is_null() {
                    return cancel(&mut session.operations().$place);
                }
                // SAFETY: not null. Parameters come with the messages.
                let kind = unsafe { mechanism.read_unaligned() }.mechanism;
                begin(&mut session.operations().$place, || {
                    let row = Row::of(kind)?;
                    let (class, key) = module.key(session, key, row)?;
                    MessageCipher::new($direction, row, class, key)
                })
            })
        }

        pub(super) unsafe extern "C" fn $whole(
            session: CK_SESSION_HANDLE,
            parameter: *mut c_void,
            parameter_length: CK_ULONG,
            aad: *mut CK_BYTE,
            aad_length: CK_ULONG,
            data: *mut CK_BYTE,
            data_length: CK_ULONG,
            result: *mut CK_BYTE,
            result_length: *mut CK_ULONG,
        ) -> CK_RV {
            in_session($whole_name, session, |module, session| {
                // SAFETY: the caller passes a parameter, the additional data, the data and a buffer,
                // with their lengths. Data and buffer may be the same memory, so it is copied.
                let (parameter, aad, data, mut output) = unsafe {
                    (
                        MessageParameter::gcm(parameter, parameter_length)?,
                        input::part(aad, aad_length)?,
                        input::copy(data, data_length)?,
                        Output::new(result, result_length)?,
                    )
                };
                let operations = session.operations();
                let operation =
                    operations.$place.as_ref().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
                // With its tag apart a message is as long as its plaintext.
                if !output.takes(data.len())? {
                    return Ok(());
                }
                let message = message(&parameter, $direction)?;
                let (done, tag) = operation.message(&module.client, &message, aad, &data)?;
                parameter.write_tag(&tag);
                output.write(&done)
            })
        }

        pub(super) unsafe extern "C" fn $begin(
            session: CK_SESSION_HANDLE,
            parameter: *mut c_void,
            parameter_length: CK_ULONG,
            aad: *mut CK_BYTE,
            aad_length: CK_ULONG,
        ) -> CK_RV {
            in_session($begin_name, session, |_, session| {
                // SAFETY: the caller passes a parameter and the additional data, with their lengths.
                let (parameter, aad) = unsafe {
                    (
                        MessageParameter::gcm(parameter, parameter_length)?,
                        input::part(aad, aad_length)?,
                    )
                };
                let mut operations = session.operations();
                let operation =
                    operations.$place.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
                let message = message(&parameter, $direction)?;
                operation.begin(message, aad.to_vec())
            })
        }

        /// All of a message comes out with its last piece.
        pub(super) unsafe extern "C" fn $next(
            session: CK_SESSION_HANDLE,
            parameter: *mut c_void,
            parameter_length: CK_ULONG,
            part: *mut CK_BYTE,
            part_length: CK_ULONG,
            result: *mut CK_BYTE,
            result_length: *mut CK_ULONG,
            flags: CK_FLAGS,
        ) -> CK_RV {
            in_session($next_name, session, |module, session| {
                // SAFETY: as for a message at once.
                let (parameter, part, mut output) = unsafe {
                    (
                        MessageParameter::gcm(parameter, parameter_length)?,
                        input::copy(part, part_length)?,
                        Output::new(result, result_length)?,
                    )
                };
                let mut operations = session.operations();
                let operation =
                    operations.$place.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
                let length = operation.collected()? + part.len();
                if flags & CKF_END_OF_MESSAGE == 0 {
                    return if output.takes(0)? { operation.add(&part) } else { Ok(()) };
                }
                if !output.takes(length)? {
                    return Ok(());
                }
                let (done, tag) = operation.end(&module.client, &part, parameter.tag()?)?;
                parameter.write_tag(&tag);
                output.write(&done)
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
    Direction::Encrypt, encrypt_messages,
    message_encrypt_init "C_MessageEncryptInit", encrypt_message "C_EncryptMessage",
    encrypt_message_begin "C_EncryptMessageBegin", encrypt_message_next "C_EncryptMessageNext",
    message_encrypt_final "C_MessageEncryptFinal"
);
functions!(
    Direction::Decrypt, decrypt_messages,
    message_decrypt_init "C_MessageDecryptInit", decrypt_message "C_DecryptMessage",
    decrypt_message_begin "C_DecryptMessageBegin", decrypt_message_next "C_DecryptMessageNext",
    message_decrypt_final "C_MessageDecryptFinal"
);
