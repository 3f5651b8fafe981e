//! Schemes in the words of KMS.

use aws_sdk_kms::types::{EncryptionAlgorithmSpec, MacAlgorithmSpec, SigningAlgorithmSpec};
use supacrypt_core::{
    Digest, EncryptionScheme, Error, KeySpec, MacScheme, Reason, Result, SignatureScheme,
};

/// How KMS signs by a scheme with a kind of keys.
///
/// # Errors
/// [`Reason::AlgorithmNotSupported`].
pub(super) fn signature(scheme: SignatureScheme, spec: KeySpec) -> Result<SigningAlgorithmSpec> {
    match (scheme, spec) {
        (SignatureScheme::RsaPkcs1 { digest }, _) => match digest {
            Digest::Sha256 => Ok(SigningAlgorithmSpec::RsassaPkcs1V15Sha256),
            Digest::Sha384 => Ok(SigningAlgorithmSpec::RsassaPkcs1V15Sha384),
            Digest::Sha512 => Ok(SigningAlgorithmSpec::RsassaPkcs1V15Sha512),
            _ => Err(not_offered(scheme)),
        },
        (SignatureScheme::RsaPss { digest, mgf_digest, salt_length }, _)
            if mgf_digest == digest && usize::from(salt_length) == digest.len() =>
        {
            match digest {
                Digest::Sha256 => Ok(SigningAlgorithmSpec::RsassaPssSha256),
                Digest::Sha384 => Ok(SigningAlgorithmSpec::RsassaPssSha384),
                Digest::Sha512 => Ok(SigningAlgorithmSpec::RsassaPssSha512),
                _ => Err(not_offered(scheme)),
            }
        }
        (SignatureScheme::RsaPss { .. }, _) => Err(Error::new(
            Reason::AlgorithmNotSupported,
            format!(
                "KMS makes {scheme} with MGF1 of the same digest and a salt as long as it alone"
            ),
        )),
        // One digest for each curve.
        (SignatureScheme::Ecdsa, KeySpec::EcP384) => Ok(SigningAlgorithmSpec::EcdsaSha384),
        (SignatureScheme::Ecdsa, KeySpec::EcP521) => Ok(SigningAlgorithmSpec::EcdsaSha512),
        (SignatureScheme::Ecdsa, _) => Ok(SigningAlgorithmSpec::EcdsaSha256),
        _ => Err(not_offered(scheme)),
    }
}

/// How KMS decrypts by a scheme.
///
/// # Errors
/// [`Reason::AlgorithmNotSupported`].
pub(super) fn decryption(
    scheme: EncryptionScheme,
    label: &[u8],
) -> Result<EncryptionAlgorithmSpec> {
    match scheme {
        EncryptionScheme::RsaOaep { .. } if !label.is_empty() => Err(Error::new(
            Reason::AlgorithmNotSupported,
            "KMS knows no labels of OAEP; leave `aad` empty",
        )),
        EncryptionScheme::RsaOaep { digest: Digest::Sha1, mgf_digest: Digest::Sha1 } => {
            Ok(EncryptionAlgorithmSpec::RsaesOaepSha1)
        }
        EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha256 } => {
            Ok(EncryptionAlgorithmSpec::RsaesOaepSha256)
        }
        _ => Err(not_offered(scheme)),
    }
}

/// How KMS makes a MAC.
///
/// # Errors
/// [`Reason::AlgorithmNotSupported`].
pub(super) fn mac(scheme: MacScheme) -> Result<MacAlgorithmSpec> {
    match scheme {
        MacScheme::Hmac { digest: Digest::Sha256, .. } => Ok(MacAlgorithmSpec::HmacSha256),
        MacScheme::Hmac { digest: Digest::Sha384, .. } => Ok(MacAlgorithmSpec::HmacSha384),
        MacScheme::Hmac { digest: Digest::Sha512, .. } => Ok(MacAlgorithmSpec::HmacSha512),
        _ => Err(not_offered(scheme)),
    }
}

pub(super) fn not_offered(algorithm: impl std::fmt::Display) -> Error {
    Error::new(
        Reason::AlgorithmNotSupported,
        format!("KMS does not offer {algorithm} in this form; choose another algorithm"),
    )
}
