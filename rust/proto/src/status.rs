//! Errors on the wire: a gRPC status with `google.rpc.ErrorInfo` and, where a field is at fault,
//! `google.rpc.BadRequest`.

use prost::Message;
use supacrypt_core::{Error, Reason};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, RpcStatusExt, StatusExt};

/// `google.rpc.ErrorInfo.domain` of every error of this API.
const DOMAIN: &str = "supacrypt";

/// The status that carries `error` to a client.
pub fn status(error: &Error) -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(error.reason().as_str(), DOMAIN, []);
    if let Some(field) = error.field() {
        details.add_bad_request_violation(field, error.message());
    }
    Status::with_error_details(code(error.reason()), error.message(), details)
}

/// The same for an outcome of `Perform`.
pub fn rpc_status(error: &Error) -> tonic_types::Status {
    // A gRPC status carries its details as an encoded google.rpc.Status.
    tonic_types::Status::decode(status(error).details())
        .expect("invariant: the details were encoded by the line above")
}

/// Reads an error from a status that a server or the transport made.
///
/// A status without our details comes from gRPC itself; its code decides the reason.
pub fn error_from_status(status: &Status) -> Error {
    read(status.code(), status.message(), &status.get_error_details())
}

/// Reads an error from an outcome of `Perform`.
pub fn error_from_rpc_status(status: &tonic_types::Status) -> Error {
    read(Code::from(status.code), &status.message, &status.get_error_details())
}

fn read(code: Code, message: &str, details: &ErrorDetails) -> Error {
    let reason = details
        .error_info()
        .filter(|info| info.domain == DOMAIN)
        .and_then(|info| info.reason.parse().ok())
        .unwrap_or_else(|| reason_of_bare_code(code));
    let error = Error::new(reason, message);
    match details.bad_request().and_then(|bad| bad.field_violations.first()) {
        Some(violation) => error.in_field(violation.field.clone()),
        None => error,
    }
}

fn reason_of_bare_code(code: Code) -> Reason {
    match code {
        Code::InvalidArgument => Reason::InvalidArgument,
        Code::DeadlineExceeded | Code::Cancelled => Reason::DeadlineExceeded,
        Code::ResourceExhausted => Reason::Overloaded,
        // tonic answers so when a message is over its decoding limit.
        Code::OutOfRange => Reason::MessageTooLarge,
        Code::Unavailable => Reason::Unreachable,
        Code::Unauthenticated => Reason::Unauthenticated,
        Code::Unimplemented => Reason::Protocol,
        _ => Reason::Internal,
    }
}

fn code(reason: Reason) -> Code {
    match reason {
        Reason::InvalidArgument
        | Reason::InvalidResourceName
        | Reason::InvalidPageToken
        | Reason::InvalidKeyMaterial
        | Reason::InputLength
        | Reason::AlgorithmMismatch
        | Reason::DecryptionFailed
        | Reason::SignatureInvalid
        | Reason::Configuration => Code::InvalidArgument,
        Reason::AlgorithmNotSupported => Code::Unimplemented,
        Reason::MessageTooLarge => Code::OutOfRange,
        Reason::Unauthenticated
        | Reason::ClientCertificateRejected
        | Reason::ClientCertificateExpired
        | Reason::ClientCertificateMissing => Code::Unauthenticated,
        Reason::KeyringNotGranted
        | Reason::RoleInsufficient
        | Reason::PinRequired
        | Reason::PinIncorrect
        | Reason::PinLocked => Code::PermissionDenied,
        Reason::KeyringNotFound
        | Reason::KeyNotFound
        | Reason::KeyVersionNotFound
        | Reason::ObjectNotFound => Code::NotFound,
        Reason::KeyringNotEmpty
        | Reason::KeyDeleted
        | Reason::KeyVersionDisabled
        | Reason::KeyVersionDestroyed
        | Reason::ObjectImmutable
        | Reason::PinNotSet
        | Reason::CustodianDenied
        | Reason::UsageNotPermitted
        | Reason::AlgorithmNotPermitted => Code::FailedPrecondition,
        Reason::AlreadyExists | Reason::RequestIdReused => Code::AlreadyExists,
        Reason::EtagMismatch => Code::Aborted,
        Reason::DeadlineExceeded => Code::DeadlineExceeded,
        Reason::Overloaded | Reason::CustodianThrottled => Code::ResourceExhausted,
        Reason::Draining
        | Reason::Unreachable
        | Reason::ServerNotTrusted
        | Reason::Protocol
        | Reason::CustodianUnavailable
        | Reason::SealUnavailable
        | Reason::StoreUnavailable
        | Reason::AuditUnavailable => Code::Unavailable,
        Reason::Internal => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn an_error_survives_the_wire_for_every_reason() {
        for reason in Reason::iter() {
            let error = Error::new(reason, "what to do next").in_field("key.label");
            assert_eq!(error_from_status(&status(&error)), error);
            assert_eq!(error_from_rpc_status(&rpc_status(&error)), error);
        }
    }

    #[test]
    fn details_of_another_domain_are_not_taken_for_ours() {
        let details = ErrorDetails::with_error_info("KEY_NOT_FOUND", "example.com", []);
        let foreign = Status::with_error_details(Code::Unavailable, "proxy", details);
        assert_eq!(error_from_status(&foreign).reason(), Reason::Unreachable);
    }
}
