//! Buffers for what the module gives out. Each is allocated as long as the module is told, so that
//! the sanitizer sees what is written beyond.

use std::ptr;

use cryptoki_sys::*;

/// What is in a buffer before the module writes to it.
const BEFORE: u8 = 0xa5;

/// A buffer with its length; or null, which asks for the length.
pub struct Buffer {
    bytes: Option<Vec<u8>>,
    length: CK_ULONG,
}

impl Buffer {
    /// A caller who only asks, with `length` where the answer goes.
    pub fn query(length: CK_ULONG) -> Self {
        Buffer { bytes: None, length }
    }

    pub fn of(capacity: usize) -> Self {
        Buffer { bytes: Some(vec![BEFORE; capacity]), length: capacity as CK_ULONG }
    }

    pub fn is_query(&self) -> bool {
        self.bytes.is_none()
    }

    pub fn pointer(&mut self) -> *mut CK_BYTE {
        self.bytes.as_mut().map_or(ptr::null_mut(), Vec::as_mut_ptr)
    }

    pub fn length(&mut self) -> *mut CK_ULONG {
        &raw mut self.length
    }

    /// What was written by a call that returned `rv`: nothing where it was refused, no more than
    /// the length that was told, and more than there is room for if that is the reason.
    pub fn written(self, rv: CK_RV) -> Vec<u8> {
        let Some(bytes) = self.bytes else { return Vec::new() };
        let length = self.length as usize;
        let written = match rv {
            CKR_OK => length,
            CKR_BUFFER_TOO_SMALL => {
                assert!(length > bytes.len(), "{length} bytes fit into {}", bytes.len());
                0
            }
            _ => 0,
        };
        assert!(bytes[written..].iter().all(|byte| *byte == BEFORE), "bytes that nobody told of");
        bytes[..written].to_vec()
    }
}

/// Calls as careful applications do: for the length first, then with a buffer of that length. In
/// between comes a buffer that is too short by one byte, which must not end anything.
pub fn with_query(call: impl Fn(*mut CK_BYTE, *mut CK_ULONG) -> CK_RV) -> Result<Vec<u8>, CK_RV> {
    let mut query = Buffer::query(0);
    let rv = call(query.pointer(), query.length());
    if rv != CKR_OK {
        return Err(rv);
    }
    let told = query.length as usize;
    if let Some(less) = told.checked_sub(1) {
        let mut short = Buffer::of(less);
        let rv = call(short.pointer(), short.length());
        let written = short.written(rv);
        match rv {
            CKR_OK => return Ok(written),
            CKR_BUFFER_TOO_SMALL => {}
            _ => return Err(rv),
        }
    }
    let mut buffer = Buffer::of(told);
    let rv = call(buffer.pointer(), buffer.length());
    assert_ne!(rv, CKR_BUFFER_TOO_SMALL, "{told} bytes were said to do");
    let written = buffer.written(rv);
    if rv == CKR_OK { Ok(written) } else { Err(rv) }
}
