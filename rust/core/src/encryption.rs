//! Encryption schemes.

use crate::{Digest, Error, KeyClass, KeySpec, Reason, Result};

/// How bytes are encrypted or decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncryptionScheme {
    /// RSAES-PKCS1-v1_5 (RFC 8017, section 7.2). For old protocols only.
    RsaPkcs1,
    /// RSAES-OAEP (RFC 8017, section 7.1). The operation's `aad` is the label.
    RsaOaep {
        /// The digest of the label.
        digest: Digest,
        /// The digest of the mask generation function MGF1.
        mgf_digest: Digest,
    },
    /// AES-GCM (NIST SP 800-38D), 96-bit IV; the tag follows the ciphertext.
    AesGcm {
        /// Length of the tag in bytes, 12 to 16.
        tag_length: u8,
    },
    /// AES-CBC (NIST SP 800-38A) without padding: the input is whole blocks.
    AesCbc,
    /// AES-CBC with PKCS#7 padding (RFC 5652, section 6.3).
    AesCbcPad,
    /// AES-CTR (NIST SP 800-38A), the whole 128-bit block is the counter.
    AesCtr,
    /// AES key wrap (RFC 3394): whole 64-bit blocks, at least two.
    AesKeyWrap,
    /// AES key wrap with padding (RFC 5649).
    AesKeyWrapPad,
}

/// Length in bytes of the only IV that [`EncryptionScheme::AesGcm`] takes.
const GCM_IV_LEN: usize = 12;
/// Length in bytes of an AES block.
const BLOCK_LEN: usize = 16;

impl EncryptionScheme {
    /// The family of keys this scheme works with.
    pub const fn key_class(self) -> KeyClass {
        match self {
            EncryptionScheme::RsaPkcs1 | EncryptionScheme::RsaOaep { .. } => KeyClass::Rsa,
            EncryptionScheme::AesGcm { .. }
            | EncryptionScheme::AesCbc
            | EncryptionScheme::AesCbcPad
            | EncryptionScheme::AesCtr
            | EncryptionScheme::AesKeyWrap
            | EncryptionScheme::AesKeyWrapPad => KeyClass::Aes,
        }
    }

    /// Length in bytes of the IV or initial counter block; 0 when the scheme has none.
    pub const fn iv_len(self) -> usize {
        match self {
            EncryptionScheme::AesGcm { .. } => GCM_IV_LEN,
            EncryptionScheme::AesCbc | EncryptionScheme::AesCbcPad | EncryptionScheme::AesCtr => {
                BLOCK_LEN
            }
            _ => 0,
        }
    }

    /// Whether the scheme authenticates or labels additional data.
    pub const fn takes_aad(self) -> bool {
        matches!(self, EncryptionScheme::AesGcm { .. } | EncryptionScheme::RsaOaep { .. })
    }

    /// Length in bytes of the ciphertext of `plaintext_len` bytes under `key`.
    pub const fn ciphertext_len(self, key: KeySpec, plaintext_len: usize) -> usize {
        match self {
            EncryptionScheme::RsaPkcs1 | EncryptionScheme::RsaOaep { .. } => key.bytes(),
            EncryptionScheme::AesGcm { tag_length } => plaintext_len + tag_length as usize,
            EncryptionScheme::AesCbc | EncryptionScheme::AesCtr => plaintext_len,
            EncryptionScheme::AesCbcPad => (plaintext_len / BLOCK_LEN + 1) * BLOCK_LEN,
            EncryptionScheme::AesKeyWrap => plaintext_len + 8,
            EncryptionScheme::AesKeyWrapPad => plaintext_len.div_ceil(8) * 8 + 8,
        }
    }

    /// Checks that `key`, `iv_len` and `plaintext_len` (bytes) fit together for encryption.
    ///
    /// # Errors
    /// [`Reason::AlgorithmMismatch`], [`Reason::InvalidArgument`] for a wrong IV or tag length,
    /// [`Reason::InputLength`].
    pub fn check_encrypt(self, key: KeySpec, iv_len: usize, plaintext_len: usize) -> Result<()> {
        self.check_parameters(key, iv_len)?;
        let fits = match self {
            EncryptionScheme::RsaPkcs1 => plaintext_len <= key.bytes() - 11,
            EncryptionScheme::RsaOaep { digest, .. } => {
                plaintext_len + 2 * digest.len() + 2 <= key.bytes()
            }
            EncryptionScheme::AesCbc => plaintext_len.is_multiple_of(BLOCK_LEN),
            EncryptionScheme::AesKeyWrap => plaintext_len >= 16 && plaintext_len.is_multiple_of(8),
            EncryptionScheme::AesKeyWrapPad => plaintext_len >= 1,
            EncryptionScheme::AesGcm { .. }
            | EncryptionScheme::AesCbcPad
            | EncryptionScheme::AesCtr => true,
        };
        self.input_length(fits, key, plaintext_len)
    }

