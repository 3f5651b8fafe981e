//! The lists of functions, one for each version of the standard, and how callers get them.

use std::{ffi::CStr, ptr};

use cryptoki_sys::*;

use super::{
    cipher, derive, digest, dual, general,
    guard::guard,
    key, message_cipher, message_sign, object,
    output::{put, put_list},
    recover, session, sign, slot, state, token, unsupported, verify, wrap,
};
use crate::error::Rv;

/// A list with all functions of v2.40 and those of later versions that are named.
macro_rules! list {
    ($type:ident, $major:literal, $minor:literal, { $($later:tt)* }) => {
        $type {
            version: CK_VERSION { major: $major, minor: $minor },
            C_Initialize: Some(general::initialize),
            C_Finalize: Some(general::finalize),
            C_GetInfo: Some(general::get_info),
            C_GetFunctionList: Some(C_GetFunctionList),
            C_GetSlotList: Some(slot::get_slot_list),
            C_GetSlotInfo: Some(slot::get_slot_info),
            C_GetTokenInfo: Some(slot::get_token_info),
            C_GetMechanismList: Some(slot::get_mechanism_list),
            C_GetMechanismInfo: Some(slot::get_mechanism_info),
            C_InitToken: Some(token::init_token),
            C_InitPIN: Some(token::init_pin),
            C_SetPIN: Some(token::set_pin),
            C_OpenSession: Some(session::open_session),
            C_CloseSession: Some(session::close_session),
            C_CloseAllSessions: Some(session::close_all_sessions),
            C_GetSessionInfo: Some(session::get_session_info),
            C_GetOperationState: Some(state::get_operation_state),
            C_SetOperationState: Some(state::set_operation_state),
            C_Login: Some(session::login),
            C_Logout: Some(session::logout),
            C_CreateObject: Some(object::create_object),
            C_CopyObject: Some(object::copy_object),
            C_DestroyObject: Some(object::destroy_object),
            C_GetObjectSize: Some(object::get_object_size),
            C_GetAttributeValue: Some(object::get_attribute_value),
            C_SetAttributeValue: Some(object::set_attribute_value),
            C_FindObjectsInit: Some(object::find_objects_init),
            C_FindObjects: Some(object::find_objects),
            C_FindObjectsFinal: Some(object::find_objects_final),
            C_EncryptInit: Some(cipher::encrypt_init),
            C_Encrypt: Some(cipher::encrypt),
            C_EncryptUpdate: Some(cipher::encrypt_update),
            C_EncryptFinal: Some(cipher::encrypt_final),
            C_DecryptInit: Some(cipher::decrypt_init),
            C_Decrypt: Some(cipher::decrypt),
            C_DecryptUpdate: Some(cipher::decrypt_update),
            C_DecryptFinal: Some(cipher::decrypt_final),
            C_DigestInit: Some(digest::digest_init),
            C_Digest: Some(digest::digest),
            C_DigestUpdate: Some(digest::digest_update),
            C_DigestKey: Some(digest::digest_key),
            C_DigestFinal: Some(digest::digest_final),
            C_SignInit: Some(sign::sign_init),
            C_Sign: Some(sign::sign),
            C_SignUpdate: Some(sign::sign_update),
            C_SignFinal: Some(sign::sign_final),
            C_SignRecoverInit: Some(sign::sign_recover_init),
            C_SignRecover: Some(sign::sign_recover),
            C_VerifyInit: Some(verify::verify_init),
            C_Verify: Some(verify::verify),
            C_VerifyUpdate: Some(verify::verify_update),
            C_VerifyFinal: Some(verify::verify_final),
            C_VerifyRecoverInit: Some(recover::verify_recover_init),
            C_VerifyRecover: Some(recover::verify_recover),
            C_DigestEncryptUpdate: Some(dual::digest_encrypt_update),
            C_DecryptDigestUpdate: Some(dual::decrypt_digest_update),
            C_SignEncryptUpdate: Some(dual::sign_encrypt_update),
            C_DecryptVerifyUpdate: Some(dual::decrypt_verify_update),
            C_GenerateKey: Some(key::generate_key),
            C_GenerateKeyPair: Some(key::generate_key_pair),
            C_WrapKey: Some(wrap::wrap_key),
            C_UnwrapKey: Some(wrap::unwrap_key),
            C_DeriveKey: Some(derive::derive_key),
            C_SeedRandom: Some(general::seed_random),
            C_GenerateRandom: Some(general::generate_random),
            C_GetFunctionStatus: Some(unsupported::get_function_status),
            C_CancelFunction: Some(unsupported::cancel_function),
            C_WaitForSlotEvent: Some(token::wait_for_slot_event),
            $($later)*
        }
    };
}

