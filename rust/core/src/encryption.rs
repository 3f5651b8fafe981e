//! Encryption schemes.

use std::ops::RangeInclusive;

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
    /// RSA without padding (RFC 8017, section 5.1): a number as long as the modulus and smaller than
    /// it. The caller pads.
    RsaRaw,
    /// AES-GCM (NIST SP 800-38D), 96-bit IV; the tag follows the ciphertext.
    AesGcm {
        /// Length of the tag in bytes, 12 to 16.
        tag_length: u8,
    },
    /// AES-CCM (NIST SP 800-38C), nonce of 7 to 13 bytes; the tag follows the ciphertext.
    AesCcm {
        /// Length of the tag in bytes: 4, 6, 8, 10, 12, 14 or 16.
        tag_length: u8,
    },
    /// AES-ECB (NIST SP 800-38A): whole blocks, each on its own. Equal blocks show.
    AesEcb,
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
    /// ChaCha20-Poly1305 (RFC 8439), 96-bit nonce; the tag of 16 bytes follows the ciphertext.
    ChaCha20Poly1305,
}

/// Length in bytes of the nonces of authenticated encryption: the only one for AES-GCM and
/// ChaCha20-Poly1305, and the usual one for AES-CCM.
const NONCE_LEN: usize = 12;
/// Length in bytes of the tag of ChaCha20-Poly1305.
const POLY1305_LEN: usize = 16;
/// Length in bytes of an AES block.
const BLOCK_LEN: usize = 16;

impl EncryptionScheme {
    /// The family of keys this scheme works with.
    pub const fn key_class(self) -> KeyClass {
        match self {
            EncryptionScheme::RsaPkcs1
            | EncryptionScheme::RsaOaep { .. }
            | EncryptionScheme::RsaRaw => KeyClass::Rsa,
            EncryptionScheme::ChaCha20Poly1305 => KeyClass::ChaCha20,
            EncryptionScheme::AesGcm { .. }
            | EncryptionScheme::AesCcm { .. }
            | EncryptionScheme::AesEcb
            | EncryptionScheme::AesCbc
            | EncryptionScheme::AesCbcPad
            | EncryptionScheme::AesCtr
            | EncryptionScheme::AesKeyWrap
            | EncryptionScheme::AesKeyWrapPad => KeyClass::Aes,
        }
    }

    /// Length in bytes of the IV, nonce or initial counter block that is made when none is given; 0
    /// when the scheme has none.
    pub const fn iv_len(self) -> usize {
        match self {
            EncryptionScheme::AesGcm { .. }
            | EncryptionScheme::AesCcm { .. }
            | EncryptionScheme::ChaCha20Poly1305 => NONCE_LEN,
            EncryptionScheme::AesCbc | EncryptionScheme::AesCbcPad | EncryptionScheme::AesCtr => {
                BLOCK_LEN
            }
            _ => 0,
        }
    }

    /// Shortest and longest IV, nonce or initial counter block, in bytes.
    pub const fn iv_lens(self) -> RangeInclusive<usize> {
        match self {
            EncryptionScheme::AesCcm { .. } => 7..=13,
            _ => self.iv_len()..=self.iv_len(),
        }
    }

    /// Whether the scheme authenticates or labels additional data.
    pub const fn takes_aad(self) -> bool {
        matches!(
            self,
            EncryptionScheme::AesGcm { .. }
                | EncryptionScheme::AesCcm { .. }
                | EncryptionScheme::ChaCha20Poly1305
                | EncryptionScheme::RsaOaep { .. }
        )
    }

    /// Refuses additional data that would be ignored: the caller believes it is protected.
    ///
    /// # Errors
    /// [`Reason::InvalidArgument`].
    pub fn check_aad(self, aad_len: usize) -> Result<()> {
        if aad_len == 0 || self.takes_aad() {
            return Ok(());
        }
        let message = format!("{self} takes no additional data");
        Err(Error::new(Reason::InvalidArgument, message).in_field("aad"))
    }

