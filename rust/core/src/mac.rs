//! Schemes of message authentication codes.

use crate::{Digest, Error, KeyClass, KeySpec, Reason, Result};

/// How a MAC is made, over the message itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MacScheme {
    /// HMAC (RFC 2104, FIPS 198-1).
    Hmac {
        /// The digest inside.
        digest: Digest,
        /// Length of the MAC in bytes; what is longer is cut off at the end.
        length: u8,
    },
    /// AES-CMAC (RFC 4493, NIST SP 800-38B).
    AesCmac {
        /// Length of the MAC in bytes; what is longer is cut off at the end.
        length: u8,
    },
}

/// Length in bytes of a whole AES-CMAC.
const CMAC_LEN: u8 = 16;
/// Shortest MAC that is offered, bytes: the least of NIST SP 800-107, section 5.3.3.
const MIN_LEN: u8 = 4;

impl MacScheme {
    /// HMAC of full length.
    pub const fn hmac(digest: Digest) -> Self {
        MacScheme::Hmac { digest, length: digest.len() as u8 }
    }

    /// AES-CMAC of full length.
    pub const fn aes_cmac() -> Self {
        MacScheme::AesCmac { length: CMAC_LEN }
    }

    /// Length of the MAC in bytes.
    pub const fn mac_len(self) -> usize {
        match self {
            MacScheme::Hmac { length, .. } | MacScheme::AesCmac { length } => length as usize,
        }
    }

    /// Checks that `key` can make this MAC. A key that was made for one digest makes no other HMAC.
    ///
    /// # Errors
    /// [`Reason::AlgorithmMismatch`], [`Reason::InvalidArgument`] for a length that the MAC does not
    /// have.
    pub fn check(self, key: KeySpec) -> Result<()> {
        let fits = match self {
            MacScheme::Hmac { digest, .. } => match key {
                KeySpec::HmacSha256 => digest == Digest::Sha256,
                KeySpec::HmacSha384 => digest == Digest::Sha384,
                KeySpec::HmacSha512 => digest == Digest::Sha512,
                _ => key.class() == KeyClass::Generic,
            },
            MacScheme::AesCmac { .. } => key.class() == KeyClass::Aes,
        };
        if !fits {
            return Err(Error::new(
                Reason::AlgorithmMismatch,
                format!("{self} does not work with a key of type {key}"),
            ));
        }
        let whole = match self {
            MacScheme::Hmac { digest, .. } => digest.len(),
            MacScheme::AesCmac { .. } => usize::from(CMAC_LEN),
        };
        if (usize::from(MIN_LEN)..=whole).contains(&self.mac_len()) {
            return Ok(());
        }
        Err(Error::new(
            Reason::InvalidArgument,
            format!("{self} has {MIN_LEN} to {whole} bytes, not {}", self.mac_len()),
        )
        .in_field("scheme.length"))
    }
}

impl std::fmt::Display for MacScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MacScheme::Hmac { digest, .. } => write!(f, "hmac-{digest}"),
            MacScheme::AesCmac { .. } => f.write_str("aes-cmac"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_made_for_a_digest_makes_no_other_and_a_generic_one_makes_all() {
        let sha512 = MacScheme::hmac(Digest::Sha512);
        assert!(sha512.check(KeySpec::HmacSha512).is_ok());
        assert!(sha512.check(KeySpec::GenericSecret).is_ok());
        for key in [KeySpec::HmacSha256, KeySpec::Aes256, KeySpec::ChaCha20] {
            assert_eq!(sha512.check(key).unwrap_err().reason(), Reason::AlgorithmMismatch);
        }
        assert!(MacScheme::aes_cmac().check(KeySpec::Aes192).is_ok());
        assert!(MacScheme::aes_cmac().check(KeySpec::GenericSecret).is_err());
    }

    #[test]
    fn a_mac_is_shortened_to_four_bytes_at_most_and_never_lengthened() {
        let check = |length| {
            MacScheme::Hmac { digest: Digest::Sha1, length }
                .check(KeySpec::GenericSecret)
                .map_err(|error| error.reason())
        };
        assert_eq!((check(4), check(20)), (Ok(()), Ok(())));
        assert_eq!(check(3), Err(Reason::InvalidArgument));
        assert_eq!(check(21), Err(Reason::InvalidArgument));
        assert!(MacScheme::AesCmac { length: 17 }.check(KeySpec::Aes128).is_err());
    }
}
