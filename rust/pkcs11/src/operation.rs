//! Operations of a session: begun with `Init`, done in one call or piece by piece.
//!
//! A query for a length, or a buffer that is too small, leaves an operation as it is; every other
//! answer of a finishing call ends it (PKCS#11 v2.40 base, section 5.2).

mod cipher;
mod digest;
mod sign;
mod verify;

use cryptoki_sys::*;
use supacrypt_client::{Key, limits};
use supacrypt_core::KeyUsages;
use zeroize::Zeroizing;

pub(crate) use self::{
    cipher::{Cipher, Direction},
    digest::Digest,
    sign::Sign,
    verify::Verify,
};
use crate::{
    error::{Result, Rv},
    ffi::Output,
    object::Class,
};

/// What is going on in a session; one of each kind at a time.
#[derive(Default)]
pub(crate) struct Operations {
    /// The handles that were found and not handed out yet.
    pub(crate) find: Option<std::vec::IntoIter<CK_OBJECT_HANDLE>>,
    pub(crate) sign: Option<Sign>,
    pub(crate) verify: Option<Verify>,
    pub(crate) encrypt: Option<Cipher>,
    pub(crate) decrypt: Option<Cipher>,
    pub(crate) digest: Option<Digest>,
}

/// How a step of an operation came out.
pub(crate) enum Step {
    /// It goes on.
    Continues,
    /// It is over.
    Ends,
}

/// Starts an operation where none of its kind is active.
pub(crate) fn begin<T>(place: &mut Option<T>, start: impl FnOnce() -> Result<T>) -> Result<()> {
    if place.is_some() {
        return Err(Rv(CKR_OPERATION_ACTIVE));
    }
    *place = Some(start()?);
    Ok(())
}

/// Takes a step in an active operation, and clears its place when it is over.
pub(crate) fn step<T>(
    place: &mut Option<T>,
    step: impl FnOnce(&mut T) -> Result<Step>,
) -> Result<()> {
    let operation = place.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
    match step(operation) {
        Ok(Step::Continues) => Ok(()),
        Ok(Step::Ends) => {
            *place = None;
            Ok(())
        }
        Err(Rv(CKR_BUFFER_TOO_SMALL)) => Err(Rv(CKR_BUFFER_TOO_SMALL)),
        Err(error) => {
            *place = None;
            Err(error)
        }
    }
}

/// Refuses an object that is neither `half` of a pair nor a secret key, and a key that may not do
/// this.
fn permitted(key: &Key, class: Class, half: Class, usage: KeyUsages) -> Result<()> {
    if (class == half || class == Class::Secret) && key.usages.contains(usage) {
        Ok(())
    } else {
        Err(Rv(CKR_KEY_FUNCTION_NOT_PERMITTED))
    }
}

/// Gives out `make()`, whose length is known before it is made.
fn give(
    output: &mut Output,
    length: usize,
    make: impl FnOnce() -> Result<Vec<u8>>,
) -> Result<Step> {
    if !output.takes(length)? {
        return Ok(Step::Continues);
    }
    output.write(&make()?)?;
    Ok(Step::Ends)
}

/// Input that has to be sent as a whole, no longer than the backend takes it; wiped when it is dropped.
#[derive(Default)]
struct Collected(Zeroizing<Vec<u8>>);

impl Collected {
    fn add(&mut self, piece: &[u8]) -> Result<()> {
        let length = self.0.len() + piece.len();
        if length > limits::INPUT {
            return Err(Rv(CKR_DATA_LEN_RANGE));
        }
        if length > self.0.capacity() {
            // Growing in place would leave a copy behind.
            let mut larger = Zeroizing::new(Vec::with_capacity(length.next_power_of_two()));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(piece);
        Ok(())
    }
}
