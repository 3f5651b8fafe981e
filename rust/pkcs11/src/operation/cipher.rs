//! Encryption and decryption. With a public key or a session key it is done here, all else by the
//! backend. Modes that go block by block give out what is done; for the others all is collected, and
//! comes out at the end.

use cryptoki_sys::*;
use supacrypt_client::{Client, limits};
use supacrypt_core::{Algorithm, EncryptionScheme, KeyUsages};
use zeroize::Zeroizing;

use super::{Collected, Step, permitted, stream::Stream, with_zeros};
use crate::{
    error::{Result, Rv},
    ffi::Output,
    key::Key,
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
    key: Key,
    cipher: mechanism::Cipher,
    input: Input,
    in_pieces: bool,
    /// Bytes that came in so far, to keep to the limit of a short counter.
    total: usize,
    /// What came out at the end and did not fit into the caller's buffer.
    result: Option<Zeroizing<Vec<u8>>>,
}

/// What becomes of pieces.
enum Input {
    Collected(Collected),
    Stream(Stream),
}

impl Cipher {
    pub(crate) fn new(
        direction: Direction,
        mechanism: &Mechanism,
        class: Class,
        key: Key,
    ) -> Result<Cipher> {
        let (flag, usage, half) = match direction {
            Direction::Encrypt => (CKF_ENCRYPT, KeyUsages::ENCRYPT, Class::Public),
            Direction::Decrypt => (CKF_DECRYPT, KeyUsages::DECRYPT, Class::Private),
        };
        mechanism.row.permits(flag)?;
        let cipher = mechanism.cipher()?;
        if cipher.scheme.key_class() != key.spec().class() {
            return Err(Rv(CKR_KEY_TYPE_INCONSISTENT));
        }
        permitted(&key, class, half, usage, Algorithm::Encryption(cipher.scheme))?;
        // A key that pads need not be one for the pieces before the last.
        let stream = Stream::new(direction, cipher.scheme, &cipher.iv)
            .filter(|stream| key.permits(Algorithm::Encryption(stream.piecewise())));
        let input = match stream {
            Some(stream) => Input::Stream(stream),
            None => Input::Collected(Collected::default()),
        };
        Ok(Cipher { direction, key, cipher, input, in_pieces: false, total: 0, result: None })
    }

    pub(super) fn key(&mut self) -> &mut Key {
        &mut self.key
    }

