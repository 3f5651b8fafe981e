//! The TLS side of a connection.

use std::{path::Path, sync::Arc};

use rustls::{ClientConfig, RootCertStore, client::Resumption, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use supacrypt_core::{Error, Reason, Result};

use crate::{config::Tls, platform};

/// Reads the files and makes TLS ready: version 1.3 only, with a client certificate.
///
/// Done for each new connection, so that renewed certificates are taken up without a restart.
///
/// # Errors
/// [`Reason::Configuration`], naming the file.
pub(crate) fn client_config(tls: &Tls) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&tls.ca, "tls.ca")? {
        roots.add(certificate).map_err(|error| wrong(&tls.ca, "tls.ca", &error))?;
    }
    let chain = certificates(&tls.certificate, "tls.certificate")?;
    platform::check_private(&tls.key)?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|error| wrong(&tls.key, "tls.key", &error))?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| Error::new(Reason::Internal, error.to_string()))?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(|error| {
            Error::new(
                Reason::Configuration,
                format!(
                    "tls.certificate {} and tls.key {} do not fit: {error}",
                    tls.certificate.display(),
                    tls.key.display()
                ),
            )
        })?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A resumed session would not show the certificate again.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// The key exchanges that TLS offers, the preferred one first, in the words of the TLS registry.
pub fn key_exchanges() -> Vec<String> {
    let groups = aws_lc_rs::default_provider().kx_groups;
    groups.iter().map(|group| format!("{:?}", group.name())).collect()
}

/// Reads the certificates of a PEM file, at least one.
pub(crate) fn certificates(
    path: &Path,
    field: &'static str,
) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(path, field, &error))?;
    if certificates.is_empty() {
        return Err(wrong(path, field, &"there is no certificate in it"));
    }
    Ok(certificates)
}

fn wrong(path: &Path, field: &'static str, error: &dyn std::fmt::Display) -> Error {
    Error::new(Reason::Configuration, format!("{field} {}: {error}", path.display()))
        .in_field(field)
}
