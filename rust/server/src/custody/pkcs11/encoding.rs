//! Keys in DER, from the attributes of a token and to them.

use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectHandle};
use cryptoki::session::Session;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode};
use pkcs1::RsaPublicKey;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use supacrypt_core::{Error, KeyClass, KeySpec, Reason, Result};
use supacrypt_crypto::PublicKey;

use super::fault::Fault;

/// RFC 8017, appendix A.1; RFC 5480, section 2.1.1; RFC 8410, section 3.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// RFC 5480, section 2.1.1.1; SEC 2, appendix A.2.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const SECP256K1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");

/// How the module calls a kind of keys; `None` for kinds that are not asked of any.
///
/// Secrets for HMAC are generic ones: every module that has HMAC takes those.
pub(super) fn key_type(spec: KeySpec) -> Option<KeyType> {
    match spec.class() {
        KeyClass::Rsa => Some(KeyType::RSA),
        KeyClass::Ec => Some(KeyType::EC),
        KeyClass::Edwards => Some(KeyType::EC_EDWARDS),
        KeyClass::Aes => Some(KeyType::AES),
        KeyClass::Hmac | KeyClass::Generic => Some(KeyType::GENERIC_SECRET),
        _ => None,
    }
}

/// `CKA_EC_PARAMS` of a kind of keys on a curve: its object identifier (PKCS#11 v3.1, section 6.3.3).
pub(super) fn curve(spec: KeySpec) -> Result<Vec<u8>> {
    let oid = match spec {
        KeySpec::EcP256 => P256,
        KeySpec::EcP384 => P384,
        KeySpec::EcP521 => P521,
        KeySpec::EcSecp256k1 => SECP256K1,
        KeySpec::Ed25519 => ED25519,
        _ => return Err(Error::new(Reason::Internal, format!("{spec} is on no curve"))),
    };
    oid.to_der().map_err(failed)
}

/// `CKA_EC_POINT` of a point: an OCTET STRING around it (PKCS#11 v3.1, section 6.3.3).
pub(super) fn octets(point: &[u8]) -> Result<Vec<u8>> {
    OctetStringRef::new(point).and_then(|point| point.to_der()).map_err(failed)
}

/// The public key that an object of the token is.
pub(super) fn public_key(
    session: &Session,
    object: ObjectHandle,
    spec: KeySpec,
) -> Result<PublicKey, Fault> {
    let wanted: &[AttributeType] = match spec.class() {
        KeyClass::Rsa => &[AttributeType::Modulus, AttributeType::PublicExponent],
        _ => &[AttributeType::EcPoint],
    };
    let (mut modulus, mut exponent, mut point) = (Vec::new(), Vec::new(), Vec::new());
    for attribute in session.get_attributes(object, wanted)? {
        match attribute {
            Attribute::Modulus(value) => modulus = value,
            Attribute::PublicExponent(value) => exponent = value,
            Attribute::EcPoint(value) => point = value,
            _ => {}
        }
    }
    let key = match spec.class() {
        KeyClass::Rsa => rsa(&modulus, &exponent)?,
        _ => on_curve(spec, bare(spec, &point))?,
    };
    if key.spec() == spec {
        return Ok(key);
    }
    let message = format!("the token gave a key of type {} for one of type {spec}", key.spec());
    Err(Error::new(Reason::CustodianUnavailable, message).into())
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey> {
    let number = |bytes| UintRef::new(bytes).map_err(failed);
    let key = RsaPublicKey { modulus: number(modulus)?, public_exponent: number(exponent)? };
    info(RSA, Some(AnyRef::NULL), &key.to_der().map_err(failed)?)
}

/// The public key that a point on a curve is.
pub(super) fn on_curve(spec: KeySpec, point: &[u8]) -> Result<PublicKey> {
    if spec == KeySpec::Ed25519 {
        return info(ED25519, None, point);
    }
    let curve = curve(spec)?;
    info(EC, Some(AnyRef::from_der(&curve).map_err(failed)?), point)
}

fn info(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Result<PublicKey> {
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { oid, parameters },
        subject_public_key: BitStringRef::from_bytes(key).map_err(failed)?,
    };
    PublicKey::from_spki_der(&info.to_der().map_err(failed)?)
}

/// A point without its OCTET STRING, which some modules leave out. Both begin with the same byte, so
/// that the length decides.
fn bare(spec: KeySpec, given: &[u8]) -> &[u8] {
    let raw = match spec {
        KeySpec::Ed25519 => spec.bytes(),
        _ => 1 + 2 * spec.bytes(),
    };
    if given.len() == raw {
        return given;
    }
    <&OctetStringRef>::from_der(given).map_or(given, |point| point.as_bytes())
}

fn failed(error: der::Error) -> Error {
    Error::new(Reason::Internal, format!("a key of a token could not be encoded: {error}"))
}

#[cfg(test)]
mod tests {
    use supacrypt_crypto::{Key, PublicComponents, generate};

    use super::*;

    #[test]
    fn a_public_key_is_made_of_its_parts() {
        for spec in [
            KeySpec::Rsa2048,
            KeySpec::EcP256,
            KeySpec::EcP384,
            KeySpec::EcP521,
            KeySpec::EcSecp256k1,
            KeySpec::Ed25519,
        ] {
            let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
            let public = key.public_key().unwrap();
            let made = match public.components() {
                PublicComponents::Rsa { modulus, exponent } => rsa(&modulus, &exponent).unwrap(),
                PublicComponents::Ec { point } => {
                    assert_eq!(bare(spec, &point), point);
                    on_curve(spec, bare(spec, &octets(&point).unwrap())).unwrap()
                }
                PublicComponents::Ed25519 { key } => {
                    on_curve(spec, bare(spec, &octets(&key).unwrap())).unwrap()
                }
                other => panic!("{other:?}"),
            };
            assert_eq!(&made, public);
        }
    }
}
