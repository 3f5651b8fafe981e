//! How a request failed: what the caller learns, and what is recorded.

use supacrypt_core::{Error, Principal, Reason};

use crate::audit::Outcome;
use crate::authz::Denial;

/// An error, and the reason that stands in the audit log. The two differ where the caller must not
/// learn everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the caller is told.
    pub error: Error,
    /// What is recorded.
    pub recorded: Reason,
}

impl Failure {
    pub(super) fn denied(denial: &Denial, principal: &Principal) -> Self {
        Failure { error: denial.shown(principal), recorded: denial.recorded() }
    }

    /// Whether it was a decision against the caller, or something went wrong.
    pub(super) fn outcome(&self) -> Outcome {
        match self.error.reason() {
            Reason::KeyringNotGranted
            | Reason::RoleInsufficient
            | Reason::PinRequired
            | Reason::PinIncorrect
            | Reason::PinLocked
            | Reason::Unauthenticated
            | Reason::ClientCertificateExpired => Outcome::Denied,
            _ => Outcome::Failed,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { recorded: error.reason(), error }
    }
}
