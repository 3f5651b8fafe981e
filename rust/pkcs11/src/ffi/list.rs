//! The list of functions, which is all that is exported.

use std::ptr;

use cryptoki_sys::*;

use super::{
    cipher, digest, general, guard::guard, key, object, output::put, session, sign, slot,
    unsupported, verify,
};

static LIST: CK_FUNCTION_LIST = CK_FUNCTION_LIST {
    version: CK_VERSION { major: 2, minor: 40 },
    C_Initialize: Some(general::initialize),
    C_Finalize: Some(general::finalize),
    C_GetInfo: Some(general::get_info),
    C_GetFunctionList: Some(C_GetFunctionList),
    C_GetSlotList: Some(slot::get_slot_list),
    C_GetSlotInfo: Some(slot::get_slot_info),
    C_GetTokenInfo: Some(slot::get_token_info),
    C_GetMechanismList: Some(slot::get_mechanism_list),
    C_GetMechanismInfo: Some(slot::get_mechanism_info),
    C_InitToken: Some(unsupported::init_token),
    C_InitPIN: Some(unsupported::init_pin),
    C_SetPIN: Some(unsupported::set_pin),
    C_OpenSession: Some(session::open_session),
    C_CloseSession: Some(session::close_session),
    C_CloseAllSessions: Some(session::close_all_sessions),
    C_GetSessionInfo: Some(session::get_session_info),
    C_GetOperationState: Some(unsupported::get_operation_state),
    C_SetOperationState: Some(unsupported::set_operation_state),
    C_Login: Some(session::login),
    C_Logout: Some(session::logout),
    C_CreateObject: Some(unsupported::create_object),
    C_CopyObject: Some(unsupported::copy_object),
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
    C_DigestKey: Some(unsupported::digest_key),
    C_DigestFinal: Some(digest::digest_final),
    C_SignInit: Some(sign::sign_init),
    C_Sign: Some(sign::sign),
    C_SignUpdate: Some(sign::sign_update),
    C_SignFinal: Some(sign::sign_final),
    C_SignRecoverInit: Some(unsupported::sign_recover_init),
    C_SignRecover: Some(unsupported::sign_recover),
    C_VerifyInit: Some(verify::verify_init),
    C_Verify: Some(verify::verify),
    C_VerifyUpdate: Some(verify::verify_update),
    C_VerifyFinal: Some(verify::verify_final),
    C_VerifyRecoverInit: Some(unsupported::verify_recover_init),
    C_VerifyRecover: Some(unsupported::verify_recover),
    C_DigestEncryptUpdate: Some(unsupported::digest_encrypt_update),
    C_DecryptDigestUpdate: Some(unsupported::decrypt_digest_update),
    C_SignEncryptUpdate: Some(unsupported::sign_encrypt_update),
    C_DecryptVerifyUpdate: Some(unsupported::decrypt_verify_update),
    C_GenerateKey: Some(key::generate_key),
    C_GenerateKeyPair: Some(key::generate_key_pair),
    C_WrapKey: Some(unsupported::wrap_key),
    C_UnwrapKey: Some(unsupported::unwrap_key),
    C_DeriveKey: Some(unsupported::derive_key),
    C_SeedRandom: Some(general::seed_random),
    C_GenerateRandom: Some(general::generate_random),
    C_GetFunctionStatus: Some(unsupported::get_function_status),
    C_CancelFunction: Some(unsupported::cancel_function),
    C_WaitForSlotEvent: Some(unsupported::wait_for_slot_event),
};

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
