//! Operations on messages: begun once for a key, then done for any number of messages, each with
//! parameters of its own (PKCS#11 v3.0, sections 5.9 to 5.16).

use cryptoki_sys::*;
use supacrypt_client::{Client, Ticket};
use supacrypt_core::{Algorithm, EncryptionScheme, KeyUsages};
use zeroize::Zeroizing;

use super::{Collected, Direction, Sign, Verify, permitted};
use crate::{
    error::{Result, Rv},
    key::Key,
    mechanism::{Mechanism, Row},
    object::Class,
};

/// Parameters of one message that AES-GCM protects.
#[derive(Clone, Debug)]
pub(crate) struct GcmMessage {
    pub(crate) iv: Vec<u8>,
    pub(crate) tag: Vec<u8>,
}

/// Encryption or decryption of messages with AES-GCM.
pub(crate) struct MessageCipher {
    direction: Direction,
    key: Key,
    begun: Option<Begun>,
}

/// A message that comes in pieces.
struct Begun {
    message: GcmMessage,
    aad: Vec<u8>,
    pieces: Collected,
}

impl MessageCipher {
    pub(crate) fn new(
        direction: Direction,
        row: &Row,
        class: Class,
        key: Key,
    ) -> Result<MessageCipher> {
        let (flag, usage) = match direction {
            Direction::Encrypt => (CKF_MESSAGE_ENCRYPT, KeyUsages::ENCRYPT),
            Direction::Decrypt => (CKF_MESSAGE_DECRYPT, KeyUsages::DECRYPT),
        };
        row.permits(flag)?;
        if !row.works_with(key.spec().class()) {
            return Err(Rv(CKR_KEY_TYPE_INCONSISTENT));
        }
        let gcm = Algorithm::Encryption(EncryptionScheme::AesGcm { tag_length: 16 });
        permitted(&key, class, Class::Secret, usage, gcm)?;
        Ok(MessageCipher { direction, key, begun: None })
    }

    /// One message at once: its ciphertext and tag, or its plaintext.
    pub(crate) fn message(
        &self,
        client: &Client,
        message: &GcmMessage,
        aad: &[u8],
        input: &[u8],
    ) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>)> {
        let tag_length = u8::try_from(message.tag.len()).unwrap_or(u8::MAX);
        let scheme = EncryptionScheme::AesGcm { tag_length };
        match self.direction {
            Direction::Encrypt => {
                let mut out = self.key.encrypt(client, scheme, &message.iv, aad, input)?;
                let tag = out.split_off(out.len() - message.tag.len());
                Ok((Zeroizing::new(out), tag))
            }
            Direction::Decrypt => {
                let whole = [input, &message.tag].concat();
                let plaintext = self.key.decrypt(client, scheme, &message.iv, aad, &whole);
                let plaintext = plaintext.map_err(|error| match error {
                    Rv(CKR_ENCRYPTED_DATA_INVALID) => Rv(CKR_AEAD_DECRYPT_FAILED),
                    other => other,
                })?;
                Ok((plaintext, Vec::new()))
            }
        }
    }

    /// Begins a message that comes in pieces.
    pub(crate) fn begin(&mut self, message: GcmMessage, aad: Vec<u8>) -> Result<()> {
        if self.begun.is_some() {
            return Err(Rv(CKR_OPERATION_ACTIVE));
        }
        self.begun = Some(Begun { message, aad, pieces: Collected::default() });
        Ok(())
    }

    /// How many bytes of the message have come.
    pub(crate) fn collected(&self) -> Result<usize> {
        let begun = self.begun.as_ref().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
        Ok(begun.pieces.0.len())
    }

    /// Takes a piece of the message in.
    pub(crate) fn add(&mut self, piece: &[u8]) -> Result<()> {
        let begun = self.begun.as_mut().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
        begun.pieces.add(piece).inspect_err(|_| self.begun = None)
    }

    /// Ends the message with its last piece; a tag to decrypt by comes with it.
    pub(crate) fn end(
        &mut self,
        client: &Client,
        piece: &[u8],
        tag: Vec<u8>,
    ) -> Result<(Zeroizing<Vec<u8>>, Vec<u8>)> {
        self.add(piece)?;
        let begun = self.begun.take().ok_or(Rv(CKR_OPERATION_NOT_INITIALIZED))?;
        let message = GcmMessage { tag, ..begun.message };
        self.message(client, &message, &begun.aad, &begun.pieces.0)
    }
}

/// Makes the operation for a message, authorized by a ticket if there is one.
type Start<T> = dyn Fn(Option<&Ticket>) -> Result<T> + Send;

/// Signing or verifying messages: an operation for each, made of what was said once.
pub(crate) struct Messages<T> {
    start: Box<Start<T>>,
    /// For the next message, where its user has just given a PIN.
    ticket: Option<Ticket>,
    /// The message that comes in pieces.
    pub(crate) begun: Option<T>,
}

impl<T> Messages<T> {
    fn of(start: impl Fn(Option<&Ticket>) -> Result<T> + Send + 'static) -> Result<Messages<T>> {
        start(None)?;
        Ok(Messages { start: Box::new(start), ticket: None, begun: None })
    }

    /// The operation for a message that comes at once.
    pub(crate) fn one(&self) -> Result<T> {
        if self.begun.is_some() {
            return Err(Rv(CKR_OPERATION_ACTIVE));
        }
        (self.start)(self.ticket.as_ref())
    }

    /// Begins a message that comes in pieces.
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.begun = Some(self.one()?);
        Ok(())
    }
}

impl Messages<Sign> {
    pub(crate) fn new(mechanism: Mechanism, class: Class, key: Key) -> Result<Messages<Sign>> {
        Messages::of(move |ticket| {
            let mut sign = Sign::new(CKF_MESSAGE_SIGN, &mechanism, class, key.clone())?;
            if let Some(ticket) = ticket {
                sign.key().authorize(ticket);
            }
            Ok(sign)
        })
    }

    /// Has the message that is begun, or else the next, count as one of a user who has just given a PIN.
    pub(super) fn authorize(&mut self, ticket: &Ticket) {
        match &mut self.begun {
            Some(sign) => sign.key().authorize(ticket),
            None => self.ticket = Some(ticket.clone()),
        }
    }
}

impl Messages<Verify> {
    pub(crate) fn new(mechanism: Mechanism, class: Class, key: Key) -> Result<Messages<Verify>> {
        Messages::of(move |_ticket| Verify::new(CKF_MESSAGE_VERIFY, &mechanism, class, key.clone()))
    }
}
