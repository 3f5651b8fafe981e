//! Writing to what callers pass.

use std::{ptr, slice};

use cryptoki_sys::*;

use crate::error::{Result, Rv};

/// A buffer of the caller with the variable for its length (PKCS#11 v2.40 base, section 5.2).
pub(crate) struct Output {
    buffer: *mut CK_BYTE,
    capacity: usize,
    length: *mut CK_ULONG,
}

impl Output {
    /// # Safety
    /// `length` is null or can be read and written; `buffer` is null or `*length` bytes can be
    /// written to it; both for as long as the value lives.
    pub(super) unsafe fn new(buffer: *mut CK_BYTE, length: *mut CK_ULONG) -> Result<Output> {
        if length.is_null() {
            return Err(Rv(CKR_ARGUMENTS_BAD));
        }
        // SAFETY: not null.
        let capacity = unsafe { length.read() } as usize;
        Ok(Output { buffer, capacity, length })
    }

    /// Whether the caller only asks for the length.
    pub(crate) fn is_query(&self) -> bool {
        self.buffer.is_null()
    }

    /// What was written last.
    ///
    /// # Safety
    /// Something was written, or the length was told; the buffer is not written to while the result
    /// is used.
    pub(super) unsafe fn written(&self) -> &[u8] {
        // SAFETY: `length` can be read by `new`; as many bytes were written to the buffer.
        unsafe {
            let length = self.length.read() as usize;
            if length == 0 { &[] } else { slice::from_raw_parts(self.buffer, length) }
        }
    }

    /// Tells the caller the length, and says whether `length` bytes are to be written; they are not
    /// when the caller only asked.
    ///
    /// # Errors
    /// `CKR_BUFFER_TOO_SMALL`.
    pub(crate) fn takes(&mut self, length: usize) -> Result<bool> {
        // SAFETY: checked and promised in `new`.
        unsafe { self.length.write(length as CK_ULONG) };
        match (self.is_query(), length <= self.capacity) {
            (true, _) => Ok(false),
            (false, true) => Ok(true),
            (false, false) => Err(Rv(CKR_BUFFER_TOO_SMALL)),
        }
    }

    /// Writes `bytes` and their length.
    ///
    /// # Errors
    /// `CKR_BUFFER_TOO_SMALL`; nothing is written then.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.takes(bytes.len())? {
            // SAFETY: the buffer is not null and long enough, and is nobody else's by `new`.
            unsafe { ptr::copy(bytes.as_ptr(), self.buffer, bytes.len()) };
        }
        Ok(())
    }
}

/// Writes a value.
///
/// # Safety
/// `place` is null or a `T` can be written to it.
pub(super) unsafe fn put<T>(place: *mut T, value: T) -> Result<()> {
    if place.is_null() {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    // SAFETY: not null.
    unsafe { place.write_unaligned(value) };
    Ok(())
}

/// Writes a list, with the same rules as for [`Output`] but counted in items.
///
/// # Safety
/// `count` is null or can be read and written; `list` is null or has room for `*count` items.
pub(super) unsafe fn put_list<T: Copy>(
    list: *mut T,
    count: *mut CK_ULONG,
    items: &[T],
) -> Result<()> {
    if count.is_null() {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    // SAFETY: not null.
    let capacity = unsafe { count.replace(items.len() as CK_ULONG) } as usize;
    if list.is_null() {
        return Ok(());
    }
    if capacity < items.len() {
        return Err(Rv(CKR_BUFFER_TOO_SMALL));
    }
    // SAFETY: there is room for them.
    unsafe { ptr::copy_nonoverlapping(items.as_ptr(), list, items.len()) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_buffer_stays_as_it_is_and_the_length_is_told() {
        let (mut buffer, mut length) = ([7; 2], 2);
        // SAFETY: both live longer than the output.
        let mut output = unsafe { Output::new(buffer.as_mut_ptr(), &raw mut length) }.unwrap();
        assert_eq!(output.write(&[1, 2, 3]), Err(Rv(CKR_BUFFER_TOO_SMALL)));
        assert_eq!((buffer, length), ([7; 2], 3));
    }
}
