//! AES in modes that go on block by block, so that data of any length passes through in pieces. What
//! the next piece needs to know of the last one is its IV.

use supacrypt_client::limits;
use supacrypt_core::EncryptionScheme;
use zeroize::Zeroizing;

use super::Direction;
use crate::error::Result;

/// Bytes of an AES block.
const BLOCK: usize = 16;

/// Data that passes through in pieces.
pub(super) struct Stream {
    direction: Direction,
    scheme: EncryptionScheme,
    iv: [u8; BLOCK],
    /// What came and was not processed, wiped when it is dropped.
    held: Zeroizing<Vec<u8>>,
}

impl Stream {
    /// `None` for a scheme that needs all of its input at once.
    pub(super) fn new(direction: Direction, scheme: EncryptionScheme, iv: &[u8]) -> Option<Stream> {
        match scheme {
            EncryptionScheme::AesEcb => Some(Self::begin(direction, scheme, [0; BLOCK])),
            EncryptionScheme::AesCbc | EncryptionScheme::AesCbcPad | EncryptionScheme::AesCtr => {
                Some(Self::begin(direction, scheme, iv.try_into().ok()?))
            }
            _ => None,
        }
    }

    fn begin(direction: Direction, scheme: EncryptionScheme, iv: [u8; BLOCK]) -> Stream {
        Stream { direction, scheme, iv, held: Zeroizing::default() }
    }

    /// How many bytes come out when `added` come in: whole blocks, and where the last block is
    /// padding, not the one that may be that.
    pub(super) fn ready(&self, added: usize) -> usize {
        let all = self.held.len() + added;
        let padded = self.scheme == EncryptionScheme::AesCbcPad;
        let kept = usize::from(padded && self.direction == Direction::Decrypt);
        all.saturating_sub(kept) / BLOCK * BLOCK
    }

    /// What pieces are done by.
    pub(super) fn piecewise(&self) -> EncryptionScheme {
        match self.scheme {
            EncryptionScheme::AesCbcPad => EncryptionScheme::AesCbc,
            other => other,
        }
    }

    /// The bytes that wait for more.
    pub(super) fn held(&self) -> &[u8] {
        &self.held
    }

    /// The IV of what waits; empty where the mode has none.
    pub(super) fn iv(&self) -> &[u8] {
        &self.iv[..self.scheme.iv_len()]
    }

    /// Takes a piece in and gives out what is [`ready`](Self::ready). `perform` does what the
    /// direction says.
    pub(super) fn update(
        &mut self,
        piece: &[u8],
        mut perform: impl FnMut(EncryptionScheme, &[u8], &[u8]) -> Result<Zeroizing<Vec<u8>>>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let ready = self.ready(piece.len());
        let mut all = Zeroizing::new(Vec::with_capacity(self.held.len() + piece.len()));
        all.extend_from_slice(&self.held);
        all.extend_from_slice(piece);
        let scheme = self.piecewise();
        let mut out = Zeroizing::new(Vec::with_capacity(ready));
        for part in all[..ready].chunks(limits::INPUT / BLOCK * BLOCK) {
            let done = perform(scheme, self.iv(), part)?;
            let ciphertext = match self.direction {
                Direction::Encrypt => &done[..],
                Direction::Decrypt => part,
            };
            self.iv = next_iv(scheme, self.iv, ciphertext);
            out.extend_from_slice(&done);
        }
        self.held = Zeroizing::new(all[ready..].to_vec());
        Ok(out)
    }
}

/// The last block of ciphertext (NIST SP 800-38A, section 6.2), or the counter as many blocks later
/// (section 6.5).
fn next_iv(scheme: EncryptionScheme, iv: [u8; BLOCK], ciphertext: &[u8]) -> [u8; BLOCK] {
    if scheme == EncryptionScheme::AesCtr {
        let blocks = (ciphertext.len() / BLOCK) as u128;
        return u128::from_be_bytes(iv).wrapping_add(blocks).to_be_bytes();
    }
    ciphertext.last_chunk().copied().unwrap_or(iv)
}

#[cfg(test)]
mod tests {
    use supacrypt_core::KeySpec;

    use super::*;

    /// All of a message at once, and in pieces of `size`.
    fn compare(scheme: EncryptionScheme, size: usize) {
        let material = supacrypt_crypto::generate(KeySpec::Aes128).unwrap();
        let key = supacrypt_crypto::Key::load(KeySpec::Aes128, &material).unwrap();
        let iv = [0xff; BLOCK];
        let padded = scheme == EncryptionScheme::AesCbcPad;
        let message = vec![7; if padded { 1003 } else { 1008 }];
        let ciphertext = key.encrypt(scheme, &iv[..scheme.iv_len()], &[], &message).unwrap();

        let in_pieces = |direction, input: &[u8]| {
            let perform = |scheme, iv: &[u8], part: &[u8]| match direction {
                Direction::Encrypt => Ok(key.encrypt(scheme, iv, &[], part).unwrap().into()),
                Direction::Decrypt => Ok(key.decrypt(scheme, iv, &[], part).unwrap()),
            };
            let mut stream = Stream::new(direction, scheme, &iv).unwrap();
            let mut out = Vec::new();
            for piece in input.chunks(size) {
                let ready = stream.ready(piece.len());
                let done = stream.update(piece, perform).unwrap();
                assert_eq!(done.len(), ready);
                out.extend_from_slice(&done);
            }
            let last = perform(scheme, stream.iv(), stream.held()).unwrap();
            out.extend_from_slice(&last);
            out
        };
        assert_eq!(in_pieces(Direction::Encrypt, &message), ciphertext, "{scheme}, {size}");
        assert_eq!(in_pieces(Direction::Decrypt, &ciphertext), message, "{scheme}, {size}");
    }

    #[test]
    fn pieces_of_any_size_give_what_the_whole_gives() {
        for size in [1, 15, 16, 17, 500, 2000] {
            compare(EncryptionScheme::AesCbcPad, size);
            compare(EncryptionScheme::AesCtr, size);
            compare(EncryptionScheme::AesCbc, size);
            compare(EncryptionScheme::AesEcb, size);
        }
    }

    #[test]
    fn a_mode_that_authenticates_waits_for_the_end() {
        let gcm = EncryptionScheme::AesGcm { tag_length: 16 };
        assert!(Stream::new(Direction::Decrypt, gcm, &[0; 12]).is_none());
    }
}
