//! Why a connection was refused.

use std::io;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError};
use supacrypt_core::{Error, Reason};

/// A refused connection: a word for the metrics, an error for the log and the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) word: &'static str,
    pub(super) error: Error,
}

impl Refusal {
    fn new(word: &'static str, reason: Reason, message: impl Into<String>) -> Self {
        Refusal { word, error: Error::new(reason, message) }
    }

    pub(super) fn connection_limit() -> Self {
        let message = "limits.max_connections are open; raise the limit or look for a client \
                       that opens too many";
        Refusal::new("connection_limit", Reason::Overloaded, message)
    }

    pub(super) fn timeout(limit: Duration) -> Self {
        let message = format!("the TLS handshake was not done within {limit:?}");
        Refusal::new("timeout", Reason::DeadlineExceeded, message)
    }

    pub(super) fn plaintext_http() -> Self {
        let message = "the client speaks HTTP without TLS; it should use https://";
        Refusal::new("plaintext_http", Reason::Protocol, message)
    }

    pub(super) fn not_tls() -> Self {
        Refusal::new("not_tls", Reason::Protocol, "the client does not speak TLS")
    }

    pub(super) fn not_http2() -> Self {
        let message = "the client did not offer HTTP/2 (ALPN h2), which gRPC needs";
        Refusal::new("not_http2", Reason::Protocol, message)
    }

    pub(super) fn no_identity(error: Error) -> Self {
        Refusal { word: "no_identity", error }
    }

    /// What a failed handshake means.
    pub(super) fn of_handshake(cause: &io::Error) -> Self {
        let tls = cause.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(tls) => Refusal::of_tls(tls),
            None => {
                let message = format!("the client hung up during the TLS handshake: {cause}");
                Refusal::new("hung_up", Reason::Protocol, message)
            }
        }
    }

    fn of_tls(cause: &rustls::Error) -> Self {
        use CertificateError as Bad;
        match cause {
            rustls::Error::NoCertificatesPresented => Refusal::new(
                "certificate_missing",
                Reason::ClientCertificateMissing,
                "the client presented no certificate",
            ),
            rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => {
                Refusal::new(
                    "certificate_expired",
                    Reason::ClientCertificateExpired,
                    "the client's certificate has expired",
                )
            }
            rustls::Error::InvalidCertificate(
                Bad::NotValidYet | Bad::NotValidYetContext { .. },
            ) => Refusal::new(
                "certificate_not_yet_valid",
                Reason::ClientCertificateExpired,
                "the client's certificate is not valid yet; compare the clocks",
            ),
            // A signature that does not match comes from another authority of the same name.
            rustls::Error::InvalidCertificate(Bad::UnknownIssuer | Bad::BadSignature) => {
                Refusal::new(
                    "unknown_issuer",
                    Reason::ClientCertificateRejected,
                    "the client's certificate was issued by none of tls.client_ca",
                )
            }
            rustls::Error::InvalidCertificate(other) => Refusal::new(
                "certificate_invalid",
                Reason::ClientCertificateRejected,
                format!("the client's certificate is not accepted: {other}"),
            ),
            rustls::Error::AlertReceived(alert) => Refusal::of_alert(*alert),
            rustls::Error::PeerIncompatible(why) => Refusal::new(
                "incompatible",
                Reason::Protocol,
                format!("the client does not speak TLS 1.3 as this server does: {why:?}"),
            ),
            rustls::Error::NoApplicationProtocol => Refusal::not_http2(),
            other => Refusal::new("not_tls", Reason::Protocol, other.to_string()),
        }
    }

    /// The client broke off and said why.
    fn of_alert(alert: AlertDescription) -> Self {
        let message = format!(
            "the client broke off the handshake ({alert:?}); mostly it does not trust the server's \
             certificate, or expects another name in it"
        );
        Refusal::new("refused_by_client", Reason::ServerNotTrusted, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(error: rustls::Error) -> &'static str {
        Refusal::of_handshake(&io::Error::new(io::ErrorKind::InvalidData, error)).word
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_told_apart() {
        let invalid = |error| word(rustls::Error::InvalidCertificate(error));
        assert_eq!(word(rustls::Error::NoCertificatesPresented), "certificate_missing");
        assert_eq!(invalid(CertificateError::Expired), "certificate_expired");
        assert_eq!(invalid(CertificateError::NotValidYet), "certificate_not_yet_valid");
        assert_eq!(invalid(CertificateError::UnknownIssuer), "unknown_issuer");
        assert_eq!(invalid(CertificateError::Revoked), "certificate_invalid");
    }

    #[test]
    fn a_client_that_does_not_trust_the_server_is_not_one_that_hung_up() {
        let alert = rustls::Error::AlertReceived(AlertDescription::UnknownCA);
        assert_eq!(word(alert), "refused_by_client");
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(Refusal::of_handshake(&reset).word, "hung_up");
    }
}
