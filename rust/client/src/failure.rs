//! What failures of the network mean, in words for the one who has to mend it.

use std::{error::Error as StdError, io};

use rustls::{AlertDescription, CertificateError};
use supacrypt_core::{Error, Reason};

/// An attempt that failed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The connection broke, so that nobody knows whether the request was performed.
    pub(crate) lost: bool,
}

impl Failure {
    /// The server, or this side before it sent anything, said no.
    pub(crate) fn answered(error: Error) -> Self {
        Failure { error, lost: false }
    }

    /// The connection broke.
    pub(crate) fn lost(error: Error) -> Self {
        Failure { error, lost: true }
    }
}

/// What an error of TCP, TLS or HTTP/2 means, found anywhere in its chain of causes.
pub(crate) fn of_network(error: &(dyn StdError + 'static)) -> Error {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return of_tls(tls);
        }
        if let Some(io) = current.downcast_ref::<io::Error>() {
            // An io::Error shows the source of what it wraps, not what it wraps.
            match io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(tls) => return of_tls(tls),
                None if io.get_ref().is_none() => {
                    return Error::new(
                        Reason::Unreachable,
                        format!("the connection to the server broke: {io}"),
                    );
                }
                None => {}
            }
        }
        cause = current.source();
    }
    Error::new(Reason::Unreachable, format!("the connection to the server broke: {error}"))
}

fn of_tls(error: &rustls::Error) -> Error {
    use CertificateError as Bad;
    let (reason, message) = match error {
        rustls::Error::AlertReceived(alert) => return of_alert(*alert),
        rustls::Error::InvalidCertificate(
            Bad::NotValidForName | Bad::NotValidForNameContext { .. },
        ) => (
            Reason::ServerNotTrusted,
            format!("{error}; set tls.server_name if the server is known by another name"),
        ),
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer) => (
            Reason::ServerNotTrusted,
            "the server's certificate does not come from the authority in tls.ca".into(),
        ),
        rustls::Error::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => (
            Reason::ServerNotTrusted,
            format!(
                "the server's certificate has expired, or this machine's clock is wrong: {error}"
            ),
        ),
        rustls::Error::InvalidCertificate(_) => {
            (Reason::ServerNotTrusted, format!("the server's certificate: {error}"))
        }
        rustls::Error::InvalidMessage(_) => (
            Reason::Protocol,
            "the endpoint does not speak TLS; is it another service's port?".into(),
        ),
        _ => (Reason::Protocol, format!("TLS 1.3 with the server failed: {error}")),
    };
    Error::new(reason, message)
}

/// Alerts that a server sends (RFC 8446, section 6.2).
fn of_alert(alert: AlertDescription) -> Error {
    let (reason, message) = match alert {
        AlertDescription::CertificateRequired => (
            Reason::ClientCertificateMissing,
            "the server wants a client certificate; set tls.certificate and tls.key".into(),
        ),
        AlertDescription::CertificateExpired => (
            Reason::ClientCertificateExpired,
            "the server says that the client certificate has expired or is not valid yet; \
             renew the one in tls.certificate, or look at both clocks"
                .into(),
        ),
        AlertDescription::UnknownCA => (
            Reason::ClientCertificateRejected,
            "the server does not know the authority of the client certificate; use one from the \
             authority in the server's tls.client_ca"
                .into(),
        ),
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateRevoked
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError => (
            Reason::ClientCertificateRejected,
            format!("the server refuses the client certificate ({alert:?}); its log says why"),
        ),
        AlertDescription::ProtocolVersion
        | AlertDescription::HandshakeFailure
        | AlertDescription::NoApplicationProtocol => {
            (Reason::Protocol, format!("the server does not speak gRPC over TLS 1.3 ({alert:?})"))
        }
        _ => (Reason::Protocol, format!("the server ended the connection: {alert:?}")),
    };
    Error::new(reason, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_found_inside_an_io_error() {
        let alert = rustls::Error::AlertReceived(AlertDescription::CertificateExpired);
        let error = io::Error::new(io::ErrorKind::InvalidData, alert);
        assert_eq!(of_network(&error).reason(), Reason::ClientCertificateExpired);
    }

    #[test]
    fn a_broken_connection_is_unreachable() {
        let error = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(of_network(&error).reason(), Reason::Unreachable);
    }
}
