//! Making and importing key material.

use supacrypt_core::{Error, KeyClass, KeySpec, Reason, Result};
use zeroize::Zeroizing;

use crate::{seed, sys::PKey, undivided};

/// The private or secret part of a key: PKCS#8 in DER (RFC 5958) for a key pair, the bytes
/// themselves for a secret. Wiped when dropped; shows nothing in `Debug`.
pub struct Material(Zeroizing<Vec<u8>>);

impl Material {
    /// Takes bytes that [`as_bytes`](Self::as_bytes) gave, opened from their envelope. What they
    /// hold is checked when the key is loaded.
    pub fn from_stored(bytes: Zeroizing<Vec<u8>>) -> Self {
        Material(bytes)
    }

    /// The bytes to seal and store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Material")
    }
}

/// Makes a new key. RSA takes from a tenth of a second to several seconds.
///
/// # Errors
/// [`Reason::Internal`] when the random number generator fails.
pub fn generate(spec: KeySpec) -> Result<Material> {
    if spec.is_asymmetric() {
        let _whole = undivided();
        let key = PKey::generate(spec).map_err(|_| {
            Error::new(Reason::Internal, format!("a key of type {spec} could not be generated"))
        })?;
        return pkcs8(&key);
    }
    generate_secret(spec, spec.bytes())
}

/// Makes a new secret of `length` bytes, one of those that `spec` can have.
///
/// # Errors
/// [`Reason::InvalidArgument`] for another length; [`Reason::Internal`] when the random number
/// generator fails.
pub fn generate_secret(spec: KeySpec, length: usize) -> Result<Material> {
    if !spec.secret_lens().is_some_and(|lengths| lengths.contains(&length)) {
        return Err(Error::new(
            Reason::InvalidArgument,
            format!("a key of type {spec} cannot have {length} bytes"),
        ));
    }
    let mut secret = Zeroizing::new(vec![0; length]);
    crate::random(&mut secret)?;
    Ok(Material(secret))
}

/// Checks foreign material and brings it to the form it is stored in: PKCS#8 (DER) for a key pair,
/// the bytes themselves for a secret.
///
/// A key pair must be consistent: an RSA key's parts belong together and its public exponent is at
/// least 65537; an EC key's point lies on the curve and belongs to the private scalar.
///
/// # Errors
/// [`Reason::InvalidKeyMaterial`] when the bytes are not a sound key of type `spec`.
pub fn import(spec: KeySpec, bytes: &[u8]) -> Result<Material> {
    let Some(lengths) = spec.secret_lens() else { return import_pair(spec, bytes) };
    if lengths.contains(&bytes.len()) {
        return Ok(Material(Zeroizing::new(bytes.to_vec())));
    }
    let lengths = match (lengths.start(), lengths.end()) {
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    };
    Err(invalid(format!("a key of type {spec} has {lengths} bytes, not {}", bytes.len())))
}

fn import_pair(spec: KeySpec, bytes: &[u8]) -> Result<Material> {
    let _whole = undivided();
    let both = (spec.class() == KeyClass::MlKem).then(|| seed::split(bytes)).flatten();
    let key = private_key(spec, both.as_ref().map_or(bytes, |both| &both.pkcs8))?;
    if let Some(both) = &both
        && key.raw_private().map_or(true, |expanded| *expanded != both.expanded)
    {
        return Err(invalid(format!("the seed and the expanded {spec} key do not fit")));
    }
    key.check_pair().map_err(|_| {
        invalid(format!("the private and the public part of the {spec} key do not fit"))
    })?;
    // AWS-LC writes an ML-DSA key as its seed alone; one without keeps the form it came in.
    pkcs8(&key).or_else(|error| match spec.class() {
        KeyClass::MlDsa => Ok(Material(Zeroizing::new(bytes.to_vec()))),
        _ => Err(error),
    })
}

fn invalid(what: String) -> Error {
    Error::new(Reason::InvalidKeyMaterial, what)
}

/// Reads PKCS#8 that must hold a key of type `spec`.
pub(crate) fn private_key(spec: KeySpec, pkcs8: &[u8]) -> Result<PKey> {
    let key = PKey::from_pkcs8(pkcs8).map_err(|_| {
        Error::new(
            Reason::InvalidKeyMaterial,
            "the bytes are not an unencrypted private key in PKCS#8 DER; \
             `openssl pkcs8 -topk8 -nocrypt -outform DER` makes one",
        )
    })?;
    match key.spec() {
        Some(found) if found == spec => Ok(key),
        Some(found) => Err(Error::new(
            Reason::InvalidKeyMaterial,
            format!("the private key is of type {found}, not {spec}"),
        )),
        None => Err(Error::new(
            Reason::InvalidKeyMaterial,
            format!("the private key is not of type {spec}, nor of another type known here"),
        )),
    }
}

fn pkcs8(key: &PKey) -> Result<Material> {
    key.to_pkcs8()
        .map(Material)
        .map_err(|_| Error::new(Reason::Internal, "the private key could not be encoded"))
}
