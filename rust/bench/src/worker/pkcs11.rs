//! The calls of PKCS#11 that are measured, as an application makes them.
//!
//! Not through a wrapper: the usual one asks for a signature's length before it signs, and for more
//! results after it found one, and a module behind a socket pays for each with a round trip. Nor
//! beside one: `p11-kit-client.so` makes a new instance for each `C_GetFunctionList`.
#![allow(unsafe_code)]

use std::path::Path;
use std::ptr;

use anyhow::{Context, ensure};
use cryptoki_sys::{
    CK_C_INITIALIZE_ARGS, CK_FUNCTION_LIST, CK_MECHANISM, CK_MECHANISM_TYPE, CK_OBJECT_HANDLE,
    CK_RV, CK_SESSION_HANDLE, CK_SLOT_ID, CK_TOKEN_INFO, CK_TRUE, CK_ULONG, CKF_OS_LOCKING_OK,
    CKF_RW_SESSION, CKF_SERIAL_SESSION, CKR_OK, CKU_USER, Pkcs11,
};

use super::template::Template;

/// A loaded module. Stays loaded until the process ends.
#[derive(Clone, Copy)]
pub(super) struct Module {
    functions: CK_FUNCTION_LIST,
}

/// The named function of the module's list.
macro_rules! function {
    ($module:expr, $name:ident) => {
        $module.functions.$name.context(concat!("the module has no ", stringify!($name)))?
    };
}

impl Module {
    pub(super) fn load(path: &Path) -> anyhow::Result<Module> {
        // SAFETY: the user names the file as a PKCS#11 module, whose load-time code is part of
        // what they want to measure.
        let library = unsafe { Pkcs11::new(path) }
            .with_context(|| format!("cannot load {}", path.display()))?;
        library.C_GetFunctionList.as_ref().ok().context("the file is no PKCS#11 module")?;
        let mut list = ptr::null_mut();
        // SAFETY: `list` is a place for one pointer, which is all that the function writes.
        check("C_GetFunctionList", unsafe { library.C_GetFunctionList(&mut list) })?;
        ensure!(!list.is_null(), "C_GetFunctionList gives no list");
        // SAFETY: after CKR_OK the list is valid while the module is loaded (PKCS#11 2.40,
        // section 5.4).
        let functions = unsafe { *list };
        // Never unloaded, so that the functions can be called for as long as the process lives.
        std::mem::forget(library);
        Ok(Module { functions })
    }

    pub(super) fn initialize(&self) -> anyhow::Result<()> {
        let initialize = function!(self, C_Initialize);
        let mut arguments = CK_C_INITIALIZE_ARGS {
            CreateMutex: None,
            DestroyMutex: None,
            LockMutex: None,
            UnlockMutex: None,
            flags: CKF_OS_LOCKING_OK,
            pReserved: ptr::null_mut(),
        };
        // SAFETY: the arguments live until the call returns.
        check("C_Initialize", unsafe { initialize((&raw mut arguments).cast()) })
    }

    /// The slots that have a token, with the token's label.
    pub(super) fn tokens(&self) -> anyhow::Result<Vec<(CK_SLOT_ID, String)>> {
        let (slot_list, token_info) =
            (function!(self, C_GetSlotList), function!(self, C_GetTokenInfo));
        let mut slots = [0; 256];
        let mut count = slots.len() as CK_ULONG;
        // SAFETY: there is room for as many slots as `count` says.
        check("C_GetSlotList", unsafe { slot_list(CK_TRUE, slots.as_mut_ptr(), &mut count) })?;
        let token = |slot: &CK_SLOT_ID| {
            let mut info = CK_TOKEN_INFO::default();
            // SAFETY: `info` is a place for the token's description.
            check("C_GetTokenInfo", unsafe { token_info(*slot, &mut info) })?;
            Ok((*slot, String::from_utf8_lossy(&info.label).trim_end().to_owned()))
        };
        slots[..count as usize].iter().map(token).collect()
    }

    pub(super) fn open_session(&self, slot: CK_SLOT_ID) -> anyhow::Result<Session> {
        let open = function!(self, C_OpenSession);
        let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
        let mut handle = 0;
        // SAFETY: no callback is given, and `handle` is a place for the session's handle.
        let status = unsafe { open(slot, flags, ptr::null_mut(), None, &mut handle) };
        check("C_OpenSession", status)?;
        Ok(Session { functions: self.functions, handle })
    }
}

/// An open session; for one thread at a time. Closed when dropped.
pub(super) struct Session {
    functions: CK_FUNCTION_LIST,
    handle: CK_SESSION_HANDLE,
}

