//! What the server demands of a connection.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use supacrypt_core::{Error, Reason, Result};

use crate::config::Tls;

/// The one protocol spoken inside TLS.
pub(super) const ALPN_H2: &[u8] = b"h2";

/// TLS 1.3 with a client certificate, HTTP/2 inside, the hybrid X25519MLKEM768 preferred for the
/// key exchange.
///
/// Sessions are not resumed: a ticket would let a client back in on the strength of a certificate
/// that was good when the ticket was made, whatever has become of it or of the authorities since.
///
/// # Errors
/// [`Reason::Configuration`], naming the file.
pub fn server_config(tls: &Tls) -> Result<Arc<ServerConfig>> {
    refuse_if_public(&tls.key)?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let roots = Arc::new(client_roots(&tls.client_ca)?);
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider))
        .build()
        .map_err(|cause| wrong("tls.client_ca", &tls.client_ca, &cause))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|cause| wrong("tls.key", &tls.key, &cause))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("invariant: the provider has cipher suites of TLS 1.3")
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates("tls.certificate", &tls.certificate)?, key)
        .map_err(|cause| wrong("tls.key", &tls.key, &cause))?;
    config.alpn_protocols = vec![ALPN_H2.to_vec()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

fn client_roots(file: &Path) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates("tls.client_ca", file)? {
        roots.add(certificate).map_err(|cause| wrong("tls.client_ca", file, &cause))?;
    }
    Ok(roots)
}

/// The key exchanges that TLS offers, the preferred one first, in the words of the TLS registry.
pub fn key_exchanges() -> Vec<String> {
    let groups = aws_lc_rs::default_provider().kx_groups;
    groups.iter().map(|group| format!("{:?}", group.name())).collect()
}

fn certificates(key: &'static str, file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, pem::Error>>)
        .map_err(|cause| wrong(key, file, &cause))?;
    if certificates.is_empty() {
        return Err(wrong(key, file, &"the file holds no certificate"));
    }
    Ok(certificates)
}

/// Whoever can read the key can pose as the server.
#[cfg(unix)]
fn refuse_if_public(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = std::fs::metadata(file).map_err(|cause| wrong("tls.key", file, &cause))?;
    if metadata.permissions().mode() & 0o004 == 0 {
        return Ok(());
    }
    let advice = "everyone on this machine can read it; take that away with `chmod 640` and \
                  replace the key if someone may have read it";
    Err(wrong("tls.key", file, &advice))
}

/// Access lists have no simple reading here; the installer sets them.
#[cfg(not(unix))]
fn refuse_if_public(_file: &Path) -> Result<()> {
    Ok(())
}

fn wrong(key: &'static str, file: &Path, cause: &dyn std::fmt::Display) -> Error {
    let message = format!("{key}: {}: {cause}", file.display());
    Error::new(Reason::Configuration, message).in_field(key)
}
