//! What an X.509 certificate says.

use der::{Encode, Tag, asn1::AnyRef};
use supacrypt_core::{Error, Reason, Result};
use x509_parser::{certificate::X509CertificateParser, nom::Parser};

/// An X.509 certificate (RFC 5280, section 4.1). It was read, not verified: nothing here says that
/// it can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The subject, a `Name` in DER.
    pub subject: Vec<u8>,
    /// The issuer, a `Name` in DER.
    pub issuer: Vec<u8>,
    /// The serial number, an `INTEGER` in DER.
    pub serial_number: Vec<u8>,
    /// The public key, a `SubjectPublicKeyInfo` in DER, of any type.
    pub public_key: Vec<u8>,
    /// The subject for people, such as `CN=example, O=Example`.
    pub subject_text: String,
    /// The first common name of the subject, where it has one.
    pub common_name: Option<String>,
    /// The issuer for people.
    pub issuer_text: String,
    /// The beginning of its validity, seconds since the Unix epoch.
    pub not_before: i64,
    /// The end of its validity, seconds since the Unix epoch.
    pub not_after: i64,
}

impl Certificate {
    /// Reads a certificate in DER. Its extensions are not looked into.
    ///
    /// # Errors
    /// [`Reason::InvalidArgument`] when the bytes are not exactly one certificate.
    pub fn from_der(der: &[u8]) -> Result<Certificate> {
        let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
        let (rest, certificate) = parser.parse(der).map_err(|_| refusal(der))?;
        if !rest.is_empty() {
            return Err(Error::new(
                Reason::InvalidArgument,
                format!(
                    "{} bytes follow the certificate; send each certificate on its own",
                    rest.len()
                ),
            ));
        }
        // The parser passes over what follows the signature inside of the certificate.
        if certificate.signature_value.data.as_ptr_range().end != der.as_ptr_range().end {
            return Err(refusal(der));
        }
        let serial_number = AnyRef::new(Tag::Integer, certificate.raw_serial())
            .and_then(|serial| serial.to_der())
            .map_err(|_| refusal(der))?;
        let mut common_names = certificate.subject().iter_common_name();
        let common_name = common_names.find_map(|name| name.as_str().ok());
        Ok(Certificate {
            subject: certificate.subject().as_raw().to_vec(),
            issuer: certificate.issuer().as_raw().to_vec(),
            serial_number,
            public_key: certificate.public_key().raw.to_vec(),
            subject_text: text(&certificate.subject().to_string()),
            common_name: common_name.map(text),
            issuer_text: text(&certificate.issuer().to_string()),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
        })
    }
}

/// Why the bytes are no certificate, where a frequent mistake explains it.
fn refusal(bytes: &[u8]) -> Error {
    let message = if bytes.is_empty() {
        "the certificate is missing; send it in DER"
    } else if bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
        "the certificate is in PEM; send the DER inside of it, as `openssl x509 -outform der` \
         writes it"
    } else {
        "the bytes are not an X.509 certificate in DER; `openssl x509 -inform der -text` shows one"
    };
    Error::new(Reason::InvalidArgument, message)
}

/// A name for people, without what would forge lines on a terminal or in a log.
fn text(name: &str) -> String {
    let replaced = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    name.chars().map(replaced).collect()
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

    use super::*;
    use crate::PublicKey;

    fn certificate(common_name: &str) -> rcgen::Certificate {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.serial_number = Some(vec![0x80, 0x01].into());
        params.self_signed(&KeyPair::generate().unwrap()).unwrap()
    }

    #[test]
    fn names_serial_number_and_key_are_read_as_they_stand() {
        let read = Certificate::from_der(certificate("a").der()).unwrap();
        // SEQUENCE { SET { SEQUENCE { OID 2.5.4.3, UTF8String "a" } } }
        let name = b"\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01a";
        assert_eq!((&read.subject[..], &read.issuer[..]), (&name[..], &name[..]));
        // Positive, in spite of its first bit.
        assert_eq!(read.serial_number, b"\x02\x03\x00\x80\x01");
        assert_eq!((read.subject_text.as_str(), read.common_name.as_deref()), ("CN=a", Some("a")));
        assert!(read.not_before < read.not_after);
        assert!(PublicKey::from_spki_der(&read.public_key).is_ok());
    }

    #[test]
    fn a_name_that_forges_lines_is_shown_without_them() {
        let read = Certificate::from_der(certificate("a\n\u{1b}[2Jb").der()).unwrap();
        assert!(!read.subject_text.contains(char::is_control), "{:?}", read.subject_text);
    }

    #[test]
    fn anything_but_one_certificate_is_refused_with_the_way_out() {
        let certificate = certificate("a");
        let der = certificate.der().to_vec();
        let refused = |bytes: &[u8]| {
            let error = Certificate::from_der(bytes).unwrap_err();
            assert_eq!(error.reason(), Reason::InvalidArgument);
            error.message().to_owned()
        };
        assert!(refused(certificate.pem().as_bytes()).contains("openssl x509 -outform der"));
        assert!(refused(&[&der[..], &der].concat()).contains("bytes follow"));
        assert!(refused(b"").contains("missing"));
        assert!(refused(&der[..der.len() - 1]).contains("not an X.509 certificate"));
        let mut longer = [&der[..], b"\x05\x00"].concat();
        let length = u16::from_be_bytes([longer[2], longer[3]]) + 2;
        longer[2..4].copy_from_slice(&length.to_be_bytes());
        assert!(refused(&longer).contains("not an X.509 certificate"));
    }
}