impl Session {
    pub(super) fn login(&self, pin: &str) -> anyhow::Result<()> {
        let login = function!(self, C_Login);
        let (bytes, len) = (pin.as_ptr().cast_mut(), pin.len() as CK_ULONG);
        // SAFETY: the PIN lives until the call returns; the module only reads it.
        check("C_Login", unsafe { login(self.handle, CKU_USER, bytes, len) })
    }

    /// Up to `limit` objects that have all attributes of `template`.
    pub(super) fn find(
        &self,
        template: &Template,
        limit: usize,
    ) -> anyhow::Result<Vec<CK_OBJECT_HANDLE>> {
        let (init, find, end) = (
            function!(self, C_FindObjectsInit),
            function!(self, C_FindObjects),
            function!(self, C_FindObjectsFinal),
        );
        let mut attributes = template.as_attributes();
        let len = attributes.len() as CK_ULONG;
        // SAFETY: the attributes and what they point to live until the call returns.
        let status = unsafe { init(self.handle, attributes.as_mut_ptr(), len) };
        check("C_FindObjectsInit", status)?;
        let mut found = vec![0; limit];
        let mut count = 0;
        // SAFETY: there is room for `limit` handles.
        let status =
            unsafe { find(self.handle, found.as_mut_ptr(), limit as CK_ULONG, &mut count) };
        check("C_FindObjects", status)?;
        // SAFETY: takes no pointers.
        check("C_FindObjectsFinal", unsafe { end(self.handle) })?;
        found.truncate(count as usize);
        Ok(found)
    }

    pub(super) fn generate_key(
        &self,
        mechanism: CK_MECHANISM_TYPE,
        template: &Template,
    ) -> anyhow::Result<()> {
        let generate = function!(self, C_GenerateKey);
        let mut mechanism = bare(mechanism);
        let mut attributes = template.as_attributes();
        let len = attributes.len() as CK_ULONG;
        let mut key = 0;
        // SAFETY: the mechanism, the attributes and what they point to live until the call
        // returns; `key` is a place for a handle.
        let status = unsafe {
            generate(self.handle, &mut mechanism, attributes.as_mut_ptr(), len, &mut key)
        };
        check("C_GenerateKey", status)
    }

    pub(super) fn generate_key_pair(
        &self,
        mechanism: CK_MECHANISM_TYPE,
        public: &Template,
        private: &Template,
    ) -> anyhow::Result<()> {
        let generate = function!(self, C_GenerateKeyPair);
        let mut mechanism = bare(mechanism);
        let (mut public, mut private) = (public.as_attributes(), private.as_attributes());
        let mut keys = (0, 0);
        // SAFETY: as for C_GenerateKey, with two templates and two places for handles.
        let status = unsafe {
            generate(
                self.handle,
                &mut mechanism,
                public.as_mut_ptr(),
                public.len() as CK_ULONG,
                private.as_mut_ptr(),
                private.len() as CK_ULONG,
                &mut keys.0,
                &mut keys.1,
            )
        };
        check("C_GenerateKeyPair", status)
    }

    /// `C_SignInit`, then `C_Sign` into `signature`. Returns the signature's length in bytes.
    pub(super) fn sign(
        &self,
        mechanism: CK_MECHANISM_TYPE,
        key: CK_OBJECT_HANDLE,
        input: &[u8],
        signature: &mut [u8],
    ) -> anyhow::Result<usize> {
        let (init, sign) = (function!(self, C_SignInit), function!(self, C_Sign));
        let mut mechanism = bare(mechanism);
        // SAFETY: the mechanism lives until the call returns.
        check("C_SignInit", unsafe { init(self.handle, &mut mechanism, key) })?;
        let (bytes, len) = (input.as_ptr().cast_mut(), input.len() as CK_ULONG);
        let mut signature_len = signature.len() as CK_ULONG;
        // SAFETY: both buffers live until the call returns and are as long as is said; the module
        // only reads the input.
        let status =
            unsafe { sign(self.handle, bytes, len, signature.as_mut_ptr(), &mut signature_len) };
        check("C_Sign", status)?;
        Ok(signature_len as usize)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(close) = self.functions.C_CloseSession {
            // SAFETY: takes no pointers. It fails only for a session that is gone already.
            unsafe { close(self.handle) };
        }
    }
}

/// A mechanism without parameters.
fn bare(mechanism: CK_MECHANISM_TYPE) -> CK_MECHANISM {
    CK_MECHANISM { mechanism, pParameter: ptr::null_mut(), ulParameterLen: 0 }
}

fn check(function: &str, status: CK_RV) -> anyhow::Result<()> {
    ensure!(status == CKR_OK, "{function} answers {status:#x}");
    Ok(())
}
