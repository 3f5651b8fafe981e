//! What went wrong at a vault or on the way there, and what that means to whoever asked.

use std::error::Error as _;
use std::time::Duration;

use azure_core::error::{ErrorKind, ErrorResponse};
use azure_core::http::headers::RETRY_AFTER;
use azure_core::http::policies::get_retry_after;
use azure_core::http::{RawResponse, StatusCode};
use azure_core::time::OffsetDateTime;
use supacrypt_core::{Error, Reason};

use crate::custody::gate::Refusal;

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Undoing an encryption, of which nothing is told but whether it could be.
    Decrypt,
    /// Anything else.
    Other,
}

/// What a failed call to a vault means. `vault` is how messages call it.
pub(super) fn refusal(vault: &str, purpose: Purpose, error: &azure_core::Error) -> Refusal {
    tracing::debug!("{vault}: {error}");
    if let ErrorKind::HttpResponse { status, raw_response, .. } = error.kind() {
        let response = raw_response.as_deref();
        let error = answered(vault, purpose, *status, response);
        return Refusal::until(error, response.and_then(retry_after));
    }
    if *error.kind() == ErrorKind::Credential {
        return without_token(vault, error);
    }
    let advice = match error.kind() {
        ErrorKind::Connection => "cannot be reached; see that it runs and the way to it is open",
        ErrorKind::Io => "broke off before the whole answer was there; try again",
        ErrorKind::DataConversion => "gave an answer that is none; see that it is a key vault",
        _ => "cannot be used",
    };
    unavailable(vault, advice, &root(error)).into()
}

/// That an answer lacks what it has to have.
pub(super) fn incomplete(vault: &str, what: &str) -> Error {
    unavailable(vault, "gave an answer that is none; see that it is a key vault", what)
}

/// That a key is there, and is not used.
pub(super) fn disabled(vault: &str) -> Error {
    Error::new(Reason::KeyVersionDisabled, format!("{vault} {DISABLED}"))
}

const DISABLED: &str =
    "has the key disabled; enable it there, with `az keyvault key set-attributes`";

fn unavailable(vault: &str, advice: &str, cause: &str) -> Error {
    Error::new(Reason::CustodianUnavailable, format!("{vault} {advice} ({cause})"))
}

/// An answer that is not what was asked for.
fn answered(
    vault: &str,
    purpose: Purpose,
    status: StatusCode,
    response: Option<&RawResponse>,
) -> Error {
    let code = response.and_then(code).unwrap_or_default();
    let (reason, advice) = meaning(status, &code, purpose);
    if reason == Reason::DecryptionFailed {
        return Error::new(reason, advice);
    }
    let cause = if code.is_empty() { status.to_string() } else { format!("{status}, {code}") };
    Error::new(reason, format!("{vault} {advice} ({cause})"))
}

