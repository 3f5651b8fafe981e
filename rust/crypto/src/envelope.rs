//! Sealing of short secrets under a 256-bit key: how key material looks at rest.
//!
//! A sealed value is `version (1 byte) || nonce (12) || ciphertext || tag (16)`, AES-256-GCM
//! (NIST SP 800-38D) with a random nonce. The context is authenticated but not stored: a value can
//! only be opened for the purpose it was sealed for.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use supacrypt_core::{Error, Reason, Result};
use zeroize::Zeroizing;

/// Length in bytes of an [`EnvelopeKey`].
pub const KEY_LEN: usize = 32;

const VERSION: u8 = 1;
const HEADER_LEN: usize = 1 + NONCE_LEN;
const TAG_LEN: usize = 16;

/// A key that seals and opens. Wiped when dropped; shows nothing in `Debug`.
///
/// One key may seal up to 2^32 values before random nonces become a risk (SP 800-38D, section 8.3).
pub struct EnvelopeKey {
    bytes: Zeroizing<[u8; KEY_LEN]>,
    cipher: RandomizedNonceKey,
}

impl EnvelopeKey {
    /// Makes a random key.
    ///
    /// # Errors
    /// As [`random`](crate::random).
    pub fn generate() -> Result<Self> {
        let mut bytes = Zeroizing::new([0; KEY_LEN]);
        crate::random(&mut *bytes)?;
        Self::from_bytes(&*bytes)
    }

    /// Takes a key of [`KEY_LEN`] bytes.
    ///
    /// # Errors
    /// [`Reason::InvalidKeyMaterial`] for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let bytes: [u8; KEY_LEN] = bytes.try_into().map_err(|_| {
            Error::new(
                Reason::InvalidKeyMaterial,
                format!("a sealing key has {KEY_LEN} bytes, not {}", bytes.len()),
            )
        })?;
        let bytes = Zeroizing::new(bytes);
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, &*bytes)
            .map_err(|_| Error::new(Reason::Internal, "AES-256-GCM is not available"))?;
        Ok(EnvelopeKey { bytes, cipher })
    }

    /// The key itself, to be wrapped by something else.
    pub fn as_bytes(&self) -> &[u8] {
        &*self.bytes
    }

    /// Seals `plaintext` for `context`.
    ///
    /// # Errors
    /// [`Reason::Internal`] when no nonce can be made.
    pub fn seal(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
        // Room for everything at once: the plaintext must not stay behind in a freed buffer.
        let mut sealed = Vec::with_capacity(HEADER_LEN + plaintext.len() + TAG_LEN);
        sealed.push(VERSION);
        sealed.extend_from_slice(&[0; NONCE_LEN]);
        sealed.extend_from_slice(plaintext);
        let (nonce, tag) = self
            .cipher
            .seal_in_place_separate_tag(Aad::from(context), &mut sealed[HEADER_LEN..])
            .map_err(|_| Error::new(Reason::Internal, "sealing failed"))?;
        sealed[1..HEADER_LEN].copy_from_slice(nonce.as_ref());
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) made for the same `context`.
    ///
    /// # Errors
    /// [`Reason::DecryptionFailed`] for another key, another context or altered bytes.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let failed = || {
            Error::new(
                Reason::DecryptionFailed,
                "the sealed value was altered, or sealed with another key or for another purpose",
            )
        };
        let (&version, rest) = sealed.split_first().ok_or_else(failed)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_LEN).ok_or_else(failed)?;
        if version != VERSION {
            return Err(failed());
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| failed())?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let length = self
            .cipher
            .open_in_place(nonce, Aad::from(context), &mut buffer)
            .map_err(|_| failed())?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

impl std::fmt::Debug for EnvelopeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnvelopeKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_with_the_same_key_and_context() {
        let key = EnvelopeKey::generate().unwrap();
        let sealed = key.seal(b"version 1", b"material").unwrap();
        assert_eq!(*key.open(b"version 1", &sealed).unwrap(), b"material");
        assert!(key.open(b"version 2", &sealed).is_err());
        assert!(EnvelopeKey::generate().unwrap().open(b"version 1", &sealed).is_err());
    }

    #[test]
    fn every_altered_bit_and_every_cut_is_noticed() {
        let key = EnvelopeKey::generate().unwrap();
        let sealed = key.seal(b"", b"xy").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let error = key.open(b"", &altered).unwrap_err();
            assert_eq!(error.reason(), Reason::DecryptionFailed, "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(key.open(b"", &sealed[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        let key = EnvelopeKey::from_bytes(&[7; KEY_LEN]).unwrap();
        assert_ne!(key.seal(b"", b"x").unwrap(), key.seal(b"", b"x").unwrap());
        assert!(EnvelopeKey::from_bytes(&[7; 31]).is_err());
    }
}