    /// Length in bytes of the ciphertext of `plaintext_len` bytes under `key`.
    pub const fn ciphertext_len(self, key: KeySpec, plaintext_len: usize) -> usize {
        match self {
            EncryptionScheme::RsaPkcs1
            | EncryptionScheme::RsaOaep { .. }
            | EncryptionScheme::RsaRaw => key.bytes(),
            EncryptionScheme::AesGcm { tag_length } | EncryptionScheme::AesCcm { tag_length } => {
                plaintext_len + tag_length as usize
            }
            EncryptionScheme::ChaCha20Poly1305 => plaintext_len + POLY1305_LEN,
            EncryptionScheme::AesEcb | EncryptionScheme::AesCbc | EncryptionScheme::AesCtr => {
                plaintext_len
            }
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
            EncryptionScheme::RsaRaw => plaintext_len == key.bytes(),
            EncryptionScheme::AesEcb | EncryptionScheme::AesCbc => {
                plaintext_len.is_multiple_of(BLOCK_LEN)
            }
            EncryptionScheme::AesCcm { .. } => ccm_fits(iv_len, plaintext_len),
            EncryptionScheme::AesKeyWrap => plaintext_len >= 16 && plaintext_len.is_multiple_of(8),
            EncryptionScheme::AesKeyWrapPad => plaintext_len >= 1,
            EncryptionScheme::AesGcm { .. }
            | EncryptionScheme::ChaCha20Poly1305
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
            EncryptionScheme::RsaPkcs1
            | EncryptionScheme::RsaOaep { .. }
            | EncryptionScheme::RsaRaw => ciphertext_len == key.bytes(),
            EncryptionScheme::AesGcm { tag_length } => ciphertext_len >= usize::from(tag_length),
            EncryptionScheme::AesCcm { tag_length } => ciphertext_len
                .checked_sub(tag_length.into())
                .is_some_and(|plaintext_len| ccm_fits(iv_len, plaintext_len)),
            EncryptionScheme::ChaCha20Poly1305 => ciphertext_len >= POLY1305_LEN,
            EncryptionScheme::AesEcb | EncryptionScheme::AesCbc => {
                ciphertext_len.is_multiple_of(BLOCK_LEN)
            }
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
        let invalid = |message| Err(Error::new(Reason::InvalidArgument, message));
        let iv_lens = self.iv_lens();
        if !iv_lens.contains(&iv_len) {
            let lengths = match (iv_lens.start(), iv_lens.end()) {
                (least, most) if least == most => least.to_string(),
                (least, most) => format!("{least} to {most}"),
            };
            return invalid(format!("{self} takes an IV of {lengths} bytes, not {iv_len}"));
        }
        match self {
            EncryptionScheme::AesGcm { tag_length } if !(12..=16).contains(&tag_length) => {
                invalid(format!("an AES-GCM tag has 12 to 16 bytes, not {tag_length}"))
            }
            EncryptionScheme::AesCcm { tag_length }
                if !(4..=16).contains(&tag_length) || tag_length % 2 == 1 =>
            {
                let message = format!("an AES-CCM tag has 4, 6, … or 16 bytes, not {tag_length}");
                invalid(message)
            }
            _ => Ok(()),
        }
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

/// Whether a plaintext of this many bytes can be counted in the bytes that a nonce of this length
/// leaves for it (NIST SP 800-38C, appendix A.1).
fn ccm_fits(nonce_len: usize, plaintext_len: usize) -> bool {
    let counting = 15_usize.saturating_sub(nonce_len);
    u32::try_from(8 * counting)
        .ok()
        .and_then(|bits| 1_u128.checked_shl(bits))
        .is_some_and(|limit| (plaintext_len as u128) < limit)
}

impl std::fmt::Display for EncryptionScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EncryptionScheme::RsaPkcs1 => f.write_str("rsa-pkcs1"),
            EncryptionScheme::RsaOaep { digest, .. } => write!(f, "rsa-oaep-{digest}"),
            EncryptionScheme::RsaRaw => f.write_str("rsa-raw"),
            EncryptionScheme::AesGcm { .. } => f.write_str("aes-gcm"),
            EncryptionScheme::AesCcm { .. } => f.write_str("aes-ccm"),
            EncryptionScheme::AesEcb => f.write_str("aes-ecb"),
            EncryptionScheme::AesCbc => f.write_str("aes-cbc"),
            EncryptionScheme::AesCbcPad => f.write_str("aes-cbc-pad"),
            EncryptionScheme::AesCtr => f.write_str("aes-ctr"),
            EncryptionScheme::AesKeyWrap => f.write_str("aes-kw"),
            EncryptionScheme::AesKeyWrapPad => f.write_str("aes-kwp"),
            EncryptionScheme::ChaCha20Poly1305 => f.write_str("chacha20-poly1305"),
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
    fn ccm_takes_what_its_standard_allows_and_no_more() {
        let check = |tag_length, nonce_len, plaintext_len| {
            EncryptionScheme::AesCcm { tag_length }
                .check_encrypt(KeySpec::Aes192, nonce_len, plaintext_len)
                .map_err(|error| error.reason())
        };
        assert_eq!(check(8, 7, 0), Ok(()));
        for (tag_length, nonce_len) in [(3, 12), (5, 12), (18, 12), (16, 6), (16, 14), (16, 0)] {
            assert_eq!(check(tag_length, nonce_len, 0), Err(Reason::InvalidArgument));
        }
        // Thirteen bytes of nonce leave two for the length.
        assert_eq!(check(16, 13, 0xffff), Ok(()));
        assert_eq!(check(16, 13, 0x1_0000), Err(Reason::InputLength));
        assert_eq!(check(16, 12, 0x1_0000), Ok(()));
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
