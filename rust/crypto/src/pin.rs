//! What is kept of a PIN: enough to tell the right one, and slow to guess with.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA512};
use supacrypt_core::Result;

/// Rounds, each of which an attacker who has the hash pays for each guess. PINs are short: the hash
/// has to be kept sealed all the same.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(210_000).unwrap();

const VERSION: u8 = 1;
const SALT_LEN: usize = 16;
const HASH_LEN: usize = 32;
const LEN: usize = 1 + SALT_LEN + HASH_LEN;

/// A salted hash of a PIN, by PBKDF2 (RFC 8018, section 5.2) with HMAC-SHA-512:
/// `version (1 byte) || salt (16) || hash (32)`.
///
/// # Errors
/// As [`random`](crate::random).
pub fn hash_pin(pin: &[u8]) -> Result<Vec<u8>> {
    let mut hashed = vec![0; LEN];
    hashed[0] = VERSION;
    let (salt, hash) = hashed[1..].split_at_mut(SALT_LEN);
    crate::random(salt)?;
    pbkdf2::derive(PBKDF2_HMAC_SHA512, ITERATIONS, salt, pin, hash);
    Ok(hashed)
}

/// Whether [`hash_pin`] made `hashed` of this PIN. Takes about a tenth of a second, as long for a wrong
/// one as for the right one.
pub fn is_pin(hashed: &[u8], pin: &[u8]) -> bool {
    if hashed.len() != LEN || hashed[0] != VERSION {
        return false;
    }
    let (salt, hash) = hashed[1..].split_at(SALT_LEN);
    pbkdf2::verify(PBKDF2_HMAC_SHA512, ITERATIONS, salt, pin, hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_pin_alone_is_known_again() {
        let hashed = hash_pin(b"1234").unwrap();
        assert!(is_pin(&hashed, b"1234"));
        for wrong in [&b"1235"[..], b"12345", b""] {
            assert!(!is_pin(&hashed, wrong));
        }
        assert!(!is_pin(&hashed[1..], b"1234"));
        assert_ne!(hashed, hash_pin(b"1234").unwrap());
    }
}
