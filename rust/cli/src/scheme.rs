//! How a signature is to be made, from the command line, and the input it is made of.

use std::path::Path;

use clap::{ValueEnum, builder::PossibleValuesParser, builder::TypedValueParser};
use strum::IntoEnumIterator;
use supacrypt_core::{Digest, Error, KeyClass, KeySpec, Reason, Result, SignatureScheme};
use supacrypt_crypto::Hasher;
use supacrypt_proto::limits;

use crate::files;

/// The names of the digests that are offered: SHA-1 makes no new signatures.
fn digests() -> impl Iterator<Item = &'static str> {
    Digest::iter().filter(|digest| *digest != Digest::Sha1).map(Into::into)
}

/// The options that `sign` and `verify` share.
#[derive(clap::Args)]
pub(crate) struct SchemeArgs {
    /// The digest; by default the one that fits the key: SHA-384 for P-384, SHA-512 for P-521, else
    /// SHA-256
    #[arg(long, value_parser = PossibleValuesParser::new(digests())
        .try_map(|digest| digest.parse::<Digest>()))]
    digest: Option<Digest>,
    /// The input is the digest already, as bytes
    #[arg(long)]
    raw_digest: bool,
    /// Padding of RSA signatures; the salt of PSS is as long as the digest
    #[arg(long, value_enum, default_value_t)]
    padding: Padding,
    /// ECDSA signatures are r || s (IEEE P1363) instead of DER
    #[arg(long)]
    pub(crate) p1363: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Padding {
    /// PKCS#1 v1.5
    #[default]
    Pkcs1,
    /// PSS
    Pss,
}

impl SchemeArgs {
    /// The scheme for a key of type `spec`, and its input made of the content of `file`.
    ///
    /// # Errors
    /// [`Reason::InvalidArgument`] for options that do not fit the key; those of reading the file.
    pub(crate) fn prepare(&self, spec: KeySpec, file: &Path) -> Result<(SignatureScheme, Vec<u8>)> {
        let digest = self.digest.unwrap_or_else(|| fitting_digest(spec));
        let scheme = match (spec.class(), self.padding) {
            (KeyClass::Rsa, Padding::Pkcs1) => SignatureScheme::RsaPkcs1 { digest },
            (KeyClass::Rsa, Padding::Pss) => SignatureScheme::RsaPss {
                digest,
                mgf_digest: digest,
                salt_length: u16::try_from(digest.len()).expect("invariant: at most 64"),
            },
            (KeyClass::Ec, _) => SignatureScheme::Ecdsa,
            (KeyClass::Edwards, _) => return self.prepare_message(SignatureScheme::Ed25519, file),
            (KeyClass::MlDsa, _) => return self.prepare_message(SignatureScheme::MlDsa, file),
            _ => {
                let message = format!("a key of type {spec} makes no signatures");
                return Err(Error::new(Reason::AlgorithmMismatch, message));
            }
        };
        let input = if self.raw_digest {
            raw_digest(file, digest)?
        } else {
            let mut hasher = Hasher::new(digest);
            files::read_pieces(file, |piece| hasher.update(piece))?;
            hasher.finish()
        };
        Ok((scheme, input))
    }

    fn prepare_message(
        &self,
        scheme: SignatureScheme,
        file: &Path,
    ) -> Result<(SignatureScheme, Vec<u8>)> {
        if self.raw_digest || self.digest.is_some() {
            let message =
                format!("{scheme} signs the message itself; leave out --digest and --raw-digest");
            return Err(Error::new(Reason::InvalidArgument, message));
        }
        let message = files::read(file, limits::INPUT)?;
        Ok((scheme, message.to_vec()))
    }
}

fn fitting_digest(spec: KeySpec) -> Digest {
    match spec {
        KeySpec::EcP384 => Digest::Sha384,
        KeySpec::EcP521 => Digest::Sha512,
        _ => Digest::Sha256,
    }
}

fn raw_digest(file: &Path, digest: Digest) -> Result<Vec<u8>> {
    let input = files::read(file, limits::INPUT)?;
    if input.len() != digest.len() {
        let message = format!(
            "a {digest} digest has {} bytes, the input has {}; name the digest with --digest, and \
             pass it as bytes, not in hex",
            digest.len(),
            input.len()
        );
        return Err(Error::new(Reason::InputLength, message));
    }
    Ok(input.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(raw_digest: bool) -> SchemeArgs {
        SchemeArgs { digest: None, raw_digest, padding: Padding::Pkcs1, p1363: false }
    }

    fn prepare(
        args: &SchemeArgs,
        spec: KeySpec,
        content: &[u8],
    ) -> Result<(SignatureScheme, Vec<u8>)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        args.prepare(spec, file.path())
    }

    #[test]
    fn the_digest_fits_the_curve() {
        for (spec, length) in [(KeySpec::EcP256, 32), (KeySpec::EcP384, 48), (KeySpec::EcP521, 64)]
        {
            let (scheme, input) = prepare(&args(false), spec, b"abc").unwrap();
            assert_eq!((scheme, input.len()), (SignatureScheme::Ecdsa, length));
        }
    }

    #[test]
    fn a_digest_in_hex_is_refused_with_a_hint() {
        let hex = "00".repeat(32);
        let error = prepare(&args(true), KeySpec::Rsa2048, hex.as_bytes()).unwrap_err();
        assert!(error.message().contains("not in hex"), "{error}");
    }

    #[test]
    fn what_signs_messages_takes_no_digest() {
        for spec in [KeySpec::Ed25519, KeySpec::MlDsa44] {
            let (_, input) = prepare(&args(false), spec, b"abc").unwrap();
            assert_eq!(input, b"abc");
            assert!(prepare(&args(true), spec, b"abc").is_err());
        }
    }
}
