//! What went wrong at a token, and what that means to whoever asked.

use cryptoki::context::Function;
use cryptoki::error::{Error as TokenError, RvError};
use supacrypt_core::{Error, Reason};

/// A failure on the way to a token and back.
#[derive(Debug)]
pub(super) enum Fault {
    /// The module said so.
    Token(TokenError),
    /// It was noticed here.
    Ours(Error),
    /// The token answered, and the answer is of no use.
    Useless(Error),
}

impl From<TokenError> for Fault {
    fn from(error: TokenError) -> Self {
        Fault::Token(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Ours(error)
    }
}

impl Fault {
    /// The answer of the module.
    pub(super) fn code(&self) -> Option<RvError> {
        match self {
            Fault::Token(TokenError::Pkcs11(code, _)) => Some(*code),
            _ => None,
        }
    }

    /// Whether the session, the login or the way to the token is gone, so that a new session may help.
    /// Modules of HSMs in a network call a broken connection a fault of the device.
    pub(super) fn is_lost(&self) -> bool {
        matches!(
            self.code(),
            Some(
                RvError::SessionHandleInvalid
                    | RvError::SessionClosed
                    | RvError::UserNotLoggedIn
                    | RvError::DeviceError
                    | RvError::DeviceRemoved
                    | RvError::SlotIdInvalid
                    | RvError::TokenNotPresent
            )
        )
    }

    /// Whether the handle of the key is no good any more.
    pub(super) fn is_stale(&self) -> bool {
        matches!(self.code(), Some(RvError::KeyHandleInvalid | RvError::ObjectHandleInvalid))
    }

    /// Whether trying the same PIN again would only bring the token closer to locking it.
    pub(super) fn is_of_pin(&self) -> bool {
        matches!(
            self.code(),
            Some(
                RvError::PinIncorrect
                    | RvError::PinInvalid
                    | RvError::PinLenRange
                    | RvError::PinExpired
                    | RvError::PinLocked
                    | RvError::UserPinNotInitialized
            )
        )
    }

