//! Return values (PKCS#11 v2.40 base, section 5.1; `CKR_TOKEN_RESOURCE_EXCEEDED` since v3.0).

use cryptoki_sys::*;
use supacrypt_core::{Error, Reason};

/// A return value other than `CKR_OK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rv(pub(crate) CK_RV);

pub(crate) type Result<T, E = Rv> = std::result::Result<T, E>;

impl From<Error> for Rv {
    /// Return values say little, so the message goes to the log.
    fn from(error: Error) -> Self {
        tracing::warn!(reason = error.reason().as_str(), "{error}");
        // What a key is to be used for stands in templates.
        if error.field() == Some("key.usages") {
            return Rv(CKR_TEMPLATE_INCONSISTENT);
        }
        Rv(return_value(error.reason()))
    }
}

/// What a caller is told for a reason.
///
/// Troubles with the connection are device errors and not a removed token: applications give up
/// their sessions when a token is removed, and ours go on once the backend is back.
const fn return_value(reason: Reason) -> CK_RV {
    match reason {
        Reason::InvalidArgument => CKR_ARGUMENTS_BAD,
        Reason::InvalidKeyMaterial | Reason::AlreadyExists => CKR_ATTRIBUTE_VALUE_INVALID,
        Reason::InputLength | Reason::MessageTooLarge => CKR_DATA_LEN_RANGE,
        Reason::AlgorithmNotSupported | Reason::AlgorithmNotPermitted => CKR_MECHANISM_INVALID,
        Reason::AlgorithmMismatch => CKR_KEY_TYPE_INCONSISTENT,
        Reason::UsageNotPermitted | Reason::KeyVersionDisabled => CKR_KEY_FUNCTION_NOT_PERMITTED,
        Reason::KeyVersionDestroyed => CKR_KEY_HANDLE_INVALID,
        Reason::DecryptionFailed => CKR_ENCRYPTED_DATA_INVALID,
        Reason::SignatureInvalid => CKR_SIGNATURE_INVALID,
        Reason::KeyringNotGranted | Reason::RoleInsufficient | Reason::CustodianDenied => {
            CKR_FUNCTION_REJECTED
        }
        Reason::PinRequired => CKR_USER_NOT_LOGGED_IN,
        Reason::PinIncorrect => CKR_PIN_INCORRECT,
        Reason::PinLocked => CKR_PIN_LOCKED,
        Reason::PinNotSet => CKR_USER_PIN_NOT_INITIALIZED,
        Reason::KeyringNotFound => CKR_TOKEN_NOT_PRESENT,
        Reason::KeyNotFound
        | Reason::KeyVersionNotFound
        | Reason::KeyDeleted
        | Reason::ObjectNotFound => CKR_OBJECT_HANDLE_INVALID,
        Reason::ObjectImmutable => CKR_ACTION_PROHIBITED,
        Reason::KeyringNotEmpty
        | Reason::EtagMismatch
        | Reason::DeadlineExceeded
        | Reason::Draining => CKR_FUNCTION_FAILED,
        Reason::Overloaded | Reason::CustodianThrottled => CKR_TOKEN_RESOURCE_EXCEEDED,
        Reason::Unauthenticated
        | Reason::Unreachable
        | Reason::ServerNotTrusted
        | Reason::ClientCertificateRejected
        | Reason::ClientCertificateExpired
        | Reason::ClientCertificateMissing
        | Reason::Protocol
        | Reason::CustodianUnavailable
        | Reason::SealUnavailable
        | Reason::StoreUnavailable
        | Reason::AuditUnavailable => CKR_DEVICE_ERROR,
        Reason::InvalidResourceName
        | Reason::InvalidPageToken
        | Reason::RequestIdReused
        | Reason::Configuration
        | Reason::Internal => CKR_GENERAL_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_an_error() {
        for reason in <Reason as strum::IntoEnumIterator>::iter() {
            assert_ne!(return_value(reason), CKR_OK, "{reason}");
        }
    }
}
