//! A session as C sees it: templates and mechanisms are made of numbers and bytes, so that every
//! mechanism can be named.

use std::ptr::{from_ref, null_mut};

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
pub(crate) use call;

/// An attribute of a template.
pub(crate) type Attribute = (CK_ATTRIBUTE_TYPE, Vec<u8>);

/// A number as it stands in templates and parameters.
pub(crate) fn number(value: CK_ULONG) -> Vec<u8> {
    value.to_ne_bytes().to_vec()
}

/// Where a key is, and what is done with it: in this process, or in the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    Session,
    Token,
}

impl Home {
    pub(crate) const BOTH: &[Home] = &[Home::Session, Home::Token];

    /// One of so many tests is done in the backend as well: the way there takes its time.
    const OF: usize = 16;

    /// Where the test of this number is done.
    pub(crate) fn of_test(index: usize) -> &'static [Home] {
        if index.is_multiple_of(Home::OF) { Home::BOTH } else { &[Home::Session] }
    }

    /// Those of the tests of one key that are done here.
    pub(crate) fn tests<T>(self, all: &[T]) -> impl Iterator<Item = &T> {
        all.iter().step_by(if self == Home::Token { Home::OF } else { 1 })
    }
}

/// The module with one session.
pub(crate) struct Client {
    pub(crate) functions: &'static CK_FUNCTION_LIST_3_2,
    pub(crate) session: CK_SESSION_HANDLE,
}

impl Client {
    /// Initializes the module, and opens a session with its first token.
    pub(crate) fn open() -> Client {
        let mut client = Client { functions: common::functions_3_2(), session: 0 };
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

    /// A key of a class that may do what `usages` say, or the code of the refusal.
    fn create(
        &self,
        home: Home,
        class: CK_OBJECT_CLASS,
        key_type: CK_KEY_TYPE,
        usages: &[CK_ATTRIBUTE_TYPE],
        mut parts: Vec<Attribute>,
    ) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        parts.push((CKA_CLASS, number(class)));
        parts.push((CKA_KEY_TYPE, number(key_type)));
        parts.push((CKA_TOKEN, vec![CK_BBOOL::from(home == Home::Token)]));
        parts.extend(usages.iter().map(|usage| (*usage, vec![CK_TRUE])));
        let mut template = template(&mut parts);
        let (start, count) = (template.as_mut_ptr(), template.len() as CK_ULONG);
        let mut object = 0;
        done(call!(self, C_CreateObject(self.session, start, count, &raw mut object)))?;
        Ok(object)
    }

    /// A secret key that may do everything.
    pub(crate) fn secret(
        &self,
        home: Home,
        key_type: CK_KEY_TYPE,
        value: &[u8],
    ) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        const USAGES: &[CK_ATTRIBUTE_TYPE] =
            &[CKA_SIGN, CKA_VERIFY, CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];
        let mut parts = vec![(CKA_VALUE, value.to_vec())];
        if home == Home::Session {
            // Keys of the token never leave it.
            parts.push((CKA_EXTRACTABLE, vec![CK_TRUE]));
        }
        self.create(home, CKO_SECRET_KEY, key_type, USAGES, parts)
    }

    /// A private key that may do everything.
    pub(crate) fn private(
        &self,
        home: Home,
        key_type: CK_KEY_TYPE,
        parts: Vec<Attribute>,
    ) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        const USAGES: &[CK_ATTRIBUTE_TYPE] = &[CKA_SIGN, CKA_DECRYPT, CKA_UNWRAP, CKA_DERIVE];
        self.create(home, CKO_PRIVATE_KEY, key_type, USAGES, parts)
    }

    /// A public key that may do everything, as a session object: the token keeps none by themselves.
    pub(crate) fn public(
        &self,
        key_type: CK_KEY_TYPE,
        parts: Vec<Attribute>,
    ) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        const USAGES: &[CK_ATTRIBUTE_TYPE] =
            &[CKA_VERIFY, CKA_VERIFY_RECOVER, CKA_ENCRYPT, CKA_WRAP, CKA_ENCAPSULATE];
        self.create(Home::Session, CKO_PUBLIC_KEY, key_type, USAGES, parts)
    }

    /// An attribute that the object has and shows.
    pub(crate) fn attribute(
        &self,
        object: CK_OBJECT_HANDLE,
        attribute: CK_ATTRIBUTE_TYPE,
    ) -> Vec<u8> {
        let mut wanted = [(attribute, vec![0; 4096])];
        let mut template = template(&mut wanted);
        let start = template.as_mut_ptr();
        assert_eq!(call!(self, C_GetAttributeValue(self.session, object, start, 1)), CKR_OK);
        let length = template[0].ulValueLen as usize;
        let [(_, mut value)] = wanted;
        value.truncate(length);
        value
    }

    /// The value of a secret key that shows it. The key is destroyed.
    pub(crate) fn take_value(&self, key: CK_OBJECT_HANDLE) -> Vec<u8> {
        let value = self.attribute(key, CKA_VALUE);
        self.destroy(key);
        value
    }

    /// Destroys an object.
    pub(crate) fn destroy(&self, object: CK_OBJECT_HANDLE) {
        assert_eq!(call!(self, C_DestroyObject(self.session, object)), CKR_OK);
    }
}

/// Attributes as C passes them.
pub(crate) fn template(attributes: &mut [Attribute]) -> Vec<CK_ATTRIBUTE> {
    let in_c = |(attribute, value): &mut Attribute| CK_ATTRIBUTE {
        type_: *attribute,
        pValue: value.as_mut_ptr().cast(),
        ulValueLen: value.len() as CK_ULONG,
    };
    attributes.iter_mut().map(in_c).collect()
}

/// What a secret key is made with whose value can be read.
pub(crate) fn readable() -> Vec<Attribute> {
    vec![
        (CKA_CLASS, number(CKO_SECRET_KEY)),
        (CKA_KEY_TYPE, number(CKK_GENERIC_SECRET)),
        (CKA_SENSITIVE, vec![CK_FALSE]),
        (CKA_EXTRACTABLE, vec![CK_TRUE]),
    ]
}

/// A mechanism without a parameter.
pub(crate) fn plain(mechanism: CK_MECHANISM_TYPE) -> CK_MECHANISM {
    CK_MECHANISM { mechanism, ..Default::default() }
}

/// A mechanism whose parameter is a structure.
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

/// Nothing for `CKR_OK`, or the code.
pub(crate) fn done(code: CK_RV) -> Result<(), CK_RV> {
    if code == CKR_OK { Ok(()) } else { Err(code) }
}
