//! Certificates in files.

use std::path::Path;

use rustls_pki_types::{CertificateDer, pem::PemObject};
use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::Certificate;
use supacrypt_proto::limits;

use crate::files;

/// The largest file: a chain, or a bundle of authorities.
const MAX_FILE: usize = 16 * limits::CERTIFICATE;

/// A certificate of a file, and what it says.
pub(super) struct FromFile {
    pub(super) der: Vec<u8>,
    pub(super) says: Certificate,
}

/// All certificates of a file in PEM, or the one of a file in DER. What else a PEM file holds is
/// passed over.
///
/// # Errors
/// [`Reason::InvalidArgument`] when it holds none or one that cannot be read; those of reading files.
pub(super) fn read(path: &Path) -> Result<Vec<FromFile>> {
    certificates(&files::read(path, MAX_FILE)?).map_err(|error| {
        Error::new(error.reason(), format!("{}: {}", path.display(), error.message()))
    })
}

fn certificates(content: &[u8]) -> Result<Vec<FromFile>> {
    let of = |der: Vec<u8>| Ok(FromFile { says: Certificate::from_der(&der)?, der });
    if !is_pem(content) {
        return Ok(vec![of(content.to_vec())?]);
    }
    let invalid = |message: String| Error::new(Reason::InvalidArgument, message);
    let found = CertificateDer::pem_slice_iter(content)
        .map(|der| {
            let der = der.map_err(|error| invalid(format!("no sound PEM: {error}")))?;
            of(der.to_vec())
        })
        .collect::<Result<Vec<_>>>()?;
    if found.is_empty() {
        return Err(invalid("holds no CERTIFICATE in PEM".to_owned()));
    }
    Ok(found)
}

/// PEM may have text in front, as `openssl x509 -text` writes it; DER begins with a SEQUENCE.
fn is_pem(content: &[u8]) -> bool {
    !content.starts_with(&[0x30]) && content.windows(11).any(|window| window == b"-----BEGIN ")
}
