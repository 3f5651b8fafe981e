//! What is done with keys. What can be done at once and in pieces is done both ways, and must come to
//! the same.

use std::{ops::RangeInclusive, ptr::from_mut};

use cryptoki_sys::*;

use crate::client::{Attribute, Client, call, done, input, readable, template};

/// How many bytes a secret key can have.
pub(crate) const KEY_LENGTHS: RangeInclusive<usize> = 1..=512;
/// Bytes of a piece: no divisor of the length of any block.
const PIECE: usize = 23;
/// More bytes than come out beyond those that go in.
const ROOM: usize = 512;

/// Bytes, of ML-DSA-87 (FIPS 204, table 2).
const LONGEST_SIGNATURE: usize = 4627;

/// The functions of encryption or decryption, which have the same types.
struct Cipher {
    init: CK_C_EncryptInit,
    whole: CK_C_Encrypt,
    update: CK_C_EncryptUpdate,
    last: CK_C_EncryptFinal,
}

/// Calls one of them.
macro_rules! step {
    ($function:expr, $($argument:expr),* $(,)?) => {{
        let function = $function.expect("it is listed");
        // SAFETY: pointers and lengths are those of live buffers.
        done(unsafe { function($($argument),*) })
    }};
}

impl Client {
    /// A signature of the message.
    pub(crate) fn sign(
        &self,
        mut mechanism: CK_MECHANISM,
        key: CK_OBJECT_HANDLE,
        message: &[u8],
    ) -> Result<Vec<u8>, CK_RV> {
        let session = self.session;
        done(call!(self, C_SignInit(session, from_mut(&mut mechanism), key)))?;
        let (start, len) = input(message);
        written(LONGEST_SIGNATURE, |out, out_len| {
            done(call!(self, C_Sign(session, start, len, out, out_len)))
        })
    }

