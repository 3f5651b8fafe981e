//! What the tests of the module share: one backend, and the module as an application loads it.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::{env, path::PathBuf, ptr};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, ObjectHandle},
    session::Session,
};
use cryptoki_sys::{
    CK_FLAGS, CK_FUNCTION_LIST, CK_FUNCTION_LIST_3_2, CK_INTERFACE, CK_RV, CK_UTF8CHAR, CK_VERSION,
    CKR_OK,
};
use supacrypt_testkit::Backend;

/// P-256 in CKA_EC_PARAMS.
pub(crate) const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

pub(crate) type Scenario = fn(&mut Backend);

/// Runs one scenario after the other, all with one backend. The environment tells a module where
/// its configuration is, and a process has one module.
pub(crate) fn run(scenarios: &[(&str, Scenario)]) {
    let mut backend = Backend::start();
    // SAFETY: there is no other thread yet.
    #[allow(unsafe_code, reason = "the module reads its configuration's place from here")]
    unsafe {
        env::set_var("SUPACRYPT_CONFIG", backend.config_path());
    }
    for (name, scenario) in scenarios {
        scenario(&mut backend);
        println!("test {name} ... ok");
    }
}

fn module() -> PathBuf {
    supacrypt_testkit::cdylib("supacrypt-pkcs11")
}

/// Loads and initializes the module.
pub(crate) fn load() -> Pkcs11 {
    let context = Pkcs11::new(module()).expect("the module loads");
    context
        .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
        .expect("C_Initialize");
    context
}

/// Finalizes and unloads it.
pub(crate) fn end(context: Pkcs11) {
    context.finalize().expect("C_Finalize");
}

pub(crate) fn open(context: &Pkcs11) -> Session {
    let slot = context.get_slots_with_token().expect("slots")[0];
    context.open_rw_session(slot).expect("a session")
}

/// The halves of a new key pair on P-256: public, private.
pub(crate) fn p256(session: &Session, label: &str) -> (ObjectHandle, ObjectHandle) {
    let public = [Attribute::EcParams(P256.to_vec())];
    key_pair(session, &Mechanism::EccKeyPairGen, &public, label)
}

/// The halves of a new key pair: public, private.
pub(crate) fn key_pair(
    session: &Session,
    mechanism: &Mechanism<'_>,
    public: &[Attribute],
    label: &str,
) -> (ObjectHandle, ObjectHandle) {
    let label = Attribute::Label(label.into());
    let public = [public, &[Attribute::Token(true), label.clone()]].concat();
    session
        .generate_key_pair(mechanism, &public, &[Attribute::Token(true), label])
        .expect("a key pair")
}

/// The module's functions themselves, for what the library around them does not let through. The
/// module stays loaded.
#[allow(unsafe_code, reason = "a C library is loaded")]
pub(crate) fn functions() -> &'static CK_FUNCTION_LIST {
    type Get = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
    // SAFETY: the function has this type by the standard, and its list lives as long as the
    // library, which is never closed.
    unsafe {
        let library = Box::leak(Box::new(libloading::Library::new(module()).expect("the module")));
        let get: libloading::Symbol<'_, Get> =
            library.get(b"C_GetFunctionList").expect("it is exported");
        let mut list = ptr::null_mut();
        assert_eq!(get(&raw mut list), CKR_OK);
        &*list
    }
}

/// The functions of v3.2. The module stays loaded.
#[allow(unsafe_code, reason = "a C library is loaded")]
pub(crate) fn functions_3_2() -> &'static CK_FUNCTION_LIST_3_2 {
    type Get = unsafe extern "C" fn(
        *mut CK_UTF8CHAR,
        *mut CK_VERSION,
        *mut *mut CK_INTERFACE,
        CK_FLAGS,
    ) -> CK_RV;
    // SAFETY: as for `functions`; the interface of this name and version is a list of this type.
    unsafe {
        let library = Box::leak(Box::new(libloading::Library::new(module()).expect("the module")));
        let get: libloading::Symbol<'_, Get> =
            library.get(b"C_GetInterface").expect("it is exported");
        let mut version = CK_VERSION { major: 3, minor: 2 };
        let mut interface = ptr::null_mut();
        let name = c"PKCS 11".as_ptr().cast_mut().cast();
        assert_eq!(get(name, &raw mut version, &raw mut interface, 0), CKR_OK);
        &*(*interface).pFunctionList.cast()
    }
}
