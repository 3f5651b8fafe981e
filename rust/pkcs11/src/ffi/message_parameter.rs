//! The parameters of messages and of keys that are wrapped with their tag apart: the caller's nonce
//! and tag are read from them, and what the module makes is written to them (PKCS#11 v3.2, sections
//! 6.13 and 6.61).

use std::ffi::c_void;

use cryptoki_sys::*;

use super::input;
use crate::{
    error::{Result, Rv},
    mechanism::{Action, Encryption, Mechanism, Parameter, Row},
    operation::{NonceSource, make_nonce},
};

const BAD_PARAMETER: Rv = Rv(CKR_MECHANISM_PARAM_INVALID);

/// A parameter with the places that the caller wants its nonce and tag in, neither of them null.
pub(super) struct MessageParameter {
    nonce: *mut CK_BYTE,
    /// Bytes.
    nonce_length: CK_ULONG,
    fixed_bits: CK_ULONG,
    generator: CK_GENERATOR_FUNCTION,
    tag: *mut CK_BYTE,
    /// Bytes.
    tag_length: CK_ULONG,
}

impl MessageParameter {
    /// The parameter that a mechanism has when the tag is kept apart.
    ///
    /// # Errors
    /// `CKR_MECHANISM_INVALID` for a mechanism without a tag.
    ///
    /// # Safety
    /// `pointer` is null or points to a parameter of `length` bytes, whose nonce and tag are null or
    /// as long as it says, and can be read and written for as long as the value lives.
    pub(super) unsafe fn read(
        row: &Row,
        pointer: *const c_void,
        length: CK_ULONG,
    ) -> Result<MessageParameter> {
        // SAFETY: passed on.
        unsafe {
            match row.action {
                Action::Encrypt(Encryption::AesGcm) => Self::gcm(pointer, length),
                Action::Encrypt(Encryption::AesCcm) => Self::ccm(pointer, length),
                Action::Encrypt(Encryption::ChaCha20Poly1305) => {
                    Self::chacha20_poly1305(pointer, length)
                }
                _ => Err(Rv(CKR_MECHANISM_INVALID)),
            }
        }
    }

    /// `CK_GCM_MESSAGE_PARAMS`.
    ///
    /// # Safety
    /// As [`read`](Self::read).
    pub(super) unsafe fn gcm(pointer: *const c_void, length: CK_ULONG) -> Result<MessageParameter> {
        // SAFETY: passed on.
        let given: CK_GCM_MESSAGE_PARAMS = unsafe { input::structure(pointer, length) }?;
        let tag_bits = given.ulTagBits;
        let fits = tag_bits.is_multiple_of(8) && (96..=128).contains(&tag_bits);
        MessageParameter {
            nonce: given.pIv,
            nonce_length: given.ulIvLen,
            fixed_bits: given.ulIvFixedBits,
            generator: given.ivGenerator,
            tag: given.pTag,
            tag_length: tag_bits / 8,
        }
        .checked(given.ulIvLen == 12 && fits)
    }

    /// `CK_CCM_MESSAGE_PARAMS`. The length of the data in it is ignored: it comes with the data.
    ///
    /// # Safety
    /// As [`read`](Self::read).
    unsafe fn ccm(pointer: *const c_void, length: CK_ULONG) -> Result<MessageParameter> {
        // SAFETY: passed on.
        let given: CK_CCM_MESSAGE_PARAMS = unsafe { input::structure(pointer, length) }?;
        let (nonce_length, tag_length) = (given.ulNonceLen, given.ulMACLen);
        let fits = tag_length.is_multiple_of(2) && (4..=16).contains(&tag_length);
        MessageParameter {
            nonce: given.pNonce,
            nonce_length,
            fixed_bits: given.ulNonceFixedBits,
            generator: given.nonceGenerator,
            tag: given.pMAC,
            tag_length,
        }
        .checked((7..=13).contains(&nonce_length) && fits)
    }

    /// `CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS`, whose nonce the caller makes. Its length is in bits
    /// or bytes, as where the tag is not apart.
    ///
    /// # Safety
    /// As [`read`](Self::read).
    unsafe fn chacha20_poly1305(
        pointer: *const c_void,
        length: CK_ULONG,
    ) -> Result<MessageParameter> {
        // SAFETY: passed on.
        let given: CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS =
            unsafe { input::structure(pointer, length) }?;
        MessageParameter {
            nonce: given.pNonce,
            nonce_length: 12,
            fixed_bits: 0,
            generator: CKG_NO_GENERATE,
            tag: given.pTag,
            tag_length: 16,
        }
        .checked(matches!(given.ulNonceLen, 12 | 96))
    }

    fn checked(self, fits: bool) -> Result<MessageParameter> {
        if fits && !self.nonce.is_null() && !self.tag.is_null() {
            Ok(self)
        } else {
            Err(BAD_PARAMETER)
        }
    }

    /// The caller's nonce.
    pub(super) fn nonce(&self) -> Result<Vec<u8>> {
        // SAFETY: promised in `read`.
        unsafe { input::bytes(self.nonce, self.nonce_length) }.map(<[u8]>::to_vec)
    }

    /// The nonce to encrypt with: the caller's, or one that is made as the caller wants it.
    pub(super) fn nonce_to_encrypt(&self) -> Result<Vec<u8>> {
        let source = match self.generator {
            CKG_NO_GENERATE => NonceSource::Caller,
            CKG_GENERATE | CKG_GENERATE_RANDOM => NonceSource::Random,
            // A counter would have to be one of the key, wherever that is used.
            _ => return Err(BAD_PARAMETER),
        };
        let mut nonce = self.nonce()?;
        make_nonce(&mut nonce, self.fixed_bits as usize, source)?;
        Ok(nonce)
    }

    /// Tells the caller the nonce that was made. One that the caller chose may not even be writable.
    pub(super) fn write_nonce(&self, nonce: &[u8]) {
        debug_assert_eq!(nonce.len(), self.nonce_length as usize);
        if self.nonce().is_ok_and(|chosen| chosen == nonce) {
            return;
        }
        // SAFETY: promised in `read`; it has this length.
        unsafe { self.nonce.copy_from(nonce.as_ptr(), nonce.len()) };
    }

    /// The caller's tag.
    pub(super) fn tag(&self) -> Result<Vec<u8>> {
        // SAFETY: promised in `read`.
        unsafe { input::bytes(self.tag, self.tag_length) }.map(<[u8]>::to_vec)
    }

    /// Tells the caller the tag of what was encrypted.
    pub(super) fn write_tag(&self, tag: &[u8]) {
        // SAFETY: promised in `read`; the tag is as long as its place.
        unsafe { self.tag.copy_from(tag.as_ptr(), tag.len()) };
    }

    /// The mechanism as if its tag came with the data.
    pub(super) fn with_data(&self, row: &'static Row, nonce: Vec<u8>, aad: Vec<u8>) -> Mechanism {
        let tag_length = self.tag_length;
        let parameter = match row.action {
            Action::Encrypt(Encryption::AesGcm) => {
                Parameter::Gcm { iv: nonce, aad, tag_bits: 8 * tag_length }
            }
            _ => Parameter::Aead { nonce, aad, tag_length },
        };
        Mechanism { row, parameter }
    }

    /// How long the tag is, bytes.
    pub(super) fn tag_length(&self) -> usize {
        self.tag_length as usize
    }
}
