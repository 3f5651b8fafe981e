//! What vaults offer, and how they call it (Key Vault REST API, `JsonWebKeySignatureAlgorithm` and
//! `JsonWebKeyEncryptionAlgorithm`).

use azure_security_keyvault_keys::models::{EncryptionAlgorithm, SignatureAlgorithm};
use supacrypt_core::{
    Algorithm, Capabilities, Digest, EncryptionScheme, Error, KeySpec, Reason, Result,
    SignatureScheme,
};

use crate::custody::ecdsa::fitted;

/// Kinds of key pairs that vaults make and take in.
const SPECS: [KeySpec; 7] = [
    KeySpec::Rsa2048,
    KeySpec::Rsa3072,
    KeySpec::Rsa4096,
    KeySpec::EcP256,
    KeySpec::EcP384,
    KeySpec::EcP521,
    KeySpec::EcSecp256k1,
];

/// Kinds of secret keys that Managed HSMs make. They give nothing of such a key but that it is one: an
/// adopted one would be of unknown length.
const SECRETS: [KeySpec; 3] = [KeySpec::Aes128, KeySpec::Aes192, KeySpec::Aes256];

/// What every vault offers, or every Managed HSM. Of AES that is CBC alone: for GCM an HSM chooses the nonce,
/// and here whoever encrypts does.
pub(in crate::custody) fn capabilities(managed_hsm: bool) -> Capabilities {
    let digests = || [Digest::Sha256, Digest::Sha384, Digest::Sha512].into_iter();
    let oaep = [Digest::Sha1, Digest::Sha256]
        .map(|digest| EncryptionScheme::RsaOaep { digest, mgf_digest: digest });
    let signatures = digests()
        .map(|digest| SignatureScheme::RsaPkcs1 { digest })
        .chain(digests().map(|digest| SignatureScheme::RsaPss {
            digest,
            mgf_digest: digest,
            salt_length: digest.len() as u16,
        }))
        .chain([SignatureScheme::Ecdsa]);
    let (secrets, cbc) = match managed_hsm {
        true => (&SECRETS[..], &[EncryptionScheme::AesCbc, EncryptionScheme::AesCbcPad][..]),
        false => (&[][..], &[][..]),
    };
    let encryptions =
        [EncryptionScheme::RsaPkcs1].into_iter().chain(oaep).chain(cbc.iter().copied());
    Capabilities {
        generates: [&SPECS, secrets].concat(),
        imports: SPECS.to_vec(),
        algorithms: signatures
            .map(Algorithm::Signature)
            .chain(encryptions.map(Algorithm::Encryption))
            .collect(),
        one_purpose: false,
    }
}

/// How a vault calls a signature scheme, and the digest in the length that it wants.
///
/// # Errors
/// [`Reason::AlgorithmNotSupported`], and those of the scheme.
pub(super) fn signature(
    spec: KeySpec,
    scheme: SignatureScheme,
    input: &[u8],
) -> Result<(SignatureAlgorithm, Vec<u8>)> {
    scheme.check(spec, input.len())?;
    let algorithm = match (scheme, spec) {
        (SignatureScheme::RsaPkcs1 { digest: Digest::Sha256 }, _) => SignatureAlgorithm::Rs256,
        (SignatureScheme::RsaPkcs1 { digest: Digest::Sha384 }, _) => SignatureAlgorithm::Rs384,
        (SignatureScheme::RsaPkcs1 { digest: Digest::Sha512 }, _) => SignatureAlgorithm::Rs512,
        (SignatureScheme::RsaPss { digest, mgf_digest, salt_length }, _)
            if digest == mgf_digest && usize::from(salt_length) == digest.len() =>
        {
            match digest {
                Digest::Sha256 => SignatureAlgorithm::Ps256,
                Digest::Sha384 => SignatureAlgorithm::Ps384,
                Digest::Sha512 => SignatureAlgorithm::Ps512,
                _ => return Err(not_offered(&scheme)),
            }
        }
        (SignatureScheme::Ecdsa, KeySpec::EcP256) => SignatureAlgorithm::Es256,
        (SignatureScheme::Ecdsa, KeySpec::EcSecp256k1) => SignatureAlgorithm::Es256K,
        (SignatureScheme::Ecdsa, KeySpec::EcP384) => SignatureAlgorithm::Es384,
        (SignatureScheme::Ecdsa, KeySpec::EcP521) => SignatureAlgorithm::Es512,
        _ => return Err(not_offered(&scheme)),
    };
    let digest = match scheme {
        SignatureScheme::Ecdsa => fitted(spec, input),
        _ => input.to_vec(),
    };
    Ok((algorithm, digest))
}

