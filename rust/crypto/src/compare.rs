//! Comparing what is secret.

use aws_lc_rs::constant_time;

/// Whether two secrets or MACs are the same. How long it takes tells no more than their lengths.
pub fn is_equal(one: &[u8], other: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(one, other).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_what_has_the_same_bytes_and_as_many() {
        assert!(is_equal(b"abc", b"abc"));
        assert!(is_equal(b"", b""));
        for other in [&b"abd"[..], b"ab", b"abcd", b""] {
            assert!(!is_equal(b"abc", other));
        }
    }
}