    /// Scheme, IV and additional data.
    pub(crate) fn parameters(&self) -> Parameters<'_> {
        (self.cipher.scheme, &self.cipher.iv, &self.cipher.aad)
    }

    /// Takes a piece in, and gives out what is done.
    pub(crate) fn update(
        &mut self,
        client: &Client,
        piece: &[u8],
        output: &mut Output,
    ) -> Result<Step> {
        let ready = match &self.input {
            Input::Collected(_) => 0,
            Input::Stream(stream) => stream.ready(piece.len()),
        };
        if !output.takes(ready)? {
            return Ok(Step::Continues);
        }
        self.in_pieces = true;
        self.count(piece.len())?;
        match &mut self.input {
            Input::Collected(collected) => collected.add(piece)?,
            Input::Stream(stream) => {
                let (direction, key, aad) = (self.direction, &self.key, &self.cipher.aad);
                let done = stream.update(piece, |scheme, iv, part| {
                    perform(direction, key, client, (scheme, iv, aad), part)
                })?;
                output.write(&done)?;
            }
        }
        Ok(Step::Continues)
    }

    /// Gives out what is left.
    pub(crate) fn finish(&mut self, client: &Client, output: &mut Output) -> Result<Step> {
        let (iv, rest) = match &self.input {
            Input::Collected(collected) => (&self.cipher.iv[..], &collected.0[..]),
            Input::Stream(stream) => (stream.iv(), stream.held()),
        };
        let (iv, rest) = (iv.to_vec(), Zeroizing::new(rest.to_vec()));
        self.give(client, &iv, &rest, output)
    }

    /// Does all at once.
    pub(crate) fn whole(
        &mut self,
        client: &Client,
        input: &[u8],
        output: &mut Output,
    ) -> Result<Step> {
        if self.in_pieces {
            return Err(Rv(CKR_OPERATION_ACTIVE));
        }
        if input.len() <= limits::INPUT {
            self.check_count(input.len())?;
            let iv = self.cipher.iv.clone();
            return self.give(client, &iv, input, output);
        }
        if self.result.is_none() {
            self.check(input.len())?;
            if !output.takes(self.longest(input.len()))? {
                return Ok(Step::Continues);
            }
            self.result = Some(self.long(client, input)?);
        }
        self.give_result(output)
    }

    /// How long what comes of an encryption is.
    pub(crate) fn encrypted_length(&self, length: usize) -> Result<usize> {
        self.check(length)?;
        Ok(self.cipher.scheme.ciphertext_len(self.key.spec(), length))
    }

    /// Does all at once, for a key that is wrapped or unwrapped here.
    pub(crate) fn at_once(&self, client: &Client, input: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        if input.len() > limits::INPUT {
            return Err(self.wrong_length());
        }
        self.check(input.len())?;
        perform(self.direction, &self.key, client, self.parameters(), input)
    }

    /// The result for an input that is too long for one request.
    fn long(&mut self, client: &Client, input: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        self.count(input.len())?;
        let wrong_length = self.wrong_length();
        let Input::Stream(stream) = &mut self.input else { return Err(wrong_length) };
        let (direction, key, scheme) = (self.direction, &self.key, self.cipher.scheme);
        let mut result = stream.update(input, |scheme, iv, part| {
            perform(direction, key, client, (scheme, iv, &[]), part)
        })?;
        if !stream.held().is_empty() || scheme == EncryptionScheme::AesCbcPad {
            let (iv, held) = (stream.iv(), stream.held());
            result.extend_from_slice(&perform(direction, key, client, (scheme, iv, &[]), held)?);
        }
        Ok(result)
    }

    /// How long the result is exactly is known of encryption only. Decryption is done once it may
    /// fit, and its result kept if it does not.
    fn give(
        &mut self,
        client: &Client,
        iv: &[u8],
        input: &[u8],
        output: &mut Output,
    ) -> Result<Step> {
        self.check(input.len())?;
        if output.is_query() && self.result.is_none() {
            output.takes(self.longest(input.len()))?;
            return Ok(Step::Continues);
        }
        if self.result.is_none() {
            if self.direction == Direction::Encrypt {
                output.takes(self.longest(input.len()))?;
            }
            let parameters = (self.cipher.scheme, iv, &self.cipher.aad[..]);
            let result = perform(self.direction, &self.key, client, parameters, input)?;
            self.result = Some(result);
        }
        self.give_result(output)
    }

    fn give_result(&mut self, output: &mut Output) -> Result<Step> {
        let result = self.result.take().unwrap_or_default();
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
        let mechanism::Cipher { scheme, iv, .. } = &self.cipher;
        let fits = match self.direction {
            // A number may be shorter.
            Direction::Encrypt if *scheme == EncryptionScheme::RsaRaw => {
                let most = self.key.spec().bytes();
                scheme.check_encrypt(self.key.spec(), iv.len(), length.max(most))
            }
            Direction::Encrypt => scheme.check_encrypt(self.key.spec(), iv.len(), length),
            Direction::Decrypt => scheme.check_decrypt(self.key.spec(), iv.len(), length),
        };
        fits.map_err(|_| self.wrong_length())
    }

    /// Refuses more input than a short counter can be counted on for.
    fn check_count(&self, more: usize) -> Result<()> {
        let blocks = (self.total + more).div_ceil(16) as u128;
        if self.cipher.blocks.is_some_and(|most| blocks > most) {
            return Err(self.wrong_length());
        }
        Ok(())
    }

    fn count(&mut self, more: usize) -> Result<()> {
        self.check_count(more)?;
        self.total += more;
        Ok(())
    }

    fn wrong_length(&self) -> Rv {
        match self.direction {
            Direction::Encrypt => Rv(CKR_DATA_LEN_RANGE),
            Direction::Decrypt => Rv(CKR_ENCRYPTED_DATA_LEN_RANGE),
        }
    }

    fn longest(&self, length: usize) -> usize {
        match (self.direction, self.cipher.scheme) {
            (Direction::Encrypt, scheme) => scheme.ciphertext_len(self.key.spec(), length),
            (
                _,
                EncryptionScheme::AesGcm { tag_length } | EncryptionScheme::AesCcm { tag_length },
            ) => length - usize::from(tag_length),
            (_, EncryptionScheme::ChaCha20Poly1305) => length - 16,
            (_, EncryptionScheme::AesKeyWrap | EncryptionScheme::AesKeyWrapPad) => length - 8,
            (_, EncryptionScheme::RsaPkcs1) => length - 11,
            _ => length,
        }
    }
}

/// Scheme, IV and additional data.
pub(crate) type Parameters<'a> = (EncryptionScheme, &'a [u8], &'a [u8]);

fn perform(
    direction: Direction,
    key: &Key,
    client: &Client,
    (scheme, iv, aad): Parameters<'_>,
    input: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    match direction {
        Direction::Encrypt => {
            let length = if scheme == EncryptionScheme::RsaRaw { key.spec().bytes() } else { 0 };
            let input = with_zeros(input, length);
            key.encrypt(client, scheme, iv, aad, &input).map(Zeroizing::new)
        }
        Direction::Decrypt => key.decrypt(client, scheme, iv, aad, input),
    }
}