    /// Whether the signature or MAC is valid; the code when it is neither valid nor invalid.
    pub(crate) fn verify(
        &self,
        mut mechanism: CK_MECHANISM,
        key: CK_OBJECT_HANDLE,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, CK_RV> {
        let session = self.session;
        let mut init = || done(call!(self, C_VerifyInit(session, from_mut(&mut mechanism), key)));
        let (start, len) = input(signature);
        init()?;
        let (message_start, message_len) = input(message);
        let whole = call!(self, C_Verify(session, message_start, message_len, start, len));
        init()?;
        for piece in message.chunks(PIECE) {
            let (piece, piece_len) = input(piece);
            done(call!(self, C_VerifyUpdate(session, piece, piece_len)))?;
        }
        let in_pieces = call!(self, C_VerifyFinal(session, start, len));
        assert_eq!(whole, in_pieces, "at once and in pieces");
        match whole {
            CKR_OK => Ok(true),
            CKR_SIGNATURE_INVALID | CKR_SIGNATURE_LEN_RANGE => Ok(false),
            code => Err(code),
        }
    }

    /// What a valid signature was made of.
    pub(crate) fn recover(
        &self,
        mut mechanism: CK_MECHANISM,
        key: CK_OBJECT_HANDLE,
        signature: &[u8],
    ) -> Result<Vec<u8>, CK_RV> {
        let (session, mechanism) = (self.session, from_mut(&mut mechanism));
        done(call!(self, C_VerifyRecoverInit(session, mechanism, key)))?;
        let (start, len) = input(signature);
        written(signature.len() + ROOM, |out, out_len| {
            done(call!(self, C_VerifyRecover(session, start, len, out, out_len)))
        })
    }

    /// The ciphertext, or the code of the refusal.
    pub(crate) fn encrypt(
        &self,
        mechanism: CK_MECHANISM,
        key: CK_OBJECT_HANDLE,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CK_RV> {
        let functions = Cipher {
            init: self.functions.C_EncryptInit,
            whole: self.functions.C_Encrypt,
            update: self.functions.C_EncryptUpdate,
            last: self.functions.C_EncryptFinal,
        };
        self.cipher(&functions, mechanism, key, plaintext)
    }

    /// The plaintext, or the code of the refusal. Where it can be a key it is unwrapped as well.
    pub(crate) fn decrypt(
        &self,
        mechanism: CK_MECHANISM,
        key: CK_OBJECT_HANDLE,
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, CK_RV> {
        let unwrapped = self.unwrap(mechanism, key, ciphertext, readable());
        let unwrapped = unwrapped.map(|key| self.take_value(key));
        let functions = Cipher {
            init: self.functions.C_DecryptInit,
            whole: self.functions.C_Decrypt,
            update: self.functions.C_DecryptUpdate,
            last: self.functions.C_DecryptFinal,
        };
        let decrypted = self.cipher(&functions, mechanism, key, ciphertext);
        let as_key = match &decrypted {
            Ok(plaintext) if KEY_LENGTHS.contains(&plaintext.len()) => decrypted.clone(),
            Ok(_) => Err(CKR_ATTRIBUTE_VALUE_INVALID),
            Err(CKR_ENCRYPTED_DATA_INVALID) => Err(CKR_WRAPPED_KEY_INVALID),
            Err(CKR_ENCRYPTED_DATA_LEN_RANGE) => Err(CKR_WRAPPED_KEY_LEN_RANGE),
            Err(code) => Err(*code),
        };
        assert_eq!(unwrapped, as_key, "as a key and as data");
        decrypted
    }

    fn cipher(
        &self,
        functions: &Cipher,
        mut mechanism: CK_MECHANISM,
        key: CK_OBJECT_HANDLE,
        text: &[u8],
    ) -> Result<Vec<u8>, CK_RV> {
        let session = self.session;
        let mut init = || step!(functions.init, session, from_mut(&mut mechanism), key);
        init()?;
        let (start, len) = input(text);
        let whole = written(text.len() + ROOM, |out, out_len| {
            step!(functions.whole, session, start, len, out, out_len)
        });
        init()?;
        let pieces = || {
            let mut all = Vec::new();
            for piece in text.chunks(PIECE) {
                let (start, len) = input(piece);
                all.extend(written(PIECE + ROOM, |out, out_len| {
                    step!(functions.update, session, start, len, out, out_len)
                })?);
            }
            all.extend(written(text.len() + ROOM, |out, out_len| {
                step!(functions.last, session, out, out_len)
            })?);
            Ok(all)
        };
        assert_eq!(whole, pieces(), "at once and in pieces");
        whole
    }

    /// A session key in wrapped form, or the code of the refusal.
    pub(crate) fn wrap(
        &self,
        mut mechanism: CK_MECHANISM,
        wrapping: CK_OBJECT_HANDLE,
        key: CK_OBJECT_HANDLE,
    ) -> Result<Vec<u8>, CK_RV> {
        let mechanism = from_mut(&mut mechanism);
        written(2 * ROOM, |out, out_len| {
            done(call!(self, C_WrapKey(self.session, mechanism, wrapping, key, out, out_len)))
        })
    }

    /// The key that was wrapped, as `attributes` describe it, or the code of the refusal.
    pub(crate) fn unwrap(
        &self,
        mut mechanism: CK_MECHANISM,
        unwrapping: CK_OBJECT_HANDLE,
        wrapped: &[u8],
        mut attributes: Vec<Attribute>,
    ) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        let (session, mechanism) = (self.session, from_mut(&mut mechanism));
        let mut template = template(&mut attributes);
        let (at, count) = (template.as_mut_ptr(), template.len() as CK_ULONG);
        let (start, len) = input(wrapped);
        let mut made = 0;
        let key = &raw mut made;
        done(call!(self, C_UnwrapKey(session, mechanism, unwrapping, start, len, at, count, key)))?;
        Ok(made)
    }
}

/// What a function writes that is given a place and its length.
pub(crate) fn written(
    room: usize,
    write: impl FnOnce(CK_BYTE_PTR, CK_ULONG_PTR) -> Result<(), CK_RV>,
) -> Result<Vec<u8>, CK_RV> {
    let mut bytes = vec![0; room];
    let mut length = room as CK_ULONG;
    write(bytes.as_mut_ptr(), &raw mut length)?;
    bytes.truncate(length as usize);
    Ok(bytes)
}