/// The innermost code of an answer: what it is about (REST API error codes of Key Vault).
fn code(response: &RawResponse) -> Option<String> {
    let response: ErrorResponse = serde_json::from_slice(response.body().as_ref()).ok()?;
    let error = response.error?;
    let (mut code, mut inner) = (error.code, error.inner_error.map(Box::new));
    while let Some(within) = inner {
        code = within.code.or(code);
        inner = within.inner_error;
    }
    // What comes from outside gets into messages as a name or not at all.
    code.filter(|code| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn retry_after(response: &RawResponse) -> Option<Duration> {
    get_retry_after(response.headers(), OffsetDateTime::now_utc, &[RETRY_AFTER])?.try_into().ok()
}

fn meaning(status: StatusCode, code: &str, purpose: Purpose) -> (Reason, &'static str) {
    match (u16::from(status), code) {
        (400, _) if purpose == Purpose::Decrypt => (
            Reason::DecryptionFailed,
            "the ciphertext was not made for this key and these parameters, or was altered",
        ),
        (400 | 405 | 501, _) => (
            Reason::AlgorithmNotSupported,
            "does not offer this; choose another algorithm or kind of key, or another tier of vault",
        ),
        (401, _) => (
            Reason::CustodianDenied,
            "does not take the server's token; see that `credential` is of the vault's directory and \
             was not revoked",
        ),
        (403, "KeyDisabled") => (Reason::KeyVersionDisabled, DISABLED),
        (403, "KeyExpired" | "KeyNotYetValid") => (
            Reason::KeyVersionDisabled,
            "does not use the key at this time; change its dates there, with \
             `az keyvault key set-attributes`",
        ),
        (403, "KeyOperationForbidden") => (
            Reason::UsageNotPermitted,
            "does not let the key do this; add it to the key's operations there",
        ),
        (403, "ForbiddenByFirewall" | "ForbiddenByConnection") => (
            Reason::CustodianDenied,
            "does not let this machine in; add its address or a private endpoint to the vault's \
             network settings",
        ),
        (403, _) => (
            Reason::CustodianDenied,
            "does not let the server do this; give its identity the role that docs/custodians.md \
             names",
        ),
        (404, _) => (
            Reason::KeyVersionDestroyed,
            "does not have the key any more; recover it with `az keyvault key recover`, or restore \
             its backup",
        ),
        (409, _) => (
            Reason::AlreadyExists,
            "has a key of this name that is deleted or being deleted; try again later",
        ),
        (429, _) => (
            Reason::CustodianThrottled,
            "takes no more calls for now: its quota is used up; spread the keys over more `vaults`",
        ),
        _ => (Reason::CustodianUnavailable, "has a fault; try again, and look at Azure's status"),
    }
}

/// That there is no token to come with.
fn without_token(vault: &str, error: &azure_core::Error) -> Refusal {
    let named = |reason, advice: &str, cause: &str| {
        Error::new(reason, format!("{vault} was not asked: {advice} ({cause})"))
    };
    let mut cause = error.source();
    while let Some(inner) = cause {
        cause = inner.source();
        let Some(inner) = inner.downcast_ref::<azure_core::Error>() else { continue };
        match inner.kind() {
            ErrorKind::HttpResponse { status, error_code, raw_response } => {
                let code = error_code.as_deref().unwrap_or("no code");
                let cause = format!("{status}, {code}");
                let (reason, advice) = match u16::from(*status) {
                    429 => (Reason::CustodianThrottled, "too many tokens were asked for"),
                    500.. => (Reason::CustodianUnavailable, "no token was given; try again"),
                    _ => (Reason::CustodianDenied, REFUSED),
                };
                let after = raw_response.as_deref().and_then(retry_after);
                return Refusal::until(named(reason, advice, &cause), after);
            }
            ErrorKind::Connection | ErrorKind::Io => {
                let advice = "what gives tokens cannot be reached; see that the way to it is open";
                return named(Reason::CustodianUnavailable, advice, &root(inner)).into();
            }
            _ => {}
        }
    }
    named(Reason::CustodianDenied, REFUSED, &root(error)).into()
}

const REFUSED: &str =
    "the server got no token; see that `credential` is right and was not revoked or expired";

/// What is at the bottom of an error, on one line.
fn root(error: &azure_core::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string().lines().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use azure_core::Bytes;
    use azure_core::http::headers::Headers;

    use super::*;

    fn refused(status: u16, code: &str, purpose: Purpose) -> Error {
        let inner = format!(r#"{{"code":"{code}"}}"#);
        let body = format!(r#"{{"error":{{"code":"Outer","message":"m","innererror":{inner}}}}}"#);
        let status = StatusCode::from(status);
        let response = RawResponse::from_bytes(status, Headers::new(), Bytes::from(body));
        answered("the custodian cloud (https://v)", purpose, status, Some(&response))
    }

    #[test]
    fn an_answer_names_its_custodian_and_says_what_to_do() {
        for (status, code, reason, said) in [
            (401, "AKV10032", Reason::CustodianDenied, "revoked"),
            (403, "ForbiddenByRbac", Reason::CustodianDenied, "role"),
            (403, "ForbiddenByFirewall", Reason::CustodianDenied, "network"),
            (403, "KeyDisabled", Reason::KeyVersionDisabled, "enable it"),
            (403, "KeyNotYetValid", Reason::KeyVersionDisabled, "dates"),
            (403, "KeyOperationForbidden", Reason::UsageNotPermitted, "operations"),
            (404, "KeyNotFound", Reason::KeyVersionDestroyed, "recover"),
            (409, "ObjectIsBeingDeleted", Reason::AlreadyExists, "deleted"),
            (429, "Throttled", Reason::CustodianThrottled, "vaults"),
            (400, "BadParameter", Reason::AlgorithmNotSupported, "tier"),
            (503, "ServiceUnavailable", Reason::CustodianUnavailable, "try again"),
        ] {
            let error = refused(status, code, Purpose::Other);
            assert_eq!(error.reason(), reason, "{error}");
            assert!(error.message().contains("the custodian cloud"), "{error}");
            assert!(error.message().contains(said), "{error}");
            assert!(error.message().ends_with(&format!("{status}, {code})")), "{error}");
        }
    }

    #[test]
    fn failures_to_decrypt_look_the_same() {
        let errors =
            ["BadParameter", "Padding", ""].map(|code| refused(400, code, Purpose::Decrypt));
        assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
        assert_eq!(errors[0].reason(), Reason::DecryptionFailed);
    }

    #[test]
    fn what_a_vault_says_gets_into_messages_as_a_name_alone() {
        let error = refused(403, "<script> token=secret", Purpose::Other);
        assert!(error.message().ends_with("(403)"), "{error}");
    }
}
