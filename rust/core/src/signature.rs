//! Signature schemes.

use crate::{Digest, Error, KeyClass, KeySpec, Reason, Result};

/// How a signature is made. The input of an operation is always exactly what the scheme names:
/// nothing here hashes behind the caller's back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureScheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017, section 8.2) over a digest of the named kind.
    RsaPkcs1 {
        /// The digest the input was made with.
        digest: Digest,
    },
    /// PKCS#1 v1.5 padding, type 1, around the input as it is: the caller made the `DigestInfo`,
    /// or wants none (PKCS#11 `CKM_RSA_PKCS`).
    RsaPkcs1Raw,
    /// RSA without padding (RFC 8017, section 5.2.1): a number as long as the modulus and smaller
    /// than it. The caller pads; the same computation decrypts.
    RsaRaw,
    /// RSASSA-PSS (RFC 8017, section 8.1) over a digest.
    RsaPss {
        /// The digest the input was made with.
        digest: Digest,
        /// The digest of the mask generation function MGF1.
        mgf_digest: Digest,
        /// Length of the salt in bytes.
        salt_length: u16,
    },
    /// ECDSA (FIPS 186-5, section 6) over a digest of 20 to 64 bytes; one longer than the curve's
    /// order is cut by the standard's rule. The signature is `r || s`, each as long as the field.
    Ecdsa,
    /// Ed25519 (RFC 8032) over the message itself. The signature has 64 bytes.
    Ed25519,
    /// ML-DSA (FIPS 204, section 5.2) over the message itself, hedged. Takes a context.
    MlDsa,
}

impl SignatureScheme {
    /// Shortest and longest digest that [`Ecdsa`](Self::Ecdsa) is offered for, in bytes: SHA-1 to
    /// SHA-512.
    pub const ECDSA_DIGEST_LEN: std::ops::RangeInclusive<usize> = 20..=64;

    /// Longest context of a scheme that [takes one](Self::check_context), bytes (FIPS 204, section
    /// 5.2).
    pub const MAX_CONTEXT_LEN: usize = 255;

    /// The family of keys this scheme works with.
    pub const fn key_class(self) -> KeyClass {
        match self {
            SignatureScheme::RsaPkcs1 { .. }
            | SignatureScheme::RsaPkcs1Raw
            | SignatureScheme::RsaRaw
            | SignatureScheme::RsaPss { .. } => KeyClass::Rsa,
            SignatureScheme::Ecdsa => KeyClass::Ec,
            SignatureScheme::Ed25519 => KeyClass::Edwards,
            SignatureScheme::MlDsa => KeyClass::MlDsa,
        }
    }

    /// Length in bytes of a signature made with `key`.
    pub const fn signature_len(self, key: KeySpec) -> usize {
        match self {
            SignatureScheme::RsaPkcs1 { .. }
            | SignatureScheme::RsaPkcs1Raw
            | SignatureScheme::RsaRaw
            | SignatureScheme::RsaPss { .. } => key.bytes(),
            SignatureScheme::Ecdsa => 2 * key.bytes(),
            SignatureScheme::Ed25519 => 64,
            // FIPS 204, table 2. A key of another family has no such signature.
            SignatureScheme::MlDsa => match key {
                KeySpec::MlDsa44 => 2420,
                KeySpec::MlDsa65 => 3309,
                KeySpec::MlDsa87 => 4627,
                _ => 0,
            },
        }
    }

