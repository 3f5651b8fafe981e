//! The TLS side of a connection.

use std::{fs::File, io::ErrorKind, path::Path, sync::Arc};

use arc_swap::ArcSwap;
use rustls::{ClientConfig, RootCertStore, client::Resumption, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use supacrypt_core::{Error, Reason, Result};

use crate::{config::Tls, platform};

/// The files that TLS is made ready from, and what they held last.
pub(crate) struct Files {
    tls: Tls,
    last: ArcSwap<ClientConfig>,
}

impl Files {
    /// Reads the files.
    ///
    /// # Errors
    /// [`Reason::Configuration`], naming the file.
    pub(crate) fn open(tls: &Tls) -> Result<Files> {
        Ok(Files { tls: tls.clone(), last: ArcSwap::new(client_config(tls)?) })
    }

    /// Where the files are, and who the server is.
    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
    }

    /// Reads the files again. Done for each new connection, so that renewed certificates are taken up
    /// without a restart.
    ///
    /// Servers begin as root and serve as somebody who may not read the key: what it was as long as
    /// it could be read still holds then.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn read(&self) -> Result<Arc<ClientConfig>> {
        match client_config(&self.tls) {
            Ok(config) => {
                self.last.store(Arc::clone(&config));
                Ok(config)
            }
            Err(error) if is_out_of_reach(&self.tls.key) => {
                tracing::debug!(%error, "going on with the key as it was");
                Ok(self.last.load_full())
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether this process lacks the right to read the file.
fn is_out_of_reach(path: &Path) -> bool {
    File::open(path).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

/// Makes TLS ready from its files: version 1.3 only, with a client certificate.
fn client_config(tls: &Tls) -> Result<Arc<ClientConfig>> {
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
