//! What went wrong on the way to KMS and back, and what that means to whoever asked.

use std::error::Error as StdError;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use supacrypt_core::{Error, Reason};

use crate::custody::gate::Refusal;

/// A meaning, and what is told of it after the custodian's name.
type Meaning = (Reason, &'static str);

const UNAVAILABLE: Meaning = (
    Reason::CustodianUnavailable,
    "cannot answer; try again later, and look at AWS's health page and at what lies between",
);
const UNREACHABLE: Meaning = (
    Reason::CustodianUnavailable,
    "cannot be reached; look at `region`, `endpoint`, `ca` and the network",
);
const THROTTLED: Meaning = (
    Reason::CustodianThrottled,
    "takes no more requests for now; try again later, or have the quotas of the account raised",
);
const DENIED: Meaning = (
    Reason::CustodianDenied,
    "does not let this server do it; see the policies of its role and of the key, the log tells more",
);
const REFUSED: Meaning = (
    Reason::AlgorithmNotSupported,
    "does not take the request; choose another algorithm or kind of key",
);

/// What an error of the SDK means here. `last_word` may see it in another light.
pub(super) fn refusal<E>(
    custodian: &str,
    error: &SdkError<E>,
    last_word: impl Fn(Error) -> Error,
) -> Refusal
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let ((reason, advice), cause) = match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or_default();
            let text = answer.err().message().unwrap_or_default();
            let status = answer.raw().status().as_u16();
            let meaning = of_code(code, text).unwrap_or_else(|| of_status(status));
            if meaning.0 == Reason::CustodianDenied {
                // Names accounts and roles, which is for operators alone.
                tracing::warn!(custodian, code, "a request is refused: {text}");
            }
            (meaning, if code.is_empty() { status.to_string() } else { code.to_owned() })
        }
        SdkError::ResponseError(answer) => {
            let status = answer.raw().status().as_u16();
            (of_status(status), format!("an answer {status} that is not one of KMS"))
        }
        other => (of_way(other), root_cause(other)),
    };
    let explained = match reason {
        // Why a ciphertext does not decrypt is nobody's business.
        Reason::DecryptionFailed => Error::new(reason, advice),
        _ => Error::new(reason, format!("the custodian {custodian} {advice} ({cause})")),
    };
    Refusal::until(last_word(explained), retry_after(error))
}

/// What the codes of KMS and of AWS's front door mean (API reference, "Common errors" and those of each
/// action).
fn of_code(code: &str, text: &str) -> Option<Meaning> {
    Some(match code {
        "ThrottlingException"
        | "Throttling"
        | "TooManyRequestsException"
        | "RequestLimitExceeded" => THROTTLED,
        "LimitExceededException" => (
            Reason::CustodianDenied,
            "has as many keys or aliases as the quotas of the account allow; have them raised, or \
             destroy keys that are of no use",
        ),
        "ExpiredTokenException" | "ExpiredToken" | "RequestExpired" => (
            Reason::CustodianDenied,
            "finds that the credentials have expired; renew them, and compare the clocks",
        ),
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => (
            Reason::CustodianDenied,
            "does not know the credentials; give the server those of an account that is allowed in",
        ),
        "AccessDeniedException" | "AccessDenied" | "NotAuthorized" | "OptInRequired" => DENIED,
        "NotFoundException" => (
            Reason::KeyVersionDestroyed,
            "does not have the key any more, and nothing brings it back",
        ),
        "DisabledException" => (
            Reason::KeyVersionDisabled,
            "has the key disabled; enable it there or with `supacrypt key version enable`",
        ),
        "KMSInvalidStateException" if text.contains("is pending deletion") => (
            Reason::KeyVersionDestroyed,
            "is about to delete the key; cancel that with `aws kms cancel-key-deletion` while there \
             is time",
        ),
        "KMSInvalidStateException" => (
            Reason::KeyVersionDisabled,
            "has the key in a state in which it is not used; `aws kms describe-key` tells which",
        ),
        "InvalidKeyUsageException" => (
            Reason::UsageNotPermitted,
            "has a single purpose for each key, and this is not that of the key; make one for it",
        ),
        "InvalidCiphertextException" => (
            Reason::DecryptionFailed,
            "the ciphertext was not made for this key and these parameters, or was altered",
        ),
        "AlreadyExistsException" => (Reason::AlreadyExists, "has that already"),
        "UnsupportedOperationException" | "ValidationException" => REFUSED,
        "KMSInternalException"
        | "KeyUnavailableException"
        | "DependencyTimeoutException"
        | "InternalFailure"
        | "InternalError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => UNAVAILABLE,
        _ => return None,
    })
}

/// What is left to say by the status alone.
fn of_status(status: u16) -> Meaning {
    match status {
        401 | 403 => DENIED,
        429 => THROTTLED,
        400..=499 => REFUSED,
        _ => UNAVAILABLE,
    }
}

/// What it means that there is no answer.
fn of_way(error: &(dyn StdError + 'static)) -> Meaning {
    match causes(error).find_map(|cause| cause.downcast_ref()) {
        Some(
            CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_),
        ) => (
            Reason::CustodianDenied,
            "has no credentials; docs/custodians.md tells where the server looks for them",
        ),
        Some(_) => (
            Reason::CustodianUnavailable,
            "could not get credentials; see whether those who give them out can be reached",
        ),
        None => UNREACHABLE,
    }
}

/// An error and what is behind it.
fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// What is behind all: the SDK's own errors say that one failed to dispatch.
fn root_cause(error: &(dyn StdError + 'static)) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

/// When AWS wants to be asked again, where it says so in seconds.
fn retry_after<E>(error: &SdkError<E>) -> Option<Duration> {
    let value = error.raw_response()?.headers().get("retry-after")?;
    value.parse().ok().map(Duration::from_secs)
}