/// A list of v3.0 or later.
macro_rules! list_3 {
    ($type:ident, $minor:literal, { $($later:tt)* }) => {
        list!($type, 3, $minor, {
            C_GetInterfaceList: Some(C_GetInterfaceList),
            C_GetInterface: Some(C_GetInterface),
            C_LoginUser: Some(session::login_user),
            C_SessionCancel: Some(session::session_cancel),
            C_MessageEncryptInit: Some(message_cipher::message_encrypt_init),
            C_EncryptMessage: Some(message_cipher::encrypt_message),
            C_EncryptMessageBegin: Some(message_cipher::encrypt_message_begin),
            C_EncryptMessageNext: Some(message_cipher::encrypt_message_next),
            C_MessageEncryptFinal: Some(message_cipher::message_encrypt_final),
            C_MessageDecryptInit: Some(message_cipher::message_decrypt_init),
            C_DecryptMessage: Some(message_cipher::decrypt_message),
            C_DecryptMessageBegin: Some(message_cipher::decrypt_message_begin),
            C_DecryptMessageNext: Some(message_cipher::decrypt_message_next),
            C_MessageDecryptFinal: Some(message_cipher::message_decrypt_final),
            C_MessageSignInit: Some(message_sign::message_sign_init),
            C_SignMessage: Some(message_sign::sign_message),
            C_SignMessageBegin: Some(message_sign::sign_message_begin),
            C_SignMessageNext: Some(message_sign::sign_message_next),
            C_MessageSignFinal: Some(message_sign::message_sign_final),
            C_MessageVerifyInit: Some(message_sign::message_verify_init),
            C_VerifyMessage: Some(message_sign::verify_message),
            C_VerifyMessageBegin: Some(message_sign::verify_message_begin),
            C_VerifyMessageNext: Some(message_sign::verify_message_next),
            C_MessageVerifyFinal: Some(message_sign::message_verify_final),
            $($later)*
        })
    };
}

static LIST: CK_FUNCTION_LIST = list!(CK_FUNCTION_LIST, 2, 40, {});
static LIST_3_0: CK_FUNCTION_LIST_3_0 = list_3!(CK_FUNCTION_LIST_3_0, 0, {});
static LIST_3_2: CK_FUNCTION_LIST_3_2 = list_3!(CK_FUNCTION_LIST_3_2, 2, {
    C_EncapsulateKey: Some(derive::encapsulate_key),
    C_DecapsulateKey: Some(derive::decapsulate_key),
    C_VerifySignatureInit: Some(message_sign::verify_signature_init),
    C_VerifySignature: Some(message_sign::verify_signature),
    C_VerifySignatureUpdate: Some(message_sign::verify_signature_update),
    C_VerifySignatureFinal: Some(message_sign::verify_signature_final),
    C_GetSessionValidationFlags: Some(session::get_session_validation_flags),
    C_AsyncComplete: Some(unsupported::async_complete),
    C_AsyncGetID: Some(unsupported::async_get_id),
    C_AsyncJoin: Some(unsupported::async_join),
    C_WrapKeyAuthenticated: Some(wrap::wrap_key_authenticated),
    C_UnwrapKeyAuthenticated: Some(wrap::unwrap_key_authenticated),
});

/// The only interface there is, in three versions.
const NAME: &CStr = c"PKCS 11";

/// Interfaces, which never change.
struct Interfaces([CK_INTERFACE; 3]);

// SAFETY: what they point to is static, and nobody writes to it: the standard has it read only.
unsafe impl Sync for Interfaces {}

const fn interface<T>(list: &'static T) -> CK_INTERFACE {
    CK_INTERFACE {
        pInterfaceName: NAME.as_ptr().cast_mut().cast(),
        pFunctionList: ptr::from_ref(list).cast_mut().cast(),
        // A child of a fork may go on.
        flags: CKF_INTERFACE_FORK_SAFE,
    }
}

/// The one that callers get who do not say which comes first.
static INTERFACES: Interfaces =
    Interfaces([interface(&LIST_3_2), interface(&LIST_3_0), interface(&LIST)]);

/// The module's functions (PKCS#11 v2.40 base, section 5.4).
///
/// # Safety
/// `list` is null or a pointer can be written to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *mut CK_FUNCTION_LIST) -> CK_RV {
    guard("C_GetFunctionList", || {
        // SAFETY: the caller passes a pointer to write to. Nobody writes through what it gets: the
        // standard has it read only.
        unsafe { put(list, ptr::from_ref(&LIST).cast_mut()) }
    })
}

/// The versions of the standard that the module speaks (PKCS#11 v3.0, section 5.4.5).
///
/// # Safety
/// `count` is null or can be read and written; `list` is null or has room for `*count` interfaces.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetInterfaceList(
    list: *mut CK_INTERFACE,
    count: *mut CK_ULONG,
) -> CK_RV {
    guard("C_GetInterfaceList", || {
        // SAFETY: the caller passes a list and its length.
        unsafe { put_list(list, count, &INTERFACES.0) }
    })
}

/// The functions of one version of the standard (PKCS#11 v3.0, section 5.4.6).
///
/// # Safety
/// `name` is null or a text that ends with a zero; `version` is null or can be read; `found` is null
/// or a pointer can be written to it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetInterface(
    name: *mut CK_UTF8CHAR,
    version: *mut CK_VERSION,
    found: *mut *mut CK_INTERFACE,
    flags: CK_FLAGS,
) -> CK_RV {
    guard("C_GetInterface", || {
        // SAFETY: not null, and ends with a zero.
        let is_ours = name.is_null() || unsafe { CStr::from_ptr(name.cast()) } == NAME;
        let wanted = if version.is_null() {
            None
        } else {
            // SAFETY: not null.
            let CK_VERSION { major, minor } = unsafe { version.read_unaligned() };
            Some((major, minor))
        };
        let versions = [(3, 2), (3, 0), (2, 40)];
        let matches = |index: &usize| wanted.is_none_or(|wanted| wanted == versions[*index]);
        let index = (0..versions.len()).find(matches);
        let index = index.filter(|_| is_ours && flags & !CKF_INTERFACE_FORK_SAFE == 0);
        // By the standard a name, a version or flags that are not offered are a bad argument.
        let index = index.ok_or(Rv(CKR_ARGUMENTS_BAD))?;
        // SAFETY: the caller passes a pointer to write to.
        unsafe { put(found, ptr::from_ref(&INTERFACES.0[index]).cast_mut()) }
    })
}