    /// Checks that `key`, `iv_len` and `ciphertext_len` (bytes) fit together for decryption.
    ///
    /// # Errors
    /// As [`check_encrypt`](Self::check_encrypt).
    pub fn check_decrypt(self, key: KeySpec, iv_len: usize, ciphertext_len: usize) -> Result<()> {
        self.check_parameters(key, iv_len)?;
        let fits = match self {
            EncryptionScheme::RsaPkcs1 | EncryptionScheme::RsaOaep { .. } => {
                ciphertext_len == key.bytes()
            }
            EncryptionScheme::AesGcm { tag_length } => ciphertext_len >= usize::from(tag_length),
            EncryptionScheme::AesCbc => ciphertext_len.is_multiple_of(BLOCK_LEN),
            EncryptionScheme::AesCbcPad => {
                ciphertext_len > 0 && ciphertext_len.is_multiple_of(BLOCK_LEN)
            }
            EncryptionScheme::AesCtr => true,
            EncryptionScheme::AesKeyWrap => {
                ciphertext_len >= 24 && ciphertext_len.is_multiple_of(8)
            }
            EncryptionScheme::AesKeyWrapPad => {
                ciphertext_len >= 16 && ciphertext_len.is_multiple_of(8)
            }
        };
        self.input_length(fits, key, ciphertext_len)
    }

    fn check_parameters(self, key: KeySpec, iv_len: usize) -> Result<()> {
        if self.key_class() != key.class() {
            return Err(Error::new(
                Reason::AlgorithmMismatch,
                format!("{self} does not work with a key of type {key}"),
            ));
        }
        if iv_len != self.iv_len() {
            return Err(Error::new(
                Reason::InvalidArgument,
                format!("{self} takes an IV of {} bytes, not {iv_len}", self.iv_len()),
            ));
        }
        if let EncryptionScheme::AesGcm { tag_length } = self
            && !(12..=16).contains(&tag_length)
        {
            return Err(Error::new(
                Reason::InvalidArgument,
                format!("an AES-GCM tag has 12 to 16 bytes, not {tag_length}"),
            ));
        }
        Ok(())
    }

    fn input_length(self, fits: bool, key: KeySpec, len: usize) -> Result<()> {
        if fits {
            return Ok(());
        }
        Err(Error::new(
            Reason::InputLength,
            format!("{len} bytes is not an input {self} takes with {key}"),
        ))
    }
}

impl std::fmt::Display for EncryptionScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EncryptionScheme::RsaPkcs1 => f.write_str("rsa-pkcs1"),
            EncryptionScheme::RsaOaep { digest, .. } => write!(f, "rsa-oaep-{digest}"),
            EncryptionScheme::AesGcm { .. } => f.write_str("aes-gcm"),
            EncryptionScheme::AesCbc => f.write_str("aes-cbc"),
            EncryptionScheme::AesCbcPad => f.write_str("aes-cbc-pad"),
            EncryptionScheme::AesCtr => f.write_str("aes-ctr"),
            EncryptionScheme::AesKeyWrap => f.write_str("aes-kw"),
            EncryptionScheme::AesKeyWrapPad => f.write_str("aes-kwp"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oaep_takes_what_rfc_8017_allows_and_no_more() {
        let oaep = EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha1 };
        assert!(oaep.check_encrypt(KeySpec::Rsa2048, 0, 190).is_ok());
        assert!(oaep.check_encrypt(KeySpec::Rsa2048, 0, 191).is_err());
    }

    #[test]
    fn an_iv_of_the_wrong_length_is_refused() {
        let gcm = EncryptionScheme::AesGcm { tag_length: 16 };
        let error = gcm.check_encrypt(KeySpec::Aes128, 16, 0).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidArgument);
    }

    #[test]
    fn cbc_without_padding_wants_whole_blocks() {
        let error = EncryptionScheme::AesCbc.check_encrypt(KeySpec::Aes256, 16, 15).unwrap_err();
        assert_eq!(error.reason(), Reason::InputLength);
    }

    #[test]
    fn padded_lengths_follow_their_standards() {
        let key = KeySpec::Aes128;
        assert_eq!(EncryptionScheme::AesCbcPad.ciphertext_len(key, 16), 32);
        assert_eq!(EncryptionScheme::AesKeyWrapPad.ciphertext_len(key, 20), 32);
        assert_eq!(EncryptionScheme::AesKeyWrap.ciphertext_len(key, 16), 24);
    }
}