    /// What is told of it. `custodian` is the name that keyrings know it by.
    pub(super) fn explain(self, custodian: &str) -> Error {
        let error = match self {
            Fault::Ours(error) | Fault::Useless(error) => return error,
            Fault::Token(error) => error,
        };
        let (reason, advice) = match error {
            TokenError::Pkcs11(code, function) => meaning(code, function),
            TokenError::NullFunctionPointer | TokenError::NotSupported => NOT_OFFERED,
            _ => REFUSED,
        };
        // Why a ciphertext does not decrypt is nobody's business.
        if reason == Reason::DecryptionFailed {
            return Error::new(reason, advice);
        }
        // The names alone: the crate's text for a code is a paragraph of the standard.
        let cause = match error {
            TokenError::Pkcs11(code, function) => format!("C_{function:?}: {code:?}"),
            other => other.to_string(),
        };
        Error::new(reason, format!("the custodian {custodian} {advice} ({cause})"))
    }
}

const NOT_OFFERED: (Reason, &str) =
    (Reason::AlgorithmNotSupported, "does not offer this; choose another algorithm or kind of key");
const REFUSED: (Reason, &str) =
    (Reason::CustodianUnavailable, "refuses; the log of its module or device may tell why");

/// What the return values of PKCS#11 (v3.1, section 5.1) mean here.
fn meaning(code: RvError, function: Function) -> (Reason, &'static str) {
    use Reason::KeyVersionDestroyed;
    use Reason::{CustodianDenied, CustodianUnavailable as Unavailable, InputLength};
    use RvError as Rv;
    match (code, function) {
        // Once decryption has begun all its failures look the same: the difference would be an
        // oracle. Modules tell wrong padding by the most general code that they have.
        (
            Rv::EncryptedDataInvalid
            | Rv::EncryptedDataLenRange
            | Rv::DataInvalid
            | Rv::DataLenRange
            | Rv::SignatureInvalid
            | Rv::GeneralError
            | Rv::FunctionFailed
            | Rv::ArgumentsBad,
            Function::Decrypt,
        ) => (
            Reason::DecryptionFailed,
            "the ciphertext was not made for this key and these parameters, or was altered",
        ),
        (
            Rv::TokenNotPresent | Rv::TokenNotRecognized | Rv::DeviceRemoved | Rv::SlotIdInvalid,
            _,
        ) => (Unavailable, "has no token; connect it, or see that its service runs"),
        (Rv::PinIncorrect | Rv::PinInvalid | Rv::PinLenRange, _) => (
            CustodianDenied,
            "does not take the PIN; put the right one into pin_file and restart the server, which \
             does not try this one again",
        ),
        (Rv::PinLocked, _) => (
            CustodianDenied,
            "has locked the PIN; have its security officer set a new one, put it into pin_file and \
             restart the server",
        ),
        (Rv::PinExpired | Rv::UserPinNotInitialized, _) => (
            CustodianDenied,
            "wants a new PIN; set one with the tools of its maker, put it into pin_file and restart \
             the server",
        ),
        (Rv::SessionHandleInvalid | Rv::SessionClosed | Rv::UserNotLoggedIn, _) => {
            (Unavailable, "has ended the session; try again")
        }
        (Rv::SessionCount, _) => (
            Reason::CustodianThrottled,
            "has no session left; lower `sessions`, or close what others hold open",
        ),
        (Rv::DeviceError | Rv::DeviceMemory | Rv::HostMemory, _) => {
            (Unavailable, "has a fault or no memory left; look after the device")
        }
        (Rv::TokenWriteProtected | Rv::SessionReadOnly, _) => {
            (CustodianDenied, "is write-protected; keys are neither made nor destroyed there")
        }
        (Rv::KeyHandleInvalid | Rv::ObjectHandleInvalid, _) => (
            KeyVersionDestroyed,
            "does not have the key any more; restore it from the backup of the token",
        ),
        (Rv::KeyFunctionNotPermitted | Rv::ActionProhibited, _) => {
            (Reason::UsageNotPermitted, "does not let the key do this")
        }
        (
            Rv::MechanismInvalid
            | Rv::MechanismParamInvalid
            | Rv::FunctionNotSupported
            | Rv::ArgumentsBad
            | Rv::CurveNotSupported
            | Rv::DomainParamsInvalid
            | Rv::KeySizeRange
            | Rv::KeyTypeInconsistent
            | Rv::TemplateIncomplete
            | Rv::TemplateInconsistent
            | Rv::AttributeTypeInvalid
            | Rv::AttributeValueInvalid
            | Rv::AttributeReadOnly,
            _,
        ) => NOT_OFFERED,
        (Rv::DataLenRange | Rv::DataInvalid | Rv::EncryptedDataLenRange, _) => {
            (InputLength, "does not take an input of this length")
        }
        _ => REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(code: RvError, function: Function) -> Error {
        Fault::Token(TokenError::Pkcs11(code, function)).explain("vault")
    }

    #[test]
    fn a_fault_names_its_custodian_and_says_what_to_do() {
        for (code, reason, said) in [
            (RvError::TokenNotPresent, Reason::CustodianUnavailable, "connect it"),
            (RvError::PinIncorrect, Reason::CustodianDenied, "pin_file"),
            (RvError::PinLocked, Reason::CustodianDenied, "security officer"),
            (RvError::ObjectHandleInvalid, Reason::KeyVersionDestroyed, "backup"),
            (RvError::MechanismInvalid, Reason::AlgorithmNotSupported, "does not offer"),
            (RvError::DataLenRange, Reason::InputLength, "length"),
            (RvError::VendorDefined(0x8000_0001), Reason::CustodianUnavailable, "refuses"),
        ] {
            let error = explained(code, Function::SignInit);
            assert_eq!(error.reason(), reason, "{error}");
            assert!(error.message().contains("vault"), "{error}");
            assert!(error.message().contains(said), "{error}");
            assert!(error.message().ends_with(&format!("(C_SignInit: {code:?})")), "{error}");
        }
    }

    #[test]
    fn failures_to_decrypt_look_the_same() {
        let all = [RvError::GeneralError, RvError::EncryptedDataInvalid, RvError::DataLenRange];
        let errors = all.map(|code| explained(code, Function::Decrypt));
        assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
        assert_eq!(errors[0].reason(), Reason::DecryptionFailed);
    }
}
