//! Who a certificate says its holder is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use supacrypt_core::{Error, Principal, Reason, Result};
use supacrypt_proto::limits;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

/// Scheme of a SPIFFE ID (SPIFFE-ID, section 2).
const SPIFFE: &str = "spiffe://";

/// The holder of a certificate, and until when it speaks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) principal: Principal,
    /// The end of the certificate's validity.
    pub(super) not_after: SystemTime,
}

impl Identity {
    /// Reads an end-entity certificate that has been verified already.
    ///
    /// The principal is the first SPIFFE ID among the alternative names, else the first DNS name,
    /// else the subject's common name.
    ///
    /// # Errors
    /// [`Reason::Unauthenticated`] when it names nobody, or by a name that no grant could hold.
    pub(super) fn of(certificate: &[u8]) -> Result<Identity> {
        let (_, certificate) = X509Certificate::from_der(certificate)
            .map_err(|_| unauthenticated("the client certificate cannot be read"))?;
        let name = name(&certificate).ok_or_else(|| {
            unauthenticated(
                "the client certificate names nobody: give it a SPIFFE ID or a DNS name",
            )
        })?;
        if name.len() > limits::PRINCIPAL || name.chars().any(char::is_control) {
            return Err(unauthenticated(
                "the name in the client certificate is too long or holds control characters",
            ));
        }
        Ok(Identity {
            principal: Principal::new(name),
            not_after: time(certificate.validity().not_after),
        })
    }
}

fn name<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a str> {
    let alternatives = certificate
        .subject_alternative_name()
        .ok()
        .flatten()
        .map_or(&[][..], |extension| &extension.value.general_names);
    let spiffe = alternatives.iter().find_map(|name| match name {
        GeneralName::URI(uri) if uri.starts_with(SPIFFE) => Some(*uri),
        _ => None,
    });
    let dns = || {
        alternatives.iter().find_map(|name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        })
    };
    let common = || certificate.subject().iter_common_name().find_map(|name| name.as_str().ok());
    spiffe.or_else(dns).or_else(common).filter(|name| !name.is_empty())
}

fn time(time: ASN1Time) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(time.timestamp().try_into().unwrap_or(0))
}

fn unauthenticated(message: &str) -> Error {
    Error::new(Reason::Unauthenticated, message)
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};

    use super::*;

    fn identity(common_name: &str, alternatives: Vec<SanType>) -> Result<Identity> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        if !common_name.is_empty() {
            params.distinguished_name.push(DnType::CommonName, common_name);
        }
        params.subject_alt_names = alternatives;
        let key = KeyPair::generate().unwrap();
        Identity::of(params.self_signed(&key).unwrap().der())
    }

    fn uri(text: &str) -> SanType {
        SanType::URI(text.try_into().unwrap())
    }

    fn dns(text: &str) -> SanType {
        SanType::DnsName(text.try_into().unwrap())
    }

    #[test]
    fn a_spiffe_id_goes_before_a_dns_name_and_that_before_the_common_name() {
        let spiffe = "spiffe://example.org/app";
        let all = vec![dns("app.example.org"), uri("https://example.org"), uri(spiffe)];
        assert_eq!(identity("app", all).unwrap().principal.as_str(), spiffe);
        let some = vec![uri("https://example.org"), dns("app.example.org")];
        assert_eq!(identity("app", some).unwrap().principal.as_str(), "app.example.org");
        assert_eq!(identity("app", vec![]).unwrap().principal.as_str(), "app");
    }

    #[test]
    fn a_certificate_that_names_nobody_is_refused() {
        assert_eq!(identity("", vec![]).unwrap_err().reason(), Reason::Unauthenticated);
    }

    #[test]
    fn a_name_that_would_forge_lines_in_a_log_is_refused() {
        assert_eq!(identity("a\nb", vec![]).unwrap_err().reason(), Reason::Unauthenticated);
    }
}
