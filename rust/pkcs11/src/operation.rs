//! Operations of a session: begun with `Init`, done in one call or piece by piece.
//!
//! A query for a length, or a buffer that is too small, leaves an operation as it is; every other
//! answer of a finishing call ends it (PKCS#11 v2.40 base, section 5.2).

mod cipher;
mod digest;
mod message;
mod nonce;
mod recover;
mod sign;
mod stream;
mod verify;

use std::borrow::Cow;

use cryptoki_sys::*;
use supacrypt_client::{Ticket, limits};
use supacrypt_core::{Algorithm, KeyUsages};
use zeroize::Zeroizing;

pub(crate) use self::{
    cipher::{Cipher, Direction, Parameters},
    digest::Digest,
    message::{GcmMessage, MessageCipher, Messages},
    nonce::{NonceSource, make_nonce},
    recover::Recover,
    sign::Sign,
    verify::Verify,
};
use crate::{
    error::{Result, Rv},
    ffi::Output,
    key::Key,
    object::Class,
};

/// What is going on in a session; one of each kind at a time.
#[derive(Default)]
pub(crate) struct Operations {
    /// The handles that were found and not handed out yet.
    pub(crate) find: Option<std::vec::IntoIter<CK_OBJECT_HANDLE>>,
    pub(crate) sign: Option<Sign>,
    pub(crate) sign_recover: Option<Sign>,
    pub(crate) verify: Option<Verify>,
    pub(crate) verify_recover: Option<Recover>,
    pub(crate) encrypt: Option<Cipher>,
    pub(crate) decrypt: Option<Cipher>,
    pub(crate) digest: Option<Digest>,
    pub(crate) verify_signature: Option<VerifySignature>,
    pub(crate) encrypt_messages: Option<MessageCipher>,
    pub(crate) decrypt_messages: Option<MessageCipher>,
    pub(crate) sign_messages: Option<Messages<Sign>>,
    pub(crate) verify_messages: Option<Messages<Verify>>,
}

/// A verification whose signature was given first (PKCS#11 v3.2, section 5.16).
pub(crate) struct VerifySignature {
    pub(crate) verify: Verify,
    pub(crate) signature: Vec<u8>,
}

/// What `C_SessionCancel` can end, each with its flag.
macro_rules! cancellable {
    ($($flag:ident $place:ident;)*) => {
        impl Operations {
            /// Whether anything but a search is going on.
            pub(crate) fn is_active(&self) -> bool {
                self.verify_signature.is_some() $(|| self.$place.is_some())*
            }

            /// Ends the operations of all kinds that `flags` names.
            pub(crate) fn cancel(&mut self, flags: CK_FLAGS) {
                $(if flags & $flag != 0 {
                    self.$place = None;
                })*
                if flags & CKF_VERIFY != 0 {
                    self.verify_signature = None;
                }
                if flags & CKF_FIND_OBJECTS != 0 {
                    self.find = None;
                }
            }
        }
    };
}

cancellable! {
    CKF_SIGN sign;
    CKF_SIGN_RECOVER sign_recover;
    CKF_VERIFY verify;
    CKF_VERIFY_RECOVER verify_recover;
    CKF_ENCRYPT encrypt;
    CKF_DECRYPT decrypt;
    CKF_DIGEST digest;
    CKF_MESSAGE_ENCRYPT encrypt_messages;
    CKF_MESSAGE_DECRYPT decrypt_messages;
    CKF_MESSAGE_SIGN sign_messages;
    CKF_MESSAGE_VERIFY verify_messages;
}

impl Operations {
    /// Has the active uses of private keys count as those of a user who has just given a PIN.
    pub(crate) fn authorize(&mut self, ticket: &Ticket) {
        if let Some(messages) = &mut self.sign_messages {
            messages.authorize(ticket);
        }
        let signing = self.sign.iter_mut().chain(&mut self.sign_recover);
        let keys = signing.map(Sign::key).chain(self.decrypt.iter_mut().map(Cipher::key));
        keys.for_each(|key| key.authorize(ticket));
    }
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

/// Ends an active operation, which is what beginning one without a mechanism means (PKCS#11 v3.0,
/// section 5.8.1 and others).
pub(crate) fn cancel<T>(place: &mut Option<T>) -> Result<()> {
    place.take().map(drop).ok_or(Rv(CKR_ARGUMENTS_BAD))
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
/// this, or not in this way: of a mechanism that it allows, it need not allow all parameters.
pub(crate) fn permitted(
    key: &Key,
    class: Class,
    half: Class,
    usage: KeyUsages,
    algorithm: Algorithm,
) -> Result<()> {
    if class != half && class != Class::Secret || !key.usages().contains(usage) {
        return Err(Rv(CKR_KEY_FUNCTION_NOT_PERMITTED));
    }
    if key.permits(algorithm) { Ok(()) } else { Err(Rv(CKR_MECHANISM_INVALID)) }
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

/// A number in at least `length` bytes.
fn with_zeros(number: &[u8], length: usize) -> Cow<'_, [u8]> {
    if number.len() >= length {
        return number.into();
    }
    let mut longer = vec![0; length - number.len()];
    longer.extend_from_slice(number);
    longer.into()
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
