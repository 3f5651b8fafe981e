//! Hashing.

use aws_lc_rs::digest as engine;
use supacrypt_core::Digest;

/// A digest in the making.
#[derive(Clone)]
pub struct Hasher(engine::Context);

impl Hasher {
    /// Starts a digest.
    pub fn new(digest: Digest) -> Self {
        Hasher(engine::Context::new(algorithm(digest)))
    }

    /// Takes the next piece of the message.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The digest of all pieces, [`Digest::len`] bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

/// The digest of `data`, [`Digest::len`] bytes.
pub fn digest(digest: Digest, data: &[u8]) -> Vec<u8> {
    engine::digest(algorithm(digest), data).as_ref().to_vec()
}

fn algorithm(digest: Digest) -> &'static engine::Algorithm {
    match digest {
        Digest::Sha1 => &engine::SHA1_FOR_LEGACY_USE_ONLY,
        Digest::Sha224 => &engine::SHA224,
        Digest::Sha256 => &engine::SHA256,
        Digest::Sha384 => &engine::SHA384,
        Digest::Sha512 => &engine::SHA512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4 example values for the message "abc".
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
        ];
        for (kind, expected) in known {
            assert_eq!(hex::encode(digest(kind, b"abc")), expected, "{kind}");
        }
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        let mut hasher = Hasher::new(Digest::Sha256);
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), digest(Digest::Sha256, b"abc"));
    }
}
