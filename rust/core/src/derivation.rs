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
    /// HKDF (RFC 5869) from a generic secret.
    Hkdf {
        /// The digest inside.
        digest: Digest,
        /// Which of its two steps.
        steps: HkdfSteps,
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

/// The steps of HKDF that are taken (RFC 5869, section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HkdfSteps {
    /// Extract and expand, the whole of it.
    Both,
    /// Extract: a secret of the digest's length from one that is not uniform.
    Extract,
    /// Expand: a secret of any length from one that is uniform already.
    Expand,
}

/// What a derivation takes beside the key. What a scheme does not use must be empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DerivationInput<'a> {
    /// The peer's public key: a point, uncompressed or compressed (SEC 1, section 2.3.3), or the 32
    /// bytes of an X25519 key.
    pub peer: &'a [u8],
    /// The salt of HKDF's first step.
    pub salt: &'a [u8],
    /// What binds the result to its purpose: the shared info of X9.63, the info of HKDF.
    pub info: &'a [u8],
    /// How many bytes to derive.
    pub length: usize,
}

impl DerivationScheme {
    /// Most bytes that can be derived at once: what HKDF gives with the longest digest.
    pub const MAX_LENGTH: usize = 255 * 64;

    /// Whether the scheme works with keys of this kind.
    pub const fn works_with(self, key: KeySpec) -> bool {
        match self {
            DerivationScheme::Ecdh { .. } => {
                matches!(key.class(), KeyClass::Ec | KeyClass::Montgomery)
            }
            DerivationScheme::Hkdf { .. } => matches!(key.class(), KeyClass::Generic),
        }
    }

    /// Checks that the scheme can derive from `key` and `input`. Whether the peer's key lies on the
    /// curve shows when deriving.
    ///
    /// # Errors
    /// [`Reason::AlgorithmMismatch`], [`Reason::InvalidArgument`].
    pub fn check(self, key: KeySpec, input: &DerivationInput<'_>) -> Result<()> {
        if !self.works_with(key) {
            let message = format!("{self} does not work with a key of type {key}");
            return Err(Error::new(Reason::AlgorithmMismatch, message));
        }
        let peer_fits = match self {
            DerivationScheme::Ecdh { .. } if key.class() == KeyClass::Montgomery => {
                input.peer.len() == key.bytes()
            }
            DerivationScheme::Ecdh { .. } => is_point(key, input.peer),
            DerivationScheme::Hkdf { .. } => input.peer.is_empty(),
        };
        if !peer_fits {
            let message = format!("the peer's public key is not one for {self} with {key}");
            return Err(invalid("peer", message));
        }
        let (salted, bound) = match self {
            DerivationScheme::Ecdh { kdf } => (false, kdf != Kdf::None),
            DerivationScheme::Hkdf { steps, .. } => {
                (steps != HkdfSteps::Expand, steps != HkdfSteps::Extract)
            }
        };
        if !salted && !input.salt.is_empty() {
            return Err(invalid("salt", format!("{self} takes no salt")));
        }
        if !bound && !input.info.is_empty() {
            return Err(invalid("info", format!("{self} takes no info")));
        }
        let lengths = match self {
            DerivationScheme::Ecdh { kdf: Kdf::None } => key.bytes()..=key.bytes(),
            DerivationScheme::Ecdh { kdf: Kdf::X963 { .. } } => 1..=Self::MAX_LENGTH,
            DerivationScheme::Hkdf { digest, steps: HkdfSteps::Extract } => {
                digest.len()..=digest.len()
            }
            DerivationScheme::Hkdf { digest, .. } => 1..=255 * digest.len(),
        };
        if !lengths.contains(&input.length) {
            let message =
                format!("{} bytes is not a length that {self} gives with {key}", input.length);
            return Err(invalid("length", message));
        }
        Ok(())
    }
}

/// Whether the bytes have the form of a point on the curve of `key`.
fn is_point(key: KeySpec, bytes: &[u8]) -> bool {
    match bytes.first() {
        Some(4) => bytes.len() == 1 + 2 * key.bytes(),
        Some(2 | 3) => bytes.len() == 1 + key.bytes(),
        _ => false,
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
            DerivationScheme::Hkdf { digest, steps } => {
                let step = match steps {
                    HkdfSteps::Both => "",
                    HkdfSteps::Extract => "extract-",
                    HkdfSteps::Expand => "expand-",
                };
                write!(f, "hkdf-{step}{digest}")
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
            let input = DerivationInput { peer: &[4; 65], info, length, ..Default::default() };
            scheme.check(KeySpec::EcP256, &input)
        };
        assert!(check(RAW, b"", 32).is_ok());
        assert_eq!(check(RAW, b"", 16).unwrap_err().field(), Some("length"));
        assert_eq!(check(RAW, b"x", 32).unwrap_err().field(), Some("info"));
        assert!(check(X963, b"x", 100).is_ok());
        assert_eq!(check(X963, b"x", 0).unwrap_err().field(), Some("length"));
        assert!(check(X963, b"x", DerivationScheme::MAX_LENGTH + 1).is_err());
    }

    #[test]
    fn a_step_of_hkdf_takes_nothing_that_it_would_ignore() {
        let check = |steps, salt, info, length| {
            let input = DerivationInput { salt, info, length, ..Default::default() };
            DerivationScheme::Hkdf { digest: Digest::Sha256, steps }
                .check(KeySpec::GenericSecret, &input)
                .map_err(|error| error.field().map(str::to_owned))
        };
        let refused = |field: &str| Err(Some(field.to_owned()));
        assert_eq!(check(HkdfSteps::Both, b"salt", b"info", 255 * 32), Ok(()));
        assert_eq!(check(HkdfSteps::Both, b"", b"", 255 * 32 + 1), refused("length"));
        assert_eq!(check(HkdfSteps::Extract, b"salt", b"", 32), Ok(()));
        assert_eq!(check(HkdfSteps::Extract, b"salt", b"", 31), refused("length"));
        assert_eq!(check(HkdfSteps::Extract, b"salt", b"info", 32), refused("info"));
        assert_eq!(check(HkdfSteps::Expand, b"", b"info", 1), Ok(()));
        assert_eq!(check(HkdfSteps::Expand, b"salt", b"", 1), refused("salt"));
        let peer = DerivationInput { peer: &[9; 32], length: 32, ..Default::default() };
        let hkdf = DerivationScheme::Hkdf { digest: Digest::Sha256, steps: HkdfSteps::Both };
        assert_eq!(hkdf.check(KeySpec::GenericSecret, &peer).unwrap_err().field(), Some("peer"));
        let error = hkdf.check(KeySpec::HmacSha256, &peer).unwrap_err();
        assert_eq!(error.reason(), Reason::AlgorithmMismatch);
    }
}
