//! Operations (sections 5.8 to 5.12): the four that write to a buffer, which are alike; and
//! verifying.

use std::ptr;

use cryptoki_sys::*;

use super::module::{Called, Module, Refusal, call};

/// Bytes after each buffer that the module must leave alone.
const FENCE: usize = 64;
const FENCE_BYTE: u8 = 0xa5;

/// An operation that takes data and writes to a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Sign,
    Encrypt,
    Decrypt,
    Digest,
}

/// A mechanism with its parameter; no bytes are the null pointer.
#[derive(Clone)]
pub(crate) struct Mechanism {
    kind: CK_MECHANISM_TYPE,
    parameter: Vec<u8>,
}

/// What a call did to the caller's buffer.
pub(crate) struct Filled {
    pub(crate) called: Called,
    /// The length's variable after the call.
    pub(crate) length: CK_ULONG,
    /// What was written, where the call was answered with `CKR_OK`.
    pub(crate) bytes: Vec<u8>,
    /// Whether something was written after the buffer's end.
    pub(crate) overrun: bool,
}

impl Mechanism {
    pub(crate) fn new(kind: CK_MECHANISM_TYPE) -> Self {
        Mechanism { kind, parameter: Vec::new() }
    }

    pub(crate) fn with_parameter(kind: CK_MECHANISM_TYPE, parameter: &[u8]) -> Self {
        Mechanism { kind, parameter: parameter.to_vec() }
    }

    pub(crate) fn kind(&self) -> CK_MECHANISM_TYPE {
        self.kind
    }

    pub(super) fn as_mechanism(&self) -> CK_MECHANISM {
        let parameter = match &self.parameter[..] {
            [] => ptr::null_mut(),
            bytes => bytes.as_ptr().cast_mut().cast(),
        };
        CK_MECHANISM {
            mechanism: self.kind,
            pParameter: parameter,
            ulParameterLen: self.parameter.len() as CK_ULONG,
        }
    }
}

impl Module {
    /// Begins an operation. A digest has no use for the key.
    pub(crate) fn begin(
        &self,
        operation: Operation,
        session: CK_SESSION_HANDLE,
        mechanism: &Mechanism,
        key: CK_OBJECT_HANDLE,
    ) -> Called {
        let mut mechanism = mechanism.as_mechanism();
        let mechanism = &raw mut mechanism;
        // SAFETY: the mechanism and its parameter live until the call returns.
        unsafe {
            match operation {
                Operation::Sign => call!(self, C_SignInit(session, mechanism, key)),
                Operation::Encrypt => call!(self, C_EncryptInit(session, mechanism, key)),
                Operation::Decrypt => call!(self, C_DecryptInit(session, mechanism, key)),
                Operation::Digest => call!(self, C_DigestInit(session, mechanism)),
            }
        }
    }

    /// Does it in one part, into `room` bytes; `None` asks for the length.
    pub(crate) fn whole(
        &self,
        operation: Operation,
        session: CK_SESSION_HANDLE,
        data: &[u8],
        room: Option<usize>,
    ) -> Filled {
        let (input, size) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        filled(room, |buffer, length| {
            // SAFETY: the data is only read; buffer and length are as `filled` says.
            unsafe {
                match operation {
                    Operation::Sign => call!(self, C_Sign(session, input, size, buffer, length)),
                    Operation::Encrypt => {
                        call!(self, C_Encrypt(session, input, size, buffer, length))
                    }
                    Operation::Decrypt => {
                        call!(self, C_Decrypt(session, input, size, buffer, length))
                    }
                    Operation::Digest => {
                        call!(self, C_Digest(session, input, size, buffer, length))
                    }
                }
            }
        })
    }

    /// Adds a part to a signature or digest.
    pub(crate) fn update(
        &self,
        operation: Operation,
        session: CK_SESSION_HANDLE,
        data: &[u8],
    ) -> Called {
        let (input, size) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        // SAFETY: the data lives until the call returns, and is only read.
        unsafe {
            match operation {
                Operation::Digest => call!(self, C_DigestUpdate(session, input, size)),
                _ => call!(self, C_SignUpdate(session, input, size)),
            }
        }
    }

    /// Ends a signature or digest in parts, into `room` bytes; `None` asks for the length.
    pub(crate) fn finish(
        &self,
        operation: Operation,
        session: CK_SESSION_HANDLE,
        room: Option<usize>,
    ) -> Filled {
        filled(room, |buffer, length| {
            // SAFETY: buffer and length are as `filled` says.
            unsafe {
                match operation {
                    Operation::Digest => call!(self, C_DigestFinal(session, buffer, length)),
                    _ => call!(self, C_SignFinal(session, buffer, length)),
                }
            }
        })
    }

    /// Verifies a signature.
    pub(crate) fn verify(
        &self,
        session: CK_SESSION_HANDLE,
        mechanism: &Mechanism,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
        signature: &[u8],
    ) -> Called {
        let mut mechanism = mechanism.as_mechanism();
        // SAFETY: the mechanism, the data and the signature live until the calls return, and are
        // only read.
        unsafe {
            call!(self, C_VerifyInit(session, &raw mut mechanism, key))?;
            call!(
                self,
                C_Verify(
                    session,
                    data.as_ptr().cast_mut(),
                    data.len() as CK_ULONG,
                    signature.as_ptr().cast_mut(),
                    signature.len() as CK_ULONG,
                )
            )
        }
    }
}

impl Filled {
    /// The bytes of a call that did what it should.
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, Refusal> {
        self.called.map(|()| self.bytes)
    }
}

/// Makes a call with a buffer of `room` bytes and the variable for its length; `None` passes the
/// null pointer and no length.
fn filled(room: Option<usize>, call: impl FnOnce(*mut CK_BYTE, *mut CK_ULONG) -> Called) -> Filled {
    let size = room.unwrap_or(0);
    let mut bytes = vec![FENCE_BYTE; size + FENCE];
    let mut length = size as CK_ULONG;
    let buffer = room.map_or(ptr::null_mut(), |_| bytes.as_mut_ptr());
    let called = call(buffer, &raw mut length);
    let overrun = bytes[size..].iter().any(|byte| *byte != FENCE_BYTE);
    bytes.truncate(size.min(length as usize));
    Filled { called, length, bytes, overrun }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_after_the_buffer_is_seen() {
        let write = |count: usize| {
            filled(Some(4), |buffer, length| {
                // SAFETY: the fence is part of what is allocated.
                unsafe { buffer.write_bytes(7, count) };
                // SAFETY: a place for the length.
                unsafe { length.write(4) };
                Ok(())
            })
        };
        assert!(!write(4).overrun);
        assert!(write(5).overrun);
        assert_eq!(write(4).into_bytes(), Ok(vec![7; 4]));
    }
}
