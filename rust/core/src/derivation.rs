//! Derivation schemes.

use crate::{Digest, Error, KeyClass, KeySpec, Reason, Result};

/// How a secret is derived from a key. Whoever may derive gets the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DerivationScheme {
    /// Diffie-Hellman with a peer's public key: ECDH (NIST SP 800-56A, section 5.7.1.2; all curves
    /// here have the cofactor 1) or X25519 (RFC 7748, section 6.1).
    Ecdh {
        /// What is made of the shared secret.
        kdf: Kdf,
    },
}

/// What becomes of the secret that two parties share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kdf {
    /// Nothing: it is the answer, as long as an element of the field.
    None,
    /// The derivation function of ANSI X9.63 (SEC 1, section 3.6.1).
    X963 {
        /// The digest inside.
        digest: Digest,
    },
}

/// What a derivation takes beside the key. What a scheme does not use must be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DerivationInput<'a> {
    /// The peer's public key: a point, uncompressed or compressed (SEC 1, section 2.3.3), or the 32
    /// bytes of an X25519 key.
    pub peer: &'a [u8],
    /// What binds the result to its purpose: the shared info of X9.63.
    pub info: &'a [u8],
    /// How many bytes to derive.
    pub length: usize,
}

impl DerivationScheme {
    /// Most bytes that can be derived at once.
    pub const MAX_LENGTH: usize = 255 * 64;

    /// Checks that the scheme can derive from `key` and `input`. Whether the peer's key lies on the
    /// curve shows when deriving.
    ///
    /// # Errors
    /// [`Reason::AlgorithmMismatch`], [`Reason::InvalidArgument`].
    pub fn check(self, key: KeySpec, input: &DerivationInput<'_>) -> Result<()> {
        let DerivationScheme::Ecdh { kdf } = self;
        let peer_fits = match key.class() {
            KeyClass::Ec => {
                let field = key.bytes();
                matches!(
                    (input.peer.first(), input.peer.len()),
                    (Some(4), length) if length == 1 + 2 * field
                ) || matches!(
                    (input.peer.first(), input.peer.len()),
                    (Some(2 | 3), length) if length == 1 + field
                )
            }
            KeyClass::Montgomery => input.peer.len() == key.bytes(),
            _ => {
                let message = format!("{self} does not work with a key of type {key}");
                return Err(Error::new(Reason::AlgorithmMismatch, message));
            }
        };
        if !peer_fits {
            let message = format!("the peer's public key is not one of type {key}");
            return Err(invalid("peer", message));
        }
        if kdf == Kdf::None && !input.info.is_empty() {
            return Err(invalid("info", format!("{self} takes no shared info")));
        }
        let length_fits = match kdf {
            Kdf::None => input.length == key.bytes(),
            Kdf::X963 { .. } => (1..=Self::MAX_LENGTH).contains(&input.length),
        };
        if !length_fits {
            let message =
                format!("{} bytes is not a length that {self} gives with {key}", input.length);
            return Err(invalid("length", message));
        }
        Ok(())
    }
}

fn invalid(field: &'static str, message: String) -> Error {
    Error::new(Reason::InvalidArgument, message).in_field(field)
}

impl std::fmt::Display for DerivationScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DerivationScheme::Ecdh { kdf: Kdf::None } => f.write_str("ecdh"),
            DerivationScheme::Ecdh { kdf: Kdf::X963 { digest } } => {
                write!(f, "ecdh-x963-{digest}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: DerivationScheme = DerivationScheme::Ecdh { kdf: Kdf::None };
    const X963: DerivationScheme =
        DerivationScheme::Ecdh { kdf: Kdf::X963 { digest: Digest::Sha256 } };

    #[test]
    fn a_peer_has_the_form_of_the_key() {
        let check = |key: KeySpec, peer: &[u8]| {
            RAW.check(key, &DerivationInput { peer, length: key.bytes(), ..Default::default() })
        };
        assert!(check(KeySpec::EcP256, &[4; 65]).is_ok());
        assert!(check(KeySpec::EcP256, &[3; 33]).is_ok());
        assert!(check(KeySpec::X25519, &[9; 32]).is_ok());
        for peer in [&[][..], &[0], &[4; 33], &[5; 65], &[3; 65], &[4; 97]] {
            assert_eq!(check(KeySpec::EcP256, peer).unwrap_err().field(), Some("peer"));
        }
        let error = check(KeySpec::Ed25519, &[9; 32]).unwrap_err();
        assert_eq!(error.reason(), Reason::AlgorithmMismatch);
    }

    #[test]
    fn without_a_kdf_the_whole_secret_comes_and_no_info_is_taken() {
        let check = |scheme: DerivationScheme, info, length| {
            scheme.check(KeySpec::EcP256, &DerivationInput { peer: &[4; 65], info, length })
        };
        assert!(check(RAW, b"", 32).is_ok());
        assert_eq!(check(RAW, b"", 16).unwrap_err().field(), Some("length"));
        assert_eq!(check(RAW, b"x", 32).unwrap_err().field(), Some("info"));
        assert!(check(X963, b"x", 100).is_ok());
        assert_eq!(check(X963, b"x", 0).unwrap_err().field(), Some("length"));
        assert!(check(X963, b"x", DerivationScheme::MAX_LENGTH + 1).is_err());
    }
}
