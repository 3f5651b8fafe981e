//! Encryption and decryption. To a public key it is done here, all else by the backend, in one
//! piece: what comes piece by piece is collected, and comes out at the end.

use std::sync::Arc;

use cryptoki_sys::*;
use supacrypt_client::{Client, Key, limits};
use supacrypt_core::{EncryptionScheme, KeyClass, KeyUsages};
use zeroize::Zeroizing;

use super::{Collected, Step, permitted};
use crate::{
    error::{Result, Rv},
    ffi::Output,
    mechanism::{self, Mechanism},
    object::Class,
};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To ciphertext.
    Encrypt,
    /// To plaintext.
    Decrypt,
}

/// An encryption or decryption.
pub(crate) struct Cipher {
    direction: Direction,
    key: Arc<Key>,
    cipher: mechanism::Cipher,
    pieces: Option<Collected>,
    /// What came out and did not fit into the caller's buffer.
    result: Option<Zeroizing<Vec<u8>>>,
}

impl Cipher {
    pub(crate) fn new(
        direction: Direction,
        mechanism: &Mechanism,
        class: Class,
        key: Arc<Key>,
    ) -> Result<Cipher> {
        let (flag, usage, half) = match direction {
            Direction::Encrypt => (CKF_ENCRYPT, KeyUsages::ENCRYPT, Class::Public),
            Direction::Decrypt => (CKF_DECRYPT, KeyUsages::DECRYPT, Class::Private),
        };
        mechanism.row.permits(flag)?;
        let cipher = mechanism.cipher()?;
        if cipher.scheme.key_class() != key.spec.class() {
            return Err(Rv(CKR_KEY_TYPE_INCONSISTENT));
        }
        permitted(&key, class, half, usage)?;
        Ok(Cipher { direction, key, cipher, pieces: None, result: None })
    }

    /// Nothing comes out before the end, so a query is answered with 0.
    pub(crate) fn update(&mut self, piece: &[u8], output: &mut Output) -> Result<Step> {
        if output.takes(0)? {
            self.pieces.get_or_insert_default().add(piece)?;
        }
        Ok(Step::Continues)
    }

    pub(crate) fn finish(&mut self, client: &Client, output: &mut Output) -> Result<Step> {
        let pieces = self.pieces.take().unwrap_or_default();
        let step = self.give(client, &pieces.0, output);
        self.pieces = Some(pieces);
        step
    }

    pub(crate) fn whole(
        &mut self,
        client: &Client,
        input: &[u8],
        output: &mut Output,
    ) -> Result<Step> {
        if self.pieces.is_some() {
            return Err(Rv(CKR_OPERATION_ACTIVE));
        }
        if input.len() > limits::INPUT {
            return Err(self.wrong_length());
        }
        self.give(client, input, output)
    }

    /// How long the result is exactly is known of encryption only. Decryption is done once it may
    /// fit, and its result kept if it does not.
    fn give(&mut self, client: &Client, input: &[u8], output: &mut Output) -> Result<Step> {
        self.check(input.len())?;
        if output.is_query() && self.result.is_none() {
            output.takes(self.longest(input.len()))?;
            return Ok(Step::Continues);
        }
        let result = match self.result.take() {
            Some(result) => result,
            None => {
                if self.direction == Direction::Encrypt {
                    output.takes(self.longest(input.len()))?;
                }
                self.perform(client, input)?
            }
        };
        match output.takes(result.len()) {
            Ok(true) => {
                output.write(&result)?;
                Ok(Step::Ends)
            }
            later => {
                self.result = Some(result);
                later.map(|_| Step::Continues)
            }
        }
    }

    fn check(&self, length: usize) -> Result<()> {
        let mechanism::Cipher { scheme, iv, blocks, .. } = &self.cipher;
        if blocks.is_some_and(|blocks| length.div_ceil(16) as u128 > blocks) {
            return Err(self.wrong_length());
        }
        let fits = match self.direction {
            Direction::Encrypt => scheme.check_encrypt(self.key.spec, iv.len(), length),
            Direction::Decrypt => scheme.check_decrypt(self.key.spec, iv.len(), length),
        };
        fits.map_err(|_| self.wrong_length())
    }

    fn wrong_length(&self) -> Rv {
        match self.direction {
            Direction::Encrypt => Rv(CKR_DATA_LEN_RANGE),
            Direction::Decrypt => Rv(CKR_ENCRYPTED_DATA_LEN_RANGE),
        }
    }

    fn longest(&self, length: usize) -> usize {
        match (self.direction, self.cipher.scheme) {
            (Direction::Encrypt, scheme) => scheme.ciphertext_len(self.key.spec, length),
            (_, EncryptionScheme::AesGcm { tag_length }) => length - usize::from(tag_length),
            (_, EncryptionScheme::AesKeyWrap | EncryptionScheme::AesKeyWrapPad) => length - 8,
            (_, EncryptionScheme::RsaPkcs1) => length - 11,
            _ => length,
        }
    }

    fn perform(&self, client: &Client, input: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let mechanism::Cipher { scheme, iv, aad, .. } = &self.cipher;
        let version = &self.key.version;
        Ok(match (self.direction, &self.key.public_key) {
            (Direction::Encrypt, Some(public)) if scheme.key_class() == KeyClass::Rsa => {
                public.encrypt(*scheme, aad, input)?.into()
            }
            (Direction::Encrypt, _) => client.encrypt(version, *scheme, iv, aad, input)?.into(),
            (Direction::Decrypt, _) => client.decrypt(version, *scheme, iv, aad, input)?,
        })
    }
}
