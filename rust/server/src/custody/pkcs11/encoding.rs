//! Keys in DER, from the attributes of a token and to them.

use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectHandle};
use cryptoki::session::Session;
use der::asn1::OctetStringRef;
use der::{Decode, Encode};
use supacrypt_core::{Error, KeyClass, KeySpec, Reason, Result};
use supacrypt_crypto::PublicKey;

use super::fault::Fault;
use crate::custody::parts::{self, on_curve};

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

/// `CKA_EC_POINT` of a point: an OCTET STRING around it (PKCS#11 v3.1, section 6.3.3).
pub(super) fn octets(point: &[u8]) -> Result<Vec<u8>> {
    OctetStringRef::new(point).and_then(|point| point.to_der()).map_err(failed)
}

/// The public key that an object of the token is.
///
/// # Errors
/// [`Reason::CustodianUnavailable`] for one of another kind.
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
        KeyClass::Rsa => parts::rsa(&modulus, &exponent),
        _ => on_curve(spec, bare(spec, &point)),
    };
    key.ok().filter(|key| key.spec() == spec).ok_or_else(|| {
        let message = format!(
            "the token has another key in the place of one of type {spec}; the store was altered, or \
             belongs to another token"
        );
        Fault::Useless(Error::new(Reason::CustodianUnavailable, message))
    })
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
    fn a_point_is_found_with_its_octet_string_and_without() {
        for spec in [KeySpec::EcP256, KeySpec::EcP521, KeySpec::Ed25519] {
            let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
            let point = match key.public_key().unwrap().components() {
                PublicComponents::Ec { point } => point,
                PublicComponents::Ed25519 { key } => key.to_vec(),
                other => panic!("{other:?}"),
            };
            assert_eq!(bare(spec, &point), point);
            assert_eq!(bare(spec, &octets(&point).unwrap()), point);
        }
    }
}
