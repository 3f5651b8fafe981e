//! A record: an entry's bytes with their length and checksum, as they lie in a segment.
//!
//! `length: u32 little-endian | crc32 of the payload (IEEE 802.3): u32 little-endian | payload`

use std::io::{self, Read};

use super::entry::Entry;

const HEADER_LEN: usize = 8;

/// No payload is longer: an entry has few fields, and each has a limit.
const MAX_PAYLOAD_LEN: usize = 8 * 1024;

/// Appends `entry`, as number `sequence`, to `buffer`.
pub(super) fn push(entry: &Entry, sequence: u64, buffer: &mut Vec<u8>) {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; HEADER_LEN]);
    entry.encode(sequence, buffer);
    let (header, payload) = buffer[start..].split_at_mut(HEADER_LEN);
    header[..4].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    header[4..].copy_from_slice(&crc32fast::hash(payload).to_le_bytes());
}

/// The sequence number inside a payload. Cheaper than decoding all of it.
pub(super) fn sequence(payload: &[u8]) -> Result<u64, prost::DecodeError> {
    #[derive(prost::Message)]
    struct Position {
        #[prost(uint64, tag = "1")]
        sequence: u64,
    }
    <Position as prost::Message>::decode(payload).map(|position| position.sequence)
}

/// What comes next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// The payload of an intact record.
    Record(&'a [u8]),
    /// The end of the file, at the end of a record.
    End,
    /// Bytes that are no intact record, and what is wrong with them.
    Broken(&'static str),
}

/// Reads records one after the other.
#[derive(Debug)]
pub(super) struct Records<R> {
    input: R,
    payload: Vec<u8>,
    offset: u64,
}

impl<R: Read> Records<R> {
    pub(super) fn new(input: R) -> Self {
        Records { input, payload: Vec::new(), offset: 0 }
    }

    /// Where the intact records read so far end, in bytes from the start.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn next(&mut self) -> io::Result<Next<'_>> {
        let mut header = [0; HEADER_LEN];
        match fill(&mut self.input, &mut header)? {
            0 => return Ok(Next::End),
            HEADER_LEN => {}
            _ => return Ok(Next::Broken("a header is cut short")),
        }
        let (length, checksum) = parse(header);
        if !(1..=MAX_PAYLOAD_LEN).contains(&length) {
            return Ok(Next::Broken("a length is impossible"));
        }
        self.payload.resize(length, 0);
        if fill(&mut self.input, &mut self.payload)? < length {
            return Ok(Next::Broken("an entry is cut short"));
        }
        if crc32fast::hash(&self.payload) != checksum {
            return Ok(Next::Broken("a checksum does not match"));
        }
        self.offset += (HEADER_LEN + length) as u64;
        Ok(Next::Record(&self.payload))
    }
}

/// Whether an intact record numbered `expected` or higher begins anywhere in `bytes`.
pub(super) fn any_intact(bytes: &[u8], expected: u64) -> bool {
    (0..bytes.len()).any(|start| {
        let Some((header, rest)) = bytes[start..].split_first_chunk::<HEADER_LEN>() else {
            return false;
        };
        let (length, checksum) = parse(*header);
        (1..=MAX_PAYLOAD_LEN).contains(&length)
            && rest.get(..length).is_some_and(|payload| {
                crc32fast::hash(payload) == checksum
                    && sequence(payload).is_ok_and(|sequence| sequence >= expected)
            })
    })
}

fn parse(header: [u8; HEADER_LEN]) -> (usize, u32) {
    let [l0, l1, l2, l3, c0, c1, c2, c3] = header;
    (u32::from_le_bytes([l0, l1, l2, l3]) as usize, u32::from_le_bytes([c0, c1, c2, c3]))
}

/// Reads until `buffer` is full or the input ends. Returns how much there was.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::entry;
    use super::*;

    fn two_records() -> (Vec<u8>, usize) {
        let mut bytes = Vec::new();
        push(&entry("keyrings/a"), 0, &mut bytes);
        let first = bytes.len();
        push(&entry("keyrings/b"), 1, &mut bytes);
        (bytes, first)
    }

    #[test]
    fn records_read_back_in_order() {
        let (bytes, first) = two_records();
        let mut records = Records::new(&bytes[..]);
        for expected in 0..2 {
            let Next::Record(payload) = records.next().unwrap() else { panic!("a record") };
            assert_eq!(sequence(payload).unwrap(), expected);
            if expected == 0 {
                assert_eq!(records.offset(), first as u64);
            }
        }
        assert_eq!(records.next().unwrap(), Next::End);
        assert_eq!(records.offset(), bytes.len() as u64);
    }

    #[test]
    fn no_altered_bit_goes_unnoticed() {
        let (bytes, first) = two_records();
        for position in 0..first {
            let mut altered = bytes.clone();
            altered[position] ^= 0x10;
            let next =
                Records::new(&altered[..]).next().map(|next| matches!(next, Next::Broken(_)));
            assert!(next.unwrap(), "byte {position}");
            assert!(any_intact(&altered, 1), "the second record is still there");
            assert!(!any_intact(&altered, 2));
        }
    }

    #[test]
    fn zeros_are_no_records() {
        assert!(matches!(Records::new(&[0; 64][..]).next().unwrap(), Next::Broken(_)));
        assert!(!any_intact(&[0; 64], 0));
    }
}
