//! A session as C sees it: templates and mechanisms are made of numbers and bytes, so that every
//! mechanism can be named.

use std::ptr::{from_mut, from_ref, null_mut};

use cryptoki_sys::*;

use crate::common;

/// Calls a function of the list, and gives its code.
macro_rules! call {
    ($client:expr, $function:ident($($argument:expr),* $(,)?)) => {{
        let function = $client.functions.$function.expect("it is listed");
        // SAFETY: pointers and lengths are those of live buffers.
        unsafe { function($($argument),*) }
    }};
}

/// An attribute of a template.
pub(crate) type Attribute = (CK_ATTRIBUTE_TYPE, Vec<u8>);

/// A number as it stands in templates and parameters.
pub(crate) fn number(value: CK_ULONG) -> Vec<u8> {
    value.to_ne_bytes().to_vec()
}

/// The module with one session.
pub(crate) struct Client {
    pub(crate) functions: &'static CK_FUNCTION_LIST,
    pub(crate) session: CK_SESSION_HANDLE,
}

impl Client {
    /// Initializes the module, and opens a session with its first token.
    pub(crate) fn open() -> Client {
        let mut client = Client { functions: common::functions(), session: 0 };
        assert_eq!(call!(client, C_Initialize(null_mut())), CKR_OK);
        let (mut slot, mut count) = (0, 1);
        assert_eq!(call!(client, C_GetSlotList(CK_TRUE, &raw mut slot, &raw mut count)), CKR_OK);
        let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
        let mut session = 0;
        assert_eq!(
            call!(client, C_OpenSession(slot, flags, null_mut(), None, &raw mut session)),
            CKR_OK
        );
        client.session = session;
        client
    }

    /// Finalizes the module.
    pub(crate) fn close(self) {
        assert_eq!(call!(self, C_Finalize(null_mut())), CKR_OK);
    }

    /// A session object of a class, or the code of the refusal.
    pub(crate) fn create(
        &self,
        class: CK_OBJECT_CLASS,
        mut attributes: Vec<Attribute>,
    ) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        attributes.push((CKA_CLASS, number(class)));
        let mut template: Vec<_> = attributes
            .iter_mut()
            .map(|(attribute, value)| CK_ATTRIBUTE {
                type_: *attribute,
                pValue: value.as_mut_ptr().cast(),
                ulValueLen: value.len() as CK_ULONG,
            })
            .collect();
        let (start, count) = (template.as_mut_ptr(), template.len() as CK_ULONG);
        let mut object = 0;
        match call!(self, C_CreateObject(self.session, start, count, &raw mut object)) {
            CKR_OK => Ok(object),
            code => Err(code),
        }
    }

    /// A secret key that may do everything.
    pub(crate) fn secret(
        &self,
        key_type: CK_KEY_TYPE,
        value: &[u8],
    ) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        let mut attributes = vec![(CKA_KEY_TYPE, number(key_type)), (CKA_VALUE, value.to_vec())];
        for usage in
            [CKA_SIGN, CKA_VERIFY, CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE]
        {
            attributes.push((usage, vec![CK_TRUE]));
        }
        self.create(CKO_SECRET_KEY, attributes)
    }

    /// Destroys a session object.
    pub(crate) fn destroy(&self, object: CK_OBJECT_HANDLE) {
        assert_eq!(call!(self, C_DestroyObject(self.session, object)), CKR_OK);
    }

    /// Whether the signature or MAC is valid; the code when it is neither valid nor invalid.
    pub(crate) fn verify(
        &self,
        mut mechanism: CK_MECHANISM,
        key: CK_OBJECT_HANDLE,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, CK_RV> {
        let code = call!(self, C_VerifyInit(self.session, from_mut(&mut mechanism), key));
        if code != CKR_OK {
            return Err(code);
        }
        let (message_start, message_len) = input(message);
        let (start, len) = input(signature);
        match call!(self, C_Verify(self.session, message_start, message_len, start, len)) {
            CKR_OK => Ok(true),
            CKR_SIGNATURE_INVALID | CKR_SIGNATURE_LEN_RANGE => Ok(false),
            code => Err(code),
        }
    }
}

/// A mechanism whose parameter is a structure, or nothing.
pub(crate) fn mechanism<P>(mechanism: CK_MECHANISM_TYPE, parameter: &P) -> CK_MECHANISM {
    CK_MECHANISM {
        mechanism,
        pParameter: from_ref(parameter).cast_mut().cast(),
        ulParameterLen: size_of::<P>() as CK_ULONG,
    }
}

/// Bytes as an argument. The module reads from them only.
pub(crate) fn input(bytes: &[u8]) -> (CK_BYTE_PTR, CK_ULONG) {
    (bytes.as_ptr().cast_mut(), bytes.len() as CK_ULONG)
}
