//! One error type for all layers.

use std::borrow::Cow;

/// Why something failed. Travels as `google.rpc.ErrorInfo.reason` in the domain `supacrypt`, in
/// upper snake case, and decides what a provider tells its caller.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    strum::EnumIter,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// A field of the request is missing, malformed or over its limit. The caller's mistake.
    InvalidArgument,
    /// A resource name or id does not have the form the API documents.
    InvalidResourceName,
    /// The page token was not issued for this request.
    InvalidPageToken,
    /// The imported key material cannot be read or does not fit the key's type.
    InvalidKeyMaterial,
    /// The input's length does not fit the algorithm and key.
    InputLength,
    /// The request, or the answer it asks for, is over the size limit.
    MessageTooLarge,
    /// This server does not offer the algorithm.
    AlgorithmNotSupported,
    /// The algorithm does not work with a key of this type.
    AlgorithmMismatch,
    /// The key's usages do not include the operation.
    UsageNotPermitted,
    /// The key was not made for the algorithm.
    AlgorithmNotPermitted,
    /// The ciphertext is not one this key made, or was altered.
    DecryptionFailed,
    /// The signature or MAC does not belong to the input.
    SignatureInvalid,
    /// The caller presented no identity the server accepts.
    Unauthenticated,
    /// The keyring does not exist or the principal has no role in it; the two look alike.
    KeyringNotGranted,
    /// The principal has a role, but it does not allow the action.
    RoleInsufficient,
    /// The key is used only right after its user has given the keyring's PIN.
    PinRequired,
    /// That is not the keyring's PIN.
    PinIncorrect,
    /// The keyring's PIN was given wrong too often.
    PinLocked,
    /// The keyring has no PIN.
    PinNotSet,
    /// The keyring does not exist.
    KeyringNotFound,
    /// The keyring still has keys or objects.
    KeyringNotEmpty,
    /// The key does not exist.
    KeyNotFound,
    /// The key version does not exist.
    KeyVersionNotFound,
    /// The key is deleted and waits for the end of its recovery window.
    KeyDeleted,
    /// The key version is disabled.
    KeyVersionDisabled,
    /// The key version's material has been destroyed.
    KeyVersionDestroyed,
    /// The object does not exist.
    ObjectNotFound,
    /// The key or object was made so that this can never be done, or never again.
    ObjectImmutable,
    /// A resource of this name exists already.
    AlreadyExists,
    /// The resource changed since the caller read it.
    EtagMismatch,
    /// The request id was used before, for another request.
    RequestIdReused,
    /// The deadline passed.
    DeadlineExceeded,
    /// The server is at one of its limits; try again later.
    Overloaded,
    /// The server is shutting down; another endpoint, or the same one later, will answer.
    Draining,
    /// No endpoint could be reached.
    Unreachable,
    /// The server's certificate is not trusted, or not for this name.
    ServerNotTrusted,
    /// The server refused the client's certificate.
    ClientCertificateRejected,
    /// The client's certificate has expired, or its time has not come.
    ClientCertificateExpired,
    /// The server wants a client certificate and none was presented.
    ClientCertificateMissing,
    /// The peer does not speak TLS 1.3, or not gRPC over it.
    Protocol,
    /// The configuration is missing or wrong.
    Configuration,
    /// The custodian that holds the key cannot be reached or refuses.
    CustodianUnavailable,
    /// The custodian takes no more requests for now. Nothing was performed.
    CustodianThrottled,
    /// The custodian does not let this server do it.
    CustodianDenied,
    /// The seal cannot unwrap the key.
    SealUnavailable,
    /// The store cannot be read or written.
    StoreUnavailable,
    /// The audit log cannot be written, so nothing is performed.
    AuditUnavailable,
    /// A fault of ours.
    Internal,
}

impl Reason {
    /// The name on the wire, such as `KEY_NOT_FOUND`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether nothing was performed, so that any request may be sent again.
    pub const fn is_safe_to_retry(self) -> bool {
        matches!(self, Reason::Overloaded | Reason::Draining | Reason::Unreachable)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What went wrong, for a program ([`Error::reason`]) and for a person (the message, which says
/// what to do next where something can be done). Never holds key material, PINs or plaintext.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    reason: Reason,
    message: String,
    field: Option<Cow<'static, str>>,
}

impl Error {
    /// Builds an error.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Error { reason, message: message.into(), field: None }
    }

    /// Names the request's field that is at fault, such as `key.label`.
    #[must_use]
    pub fn in_field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The reason.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The request's field that is at fault, where one is.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }
}

/// A result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_reason_parses_from_its_wire_name() {
        for reason in Reason::iter() {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
        assert_eq!(Reason::KeyNotFound.as_str(), "KEY_NOT_FOUND");
    }
}
