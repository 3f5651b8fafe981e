//! Secrets that are derived, encapsulated and decapsulated, as the bytes that they are.

use std::ptr::from_mut;

use cryptoki_sys::*;

use crate::{
    client::{Client, call, done, input, number, readable, template},
    operations::written,
};

impl Client {
    /// The bytes that are derived from a key: so many, or as many as there are; or the code of the
    /// refusal.
    pub(crate) fn derive(
        &self,
        mut mechanism: CK_MECHANISM,
        base: CK_OBJECT_HANDLE,
        length: Option<usize>,
    ) -> Result<Vec<u8>, CK_RV> {
        let mechanism = from_mut(&mut mechanism);
        let mut attributes = readable();
        attributes.extend(length.map(|length| (CKA_VALUE_LEN, number(length as CK_ULONG))));
        let mut template = template(&mut attributes);
        let (at, count) = (template.as_mut_ptr(), template.len() as CK_ULONG);
        let mut made = 0;
        let key = &raw mut made;
        done(call!(self, C_DeriveKey(self.session, mechanism, base, at, count, key)))?;
        Ok(self.take_value(made))
    }

    /// A ciphertext and the secret that it holds, or the code of the refusal.
    pub(crate) fn encapsulate(
        &self,
        mut mechanism: CK_MECHANISM,
        key: CK_OBJECT_HANDLE,
    ) -> Result<(Vec<u8>, Vec<u8>), CK_RV> {
        let (session, mechanism) = (self.session, from_mut(&mut mechanism));
        let mut attributes = readable();
        let mut template = template(&mut attributes);
        let (at, count) = (template.as_mut_ptr(), template.len() as CK_ULONG);
        let mut made = 0;
        let secret = &raw mut made;
        let ciphertext = written(2048, |out, len| {
            done(call!(
                self,
                C_EncapsulateKey(session, mechanism, key, at, count, out, len, secret)
            ))
        })?;
        Ok((ciphertext, self.take_value(made)))
    }

    /// The secret that a ciphertext holds, or the code of the refusal.
    pub(crate) fn decapsulate(
        &self,
        mut mechanism: CK_MECHANISM,
        key: CK_OBJECT_HANDLE,
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, CK_RV> {
        let (session, mechanism) = (self.session, from_mut(&mut mechanism));
        let mut attributes = readable();
        let mut template = template(&mut attributes);
        let (at, count) = (template.as_mut_ptr(), template.len() as CK_ULONG);
        let (start, len) = input(ciphertext);
        let mut made = 0;
        let secret = &raw mut made;
        done(call!(
            self,
            C_DecapsulateKey(session, mechanism, key, at, count, start, len, secret)
        ))?;
        Ok(self.take_value(made))
    }
}