/// How a vault calls an encryption scheme with a kind of keys.
///
/// # Errors
/// [`Reason::AlgorithmNotSupported`], also for a label of OAEP, which vaults do not know.
pub(super) fn encryption(
    spec: KeySpec,
    scheme: EncryptionScheme,
    label: &[u8],
) -> Result<EncryptionAlgorithm> {
    scheme.check_aad(label.len())?;
    if !label.is_empty() {
        let message = "vaults do not know labels of OAEP; leave `aad` empty";
        return Err(Error::new(Reason::AlgorithmNotSupported, message).in_field("aad"));
    }
    use EncryptionScheme::{AesCbc, AesCbcPad, RsaOaep, RsaPkcs1};
    match (scheme, spec) {
        (RsaPkcs1, _) => Ok(EncryptionAlgorithm::Rsa1_5),
        (RsaOaep { digest: Digest::Sha1, mgf_digest: Digest::Sha1 }, _) => {
            Ok(EncryptionAlgorithm::RsaOaep)
        }
        (RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha256 }, _) => {
            Ok(EncryptionAlgorithm::RsaOaep256)
        }
        (AesCbc, KeySpec::Aes128) => Ok(EncryptionAlgorithm::A128Cbc),
        (AesCbc, KeySpec::Aes192) => Ok(EncryptionAlgorithm::A192Cbc),
        (AesCbc, KeySpec::Aes256) => Ok(EncryptionAlgorithm::A256Cbc),
        (AesCbcPad, KeySpec::Aes128) => Ok(EncryptionAlgorithm::A128Cbcpad),
        (AesCbcPad, KeySpec::Aes192) => Ok(EncryptionAlgorithm::A192Cbcpad),
        (AesCbcPad, KeySpec::Aes256) => Ok(EncryptionAlgorithm::A256Cbcpad),
        _ => Err(not_offered(&scheme)),
    }
}

fn not_offered(scheme: &dyn std::fmt::Display) -> Error {
    let message = format!(
        "vaults do not offer {scheme} with these parameters: they have SHA-256 to SHA-512, a salt as \
         long as the digest, one digest for both, OAEP with SHA-1 or SHA-256, and AES in CBC mode"
    );
    Error::new(Reason::AlgorithmNotSupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_vaults_do_not_have_are_refused() {
        let refused = |scheme: SignatureScheme, length: usize| {
            signature(KeySpec::Rsa2048, scheme, &vec![7; length]).unwrap_err().reason()
        };
        let (sha256, sha1) = (Digest::Sha256, Digest::Sha1);
        let pss = |digest, mgf_digest, salt_length| SignatureScheme::RsaPss {
            digest,
            mgf_digest,
            salt_length,
        };
        for scheme in [pss(sha256, sha256, 20), pss(sha256, sha1, 32)] {
            assert_eq!(refused(scheme, 32), Reason::AlgorithmNotSupported);
        }
        assert_eq!(refused(pss(sha1, sha1, 20), 20), Reason::AlgorithmNotSupported);
        assert_eq!(refused(SignatureScheme::Ecdsa, 32), Reason::AlgorithmMismatch);
        let pkcs1 = SignatureScheme::RsaPkcs1 { digest: sha256 };
        assert_eq!(refused(pkcs1, 20), Reason::InputLength);
        let oaep = |digest, mgf_digest| EncryptionScheme::RsaOaep { digest, mgf_digest };
        assert!(encryption(KeySpec::Rsa2048, oaep(sha256, sha1), b"").is_err());
        let error = encryption(KeySpec::Rsa2048, oaep(sha256, sha256), b"label").unwrap_err();
        assert_eq!(error.field(), Some("aad"));
    }
}