    /// Checks that `key` can sign `input_len` bytes with this scheme.
    ///
    /// # Errors
    /// [`Reason::AlgorithmMismatch`] when the key is of another family, [`Reason::InputLength`]
    /// when the input is not as long as the scheme demands.
    pub fn check(self, key: KeySpec, input_len: usize) -> Result<()> {
        if self.key_class() != key.class() {
            return Err(Error::new(
                Reason::AlgorithmMismatch,
                format!("{self} does not work with a key of type {key}"),
            ));
        }
        let fits = match self {
            SignatureScheme::RsaPkcs1 { digest } => input_len == digest.len(),
            SignatureScheme::RsaPkcs1Raw => input_len <= key.bytes() - 11,
            SignatureScheme::RsaRaw => input_len == key.bytes(),
            SignatureScheme::RsaPss { digest, salt_length, .. } => {
                // emLen >= hLen + sLen + 2 (RFC 8017, section 9.1.1).
                let largest_salt = (key.bits() - 1).div_ceil(8) - digest.len() - 2;
                if usize::from(salt_length) > largest_salt {
                    return Err(Error::new(
                        Reason::InvalidArgument,
                        format!(
                            "a PSS salt of {salt_length} bytes is too long for {key}: at most {largest_salt}"
                        ),
                    ));
                }
                input_len == digest.len()
            }
            SignatureScheme::Ecdsa => Self::ECDSA_DIGEST_LEN.contains(&input_len),
            SignatureScheme::Ed25519 | SignatureScheme::MlDsa => true,
        };
        if fits {
            Ok(())
        } else {
            Err(Error::new(
                Reason::InputLength,
                format!("{input_len} bytes is not an input {self} takes with {key}"),
            ))
        }
    }

    /// Checks that the scheme takes a context of `len` bytes, which separates what one key signs for
    /// different purposes. Only ML-DSA takes one; every scheme takes an empty one.
    ///
    /// # Errors
    /// [`Reason::InvalidArgument`].
    pub fn check_context(self, len: usize) -> Result<()> {
        let message = match self {
            _ if len == 0 => return Ok(()),
            SignatureScheme::MlDsa if len <= Self::MAX_CONTEXT_LEN => return Ok(()),
            SignatureScheme::MlDsa => {
                format!("a context has at most {} bytes, not {len}", Self::MAX_CONTEXT_LEN)
            }
            _ => format!("{self} takes no context"),
        };
        Err(Error::new(Reason::InvalidArgument, message).in_field("context"))
    }
}

impl std::fmt::Display for SignatureScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SignatureScheme::RsaPkcs1 { digest } => write!(f, "rsa-pkcs1-{digest}"),
            SignatureScheme::RsaPkcs1Raw => f.write_str("rsa-pkcs1-raw"),
            SignatureScheme::RsaRaw => f.write_str("rsa-raw"),
            SignatureScheme::RsaPss { digest, .. } => write!(f, "rsa-pss-{digest}"),
            SignatureScheme::Ecdsa => f.write_str("ecdsa"),
            SignatureScheme::Ed25519 => f.write_str("ed25519"),
            SignatureScheme::MlDsa => f.write_str("ml-dsa"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_of_the_wrong_length_is_refused() {
        let scheme = SignatureScheme::RsaPkcs1 { digest: Digest::Sha256 };
        assert!(scheme.check(KeySpec::Rsa2048, 32).is_ok());
        let error = scheme.check(KeySpec::Rsa2048, 20).unwrap_err();
        assert_eq!(error.reason(), Reason::InputLength);
    }

    #[test]
    fn a_key_of_another_family_is_refused() {
        let error = SignatureScheme::Ecdsa.check(KeySpec::Rsa2048, 32).unwrap_err();
        assert_eq!(error.reason(), Reason::AlgorithmMismatch);
    }

    #[test]
    fn the_largest_pss_salt_fits_and_one_more_does_not() {
        let pss = |salt_length| SignatureScheme::RsaPss {
            digest: Digest::Sha512,
            mgf_digest: Digest::Sha512,
            salt_length,
        };
        assert!(pss(190).check(KeySpec::Rsa2048, 64).is_ok());
        assert!(pss(191).check(KeySpec::Rsa2048, 64).is_err());
    }

    #[test]
    fn a_context_is_for_ml_dsa_alone_and_has_at_most_255_bytes() {
        assert!(SignatureScheme::MlDsa.check_context(255).is_ok());
        let error = SignatureScheme::MlDsa.check_context(256).unwrap_err();
        assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("context")));
        assert!(SignatureScheme::Ed25519.check_context(0).is_ok());
        assert!(SignatureScheme::Ed25519.check_context(1).is_err());
    }

    #[test]
    fn p521_signatures_use_66_byte_halves() {
        assert_eq!(SignatureScheme::Ecdsa.signature_len(KeySpec::EcP521), 132);
    }
}
