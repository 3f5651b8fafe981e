//! Hashing.

use supacrypt_core::Digest;

use crate::sys::digest as engine;

/// Digests fail only where memory has run out, which ends a program anyway.
const NEVER_FAILS: &str = "invariant: hashing fails for want of memory only";

/// A digest in the making.
pub struct Hasher(engine::Context);

impl Hasher {
    /// Starts a digest.
    pub fn new(digest: Digest) -> Self {
        Hasher(engine::Context::new(digest).expect(NEVER_FAILS))
    }

    /// Takes the next piece of the message.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data).expect(NEVER_FAILS);
    }

    /// The digest of all pieces, [`Digest::len`] bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().expect(NEVER_FAILS)
    }
}

impl Clone for Hasher {
    fn clone(&self) -> Self {
        Hasher(self.0.copy().expect(NEVER_FAILS))
    }
}

/// The digest of `data`, [`Digest::len`] bytes.
pub fn digest(digest: Digest, data: &[u8]) -> Vec<u8> {
    engine::digest(digest, data).expect(NEVER_FAILS)
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    /// Example values of FIPS 180-4 and FIPS 202 for the message "abc".
    #[test]
    fn abc_has_the_digests_nist_published() {
        let known = [
            (Digest::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Digest::Sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            (Digest::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                Digest::Sha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            ),
            (
                Digest::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
            (Digest::Sha3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
            (Digest::Sha3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
            (
                Digest::Sha3_384,
                "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
            ),
            (
                Digest::Sha3_512,
                "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
            ),
        ];
        for (kind, expected) in known {
            assert_eq!(hex::encode(digest(kind, b"abc")), expected, "{kind}");
        }
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        for kind in Digest::iter() {
            let mut hasher = Hasher::new(kind);
            hasher.update(b"a");
            let mut twin = hasher.clone();
            hasher.update(b"bc");
            assert_eq!(hasher.finish(), digest(kind, b"abc"), "{kind}");
            twin.update(b"x");
            assert_eq!(twin.finish(), digest(kind, b"ax"), "{kind}");
        }
    }
}
