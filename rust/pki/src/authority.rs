//! The authority and what it issues.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};

use crate::{Identity, Validity, files};

/// How long an authority and a server certificate hold, in days. Development only: long enough not
/// to break a demo, short enough not to become production.
const AUTHORITY_DAYS: u32 = 365;
const SERVER_DAYS: u32 = 90;

/// What went wrong with certificates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that cannot stand in a certificate, or a key that cannot be read.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
}

/// A certificate authority whose key is in memory.
pub struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, both in PEM.
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// The private key, PKCS#8.
    pub key: String,
}

impl Authority {
    /// Makes an authority.
    ///
    /// # Errors
    /// [`Error::Certificate`] when `name` cannot stand in a certificate.
    pub fn new(name: &str) -> Result<Self, Error> {
        let mut params = params(name, Validity::days(AUTHORITY_DAYS));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = key_pair()?;
        let certificate = params.self_signed(&key)?.pem();
        Ok(Authority { certificate, issuer: Issuer::new(params, key) })
    }

    /// The authority's certificate in PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A server certificate for DNS names and IP addresses.
    ///
    /// # Errors
    /// [`Error::Certificate`] when a name is neither.
    pub fn issue_server(&self, names: &[&str]) -> Result<Issued, Error> {
        let mut params =
            params(names.first().copied().unwrap_or("supacryptd"), Validity::days(SERVER_DAYS));
        params.subject_alt_names =
            CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?
                .subject_alt_names;
        self.issue(params, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A client certificate.
    ///
    /// # Errors
    /// [`Error::Certificate`] when the name cannot stand in a certificate.
    pub fn issue_client(&self, identity: &Identity, validity: Validity) -> Result<Issued, Error> {
        let mut params = params(identity.name(), validity);
        params.subject_alt_names = match identity {
            Identity::Spiffe(uri) => vec![SanType::URI(uri.as_str().try_into()?)],
            Identity::Dns(name) => vec![SanType::DnsName(name.as_str().try_into()?)],
            Identity::CommonName(_) => Vec::new(),
        };
        self.issue(params, ExtendedKeyUsagePurpose::ClientAuth)
    }

    /// Writes the authority's certificate; its key is written nowhere.
    ///
    /// # Errors
    /// [`Error::File`], also when the file exists.
    pub fn write_certificate(&self, path: &Path) -> Result<(), Error> {
        write(path, &self.certificate, false)
    }

    /// Writes the authority's key and certificate, to issue more later.
    ///
    /// # Errors
    /// [`Error::File`], also when a file exists.
    pub fn write(&self, certificate: &Path, key: &Path) -> Result<(), Error> {
        write(key, &self.issuer.key().serialize_pem(), true)?;
        self.write_certificate(certificate)
    }

    /// Reads what [`write`](Self::write) wrote.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Certificate`] when a file holds something else.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, Error> {
        let read = |path: &Path| {
            fs::read_to_string(path)
                .map_err(|source| Error::File { path: path.to_path_buf(), source })
        };
        let key = KeyPair::from_pem(&read(key)?)?;
        let certificate = read(certificate)?;
        let issuer = Issuer::from_ca_cert_pem(&certificate, key)?;
        Ok(Authority { certificate, issuer })
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Issued, Error> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        params.use_authority_key_identifier_extension = true;
        let key = key_pair()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Issued { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}

impl Issued {
    /// Writes certificate and key.
    ///
    /// # Errors
    /// [`Error::File`], also when a file exists.
    pub fn write(&self, certificate: &Path, key: &Path) -> Result<(), Error> {
        write(key, &self.key, true)?;
        write(certificate, &self.certificate, false)
    }
}

fn key_pair() -> Result<KeyPair, rcgen::Error> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
}

fn params(common_name: &str, validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = validity.not_before.into();
    params.not_after = validity.not_after.into();
    params
}

fn write(path: &Path, content: &str, secret: bool) -> Result<(), Error> {
    files::create(path, content, secret)
        .map_err(|source| Error::File { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn openssl_accepts_what_a_reread_authority_issues() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        Authority::new("Test CA").unwrap().write(&path("ca.pem"), &path("ca.key")).unwrap();
        let authority = Authority::read(&path("ca.pem"), &path("ca.key")).unwrap();
        authority
            .issue_server(&["localhost", "127.0.0.1"])
            .unwrap()
            .write(&path("server.pem"), &path("server.key"))
            .unwrap();
        let identity = Identity::Spiffe("spiffe://example.org/app".into());
        authority
            .issue_client(&identity, Validity::days(1))
            .unwrap()
            .write(&path("client.pem"), &path("client.key"))
            .unwrap();
        for (purpose, file, expected) in [
            ("sslserver", "server.pem", true),
            ("sslclient", "client.pem", true),
            ("sslserver", "client.pem", false),
        ] {
            let output = Command::new("openssl")
                .args(["verify", "-x509_strict", "-purpose", purpose, "-CAfile"])
                .args([path("ca.pem"), path(file)])
                .output()
                .unwrap();
            assert_eq!(output.status.success(), expected, "{file} as {purpose}: {output:?}");
        }
    }

    #[test]
    fn an_expired_certificate_is_expired() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        let authority = Authority::new("Test CA").unwrap();
        authority.write_certificate(&path("ca.pem")).unwrap();
        authority
            .issue_client(&Identity::CommonName("late".into()), Validity::expired())
            .unwrap()
            .write(&path("late.pem"), &path("late.key"))
            .unwrap();
        let output = Command::new("openssl")
            .args(["verify", "-CAfile"])
            .args([path("ca.pem"), path("late.pem")])
            .output()
            .unwrap();
        assert!(String::from_utf8_lossy(&output.stderr).contains("expired"), "{output:?}");
    }

    #[cfg(unix)]
    #[test]
    fn keys_are_readable_by_their_owner_only_and_never_replaced() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let (certificate, key) = (dir.path().join("ca.pem"), dir.path().join("ca.key"));
        Authority::new("Test CA").unwrap().write(&certificate, &key).unwrap();
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        let before = fs::read(&key).unwrap();
        assert!(Authority::new("Other CA").unwrap().write(&certificate, &key).is_err());
        assert_eq!(fs::read(&key).unwrap(), before);
    }
}
