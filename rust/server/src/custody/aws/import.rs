//! Material on its way to KMS (Developer Guide, "Importing key material").

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{AlgorithmSpec, ExpirationModelType, WrappingKeySpec};
use supacrypt_core::{Digest, EncryptionScheme, Error, KeyClass, KeySpec, Reason, Result};
use supacrypt_crypto::{Key, Material, PublicKey, generate};

use super::kms::Kms;
use super::offer;

/// How a key that KMS gives for this encrypts.
const OAEP: EncryptionScheme =
    EncryptionScheme::RsaOaep { digest: Digest::Sha256, mgf_digest: Digest::Sha256 };

/// Reads what is to be brought: DER PKCS#8 of a pair, the bytes of a secret.
///
/// # Errors
/// [`Reason::AlgorithmNotSupported`], [`Reason::InvalidKeyMaterial`].
pub(super) fn read(spec: KeySpec, material: &[u8]) -> Result<Material> {
    offer::kms_spec(spec)?;
    if spec.secret_lens().is_some() && material.len() != spec.bytes() {
        let (wanted, given) = (spec.bytes(), material.len());
        let message = format!("KMS takes keys of type {spec} with {wanted} bytes, not {given}");
        return Err(Error::new(Reason::InvalidKeyMaterial, message));
    }
    supacrypt_crypto::import(spec, material)
}

/// Brings material to a key that has none.
///
/// # Errors
/// Those of KMS.
pub(super) async fn bring(kms: &Kms, arn: &str, spec: KeySpec, material: &Material) -> Result<()> {
    let algorithm = match spec.class() {
        // Too long to be encrypted by RSA alone.
        KeyClass::Rsa => AlgorithmSpec::RsaAesKeyWrapSha256,
        _ => AlgorithmSpec::RsaesOaepSha256,
    };
    let request = || {
        let request = kms.client.get_parameters_for_import().key_id(arn);
        let request = request.wrapping_algorithm(algorithm.clone());
        request.wrapping_key_spec(WrappingKeySpec::Rsa4096).send()
    };
    let answer = kms.ask_of_new(request).await?;
    let (Some(wrapping), Some(token)) = (answer.public_key, answer.import_token) else {
        return Err(kms.half_answer());
    };
    let wrapping = PublicKey::from_spki_der(wrapping.as_ref())?;
    let encrypted = match spec.class() {
        KeyClass::Rsa => wrapped(&wrapping, material)?,
        _ => wrapping.encrypt(OAEP, &[], material.as_bytes())?,
    };
    let request = || {
        let request = kms.client.import_key_material().key_id(arn).import_token(token.clone());
        let request = request.encrypted_key_material(Blob::new(encrypted.clone()));
        request.expiration_model(ExpirationModelType::KeyMaterialDoesNotExpire).send()
    };
    kms.ask_of_new(request).await.map(drop)
}

/// A new AES key encrypted by RSA, and after it the material wrapped by that key (RFC 5649), as
/// `CKM_RSA_AES_KEY_WRAP` has it (PKCS#11 v3.1, section 6.1.21).
fn wrapped(wrapping: &PublicKey, material: &Material) -> Result<Vec<u8>> {
    let secret = generate(KeySpec::Aes256)?;
    let aes = Key::load(KeySpec::Aes256, &secret)?;
    let scheme = EncryptionScheme::AesKeyWrapPad;
    let material = aes.encrypt(scheme, &[], &[], material.as_bytes())?;
    Ok([wrapping.encrypt(OAEP, &[], secret.as_bytes())?, material].concat())
}
