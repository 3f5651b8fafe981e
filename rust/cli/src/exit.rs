//! Exit codes.

use std::process::ExitCode;

use supacrypt_core::Reason;

/// The end of `supacrypt --help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done
  1  the operation failed, a signature is not valid, or doctor or p11 check found something wrong
  2  the command line, an input or the configuration is wrong
  3  what was named does not exist
  4  not allowed, or not identified
  5  the backend cannot be reached or cannot serve now: try again later";

/// The code that tells a script about `reason`.
pub(crate) fn code(reason: Reason) -> ExitCode {
    ExitCode::from(match reason {
        Reason::InvalidArgument
        | Reason::InvalidResourceName
        | Reason::InvalidPageToken
        | Reason::InvalidKeyMaterial
        | Reason::InputLength
        | Reason::MessageTooLarge
        | Reason::AlgorithmNotSupported
        | Reason::AlgorithmMismatch
        | Reason::Configuration => 2,
        Reason::KeyringNotFound
        | Reason::KeyNotFound
        | Reason::KeyVersionNotFound
        | Reason::ObjectNotFound => 3,
        Reason::Unauthenticated
        | Reason::KeyringNotGranted
        | Reason::RoleInsufficient
        | Reason::PinRequired
        | Reason::PinIncorrect
        | Reason::PinLocked
        | Reason::UsageNotPermitted
        | Reason::AlgorithmNotPermitted
        | Reason::ServerNotTrusted
        | Reason::ClientCertificateRejected
        | Reason::ClientCertificateExpired
        | Reason::ClientCertificateMissing => 4,
        Reason::DeadlineExceeded
        | Reason::Overloaded
        | Reason::Draining
        | Reason::Unreachable
        | Reason::Protocol
        | Reason::CustodianUnavailable
        | Reason::CustodianThrottled
        | Reason::CustodianDenied
        | Reason::SealUnavailable
        | Reason::StoreUnavailable
        | Reason::AuditUnavailable => 5,
        Reason::DecryptionFailed
        | Reason::SignatureInvalid
        | Reason::KeyringNotEmpty
        | Reason::KeyDeleted
        | Reason::KeyVersionDisabled
        | Reason::KeyVersionDestroyed
        | Reason::ObjectImmutable
        | Reason::PinNotSet
        | Reason::AlreadyExists
        | Reason::EtagMismatch
        | Reason::RequestIdReused
        | Reason::Internal => 1,
    })
}
