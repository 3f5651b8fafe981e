//! Keys as attributes: what `C_CreateObject` gets, and what an extractable session key shows.

mod lattice;

use cryptoki_sys::*;
use der::{
    Decode, Encode,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef},
};
use pkcs1::{RsaPrivateKey, RsaPublicKey};
use pkcs8::PrivateKeyInfoRef;
use sec1::EcPrivateKey;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use strum::IntoEnumIterator;
use supacrypt_core::{KeyClass, KeySpec};
use supacrypt_crypto::{Material, PublicKey};
use zeroize::Zeroizing;

use crate::{
    attribute::{self, curve},
    error::{Result, Rv},
    template::Template,
};

/// RFC 8017, appendix A.1; RFC 5480, section 2.1.1; RFC 8410, section 3.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");

/// Attributes that only the holder of a private or secret key may see.
pub(crate) const SECRET_PARTS: &[CK_ATTRIBUTE_TYPE] = &[
    CKA_VALUE,
    CKA_SEED,
    CKA_PRIVATE_EXPONENT,
    CKA_PRIME_1,
    CKA_PRIME_2,
    CKA_EXPONENT_1,
    CKA_EXPONENT_2,
    CKA_COEFFICIENT,
];

fn part(template: &Template, attribute: CK_ATTRIBUTE_TYPE) -> Result<&[u8]> {
    template.bytes(attribute).ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))
}

/// A number of an RSA key, with or without leading zeros.
fn number(template: &Template, attribute: CK_ATTRIBUTE_TYPE) -> Result<UintRef<'_>> {
    UintRef::new(part(template, attribute)?).map_err(invalid)
}

fn invalid<E>(_: E) -> Rv {
    Rv(CKR_ATTRIBUTE_VALUE_INVALID)
}

/// The kind of key on the curve that a template names.
fn on_curve(key_type: CK_KEY_TYPE, template: &Template) -> Result<KeySpec> {
    let class = match key_type {
        CKK_EC => KeyClass::Ec,
        CKK_EC_EDWARDS => KeyClass::Edwards,
        _ => KeyClass::Montgomery,
    };
    of_curve(class, part(template, CKA_EC_PARAMS)?)
}

/// The kind of key in a family that `CKA_EC_PARAMS` names.
pub(crate) fn of_curve(class: KeyClass, parameters: &[u8]) -> Result<KeySpec> {
    // PKCS#11 v3.0 names these curves by a PrintableString too.
    match (class, parameters) {
        (KeyClass::Edwards, b"\x13\x0cedwards25519") => return Ok(KeySpec::Ed25519),
        (KeyClass::Montgomery, b"\x13\x0acurve25519") => return Ok(KeySpec::X25519),
        _ => {}
    }
    KeySpec::iter()
        .find(|spec| spec.class() == class && curve(*spec) == Some(parameters))
        .ok_or(Rv(CKR_CURVE_NOT_SUPPORTED))
}

/// A public point, which callers write raw or in an OCTET STRING. Raw ones begin with the same byte, so
/// that their length decides.
pub(crate) fn point(spec: KeySpec, given: &[u8]) -> &[u8] {
    let field = spec.bytes();
    let is_raw = match spec.class() {
        KeyClass::Ec => given.len() == 1 + 2 * field || given.len() == 1 + field,
        _ => given.len() == field,
    };
    if is_raw {
        return given;
    }
    <&OctetStringRef>::from_der(given).map_or(given, |point| point.as_bytes())
}

/// The kind of key in a family that has this parameter set.
pub(crate) fn of_parameter_set(class: KeyClass, set: CK_ULONG) -> Result<KeySpec> {
    KeySpec::iter()
        .find(|spec| spec.class() == class && attribute::parameter_set(*spec) == Some(set))
        .ok_or(Rv(CKR_PARAMETER_SET_NOT_SUPPORTED))
}

/// The public key that a template describes.
///
/// # Errors
/// `CKR_TEMPLATE_INCOMPLETE`, `CKR_ATTRIBUTE_VALUE_INVALID`, `CKR_CURVE_NOT_SUPPORTED`,
/// `CKR_TEMPLATE_INCONSISTENT` for a key type that is not offered.
pub(crate) fn public_key(key_type: CK_KEY_TYPE, template: &Template) -> Result<PublicKey> {
    let (oid, parameters, key) = match key_type {
        CKK_RSA => {
            let key = RsaPublicKey {
                modulus: number(template, CKA_MODULUS)?,
                public_exponent: number(template, CKA_PUBLIC_EXPONENT)?,
            };
            (RSA, Some(AnyRef::NULL), key.to_der().map_err(invalid)?)
        }
        CKK_ML_DSA | CKK_ML_KEM => {
            let spec = lattice::spec(key_type, template)?;
            (lattice::oid(spec)?, None, part(template, CKA_VALUE)?.to_vec())
        }
        CKK_EC | CKK_EC_EDWARDS | CKK_EC_MONTGOMERY => {
            let spec = on_curve(key_type, template)?;
            let given = part(template, CKA_EC_POINT)?;
            let point = point(spec, given);
            let parameters = curve(spec).filter(|_| key_type == CKK_EC);
            let parameters = parameters.map(AnyRef::from_der).transpose().map_err(invalid)?;
            (curve_oid(spec), parameters, point.to_vec())
        }
        _ => return Err(Rv(CKR_TEMPLATE_INCONSISTENT)),
    };
    let spki = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { oid, parameters },
        subject_public_key: BitStringRef::from_bytes(&key).map_err(invalid)?,
    };
    PublicKey::from_spki_der(&spki.to_der().map_err(invalid)?).map_err(invalid)
}

/// The private or secret key that a template describes.
///
/// # Errors
/// As [`public_key`].
pub(crate) fn secret_part(
    key_type: CK_KEY_TYPE,
    template: &Template,
) -> Result<(KeySpec, Material)> {
    let (spec, encoded) = match key_type {
        CKK_RSA => (rsa_spec(template)?, rsa_private(template)?),
        CKK_EC | CKK_EC_EDWARDS | CKK_EC_MONTGOMERY => {
            let spec = on_curve(key_type, template)?;
            (spec, curve_private(spec, part(template, CKA_VALUE)?)?)
        }
        CKK_ML_DSA | CKK_ML_KEM => {
            let spec = lattice::spec(key_type, template)?;
            (spec, pkcs8(lattice::oid(spec)?, None, &lattice::private(template)?)?)
        }
        _ => return secret_of_bytes(key_type, part(template, CKA_VALUE)?),
    };
    Ok((spec, supacrypt_crypto::import(spec, &encoded).map_err(invalid)?))
}

/// The secret key of a type that has this value.
///
/// # Errors
/// As [`public_key`].
pub(crate) fn secret_of_bytes(key_type: CK_KEY_TYPE, value: &[u8]) -> Result<(KeySpec, Material)> {
    let spec = secret_spec(key_type, value.len())?;
    Ok((spec, supacrypt_crypto::import(spec, value).map_err(invalid)?))
}

/// The private key that PKCS#8 holds, whatever it is of.
///
/// # Errors
/// `CKR_WRAPPED_KEY_INVALID`.
pub(crate) fn private_of_pkcs8(encoded: &[u8]) -> Result<(KeySpec, Material)> {
    let mut kinds = KeySpec::iter().filter(|spec| spec.is_asymmetric());
    kinds
        .find_map(|spec| Some((spec, supacrypt_crypto::import(spec, encoded).ok()?)))
        .ok_or(Rv(CKR_WRAPPED_KEY_INVALID))
}

/// The kind of secret key of a type and a length in bytes.
fn secret_spec(key_type: CK_KEY_TYPE, length: usize) -> Result<KeySpec> {
    let of_type = |spec: &KeySpec| !spec.is_asymmetric() && attribute::key_type(*spec) == key_type;
    let mut kinds = KeySpec::iter().filter(of_type).peekable();
    if kinds.peek().is_none() {
        return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
    }
    // A secret of a free length does what one for a certain purpose does, and more.
    let fits = |spec: &KeySpec| {
        spec.class() != KeyClass::Hmac
            && spec.secret_lens().is_some_and(|lengths| lengths.contains(&length))
    };
    kinds.find(fits).ok_or(Rv(CKR_ATTRIBUTE_VALUE_INVALID))
}

fn rsa_spec(template: &Template) -> Result<KeySpec> {
    let bytes = number(template, CKA_MODULUS)?.as_bytes().len();
    KeySpec::iter()
        .find(|spec| spec.class() == KeyClass::Rsa && spec.bytes() == bytes)
        .ok_or(Rv(CKR_ATTRIBUTE_VALUE_INVALID))
}

fn rsa_private(template: &Template) -> Result<Zeroizing<Vec<u8>>> {
    let key = RsaPrivateKey {
        modulus: number(template, CKA_MODULUS)?,
        public_exponent: number(template, CKA_PUBLIC_EXPONENT)?,
        private_exponent: number(template, CKA_PRIVATE_EXPONENT)?,
        prime1: number(template, CKA_PRIME_1)?,
        prime2: number(template, CKA_PRIME_2)?,
        exponent1: number(template, CKA_EXPONENT_1)?,
        exponent2: number(template, CKA_EXPONENT_2)?,
        coefficient: number(template, CKA_COEFFICIENT)?,
        other_prime_infos: None,
    };
    let key = Zeroizing::new(key.to_der().map_err(invalid)?);
    pkcs8(RSA, Some(AnyRef::NULL), &key)
}

fn curve_oid(spec: KeySpec) -> ObjectIdentifier {
    match spec.class() {
        KeyClass::Edwards => ED25519,
        KeyClass::Montgomery => X25519,
        _ => EC,
    }
}

fn curve_private(spec: KeySpec, value: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    if spec.class() != KeyClass::Ec {
        let seed = OctetStringRef::new(value).and_then(|seed| seed.to_der()).map_err(invalid)?;
        return pkcs8(curve_oid(spec), None, &Zeroizing::new(seed));
    }
    // SEC 1 wants the scalar as long as the field; callers may have cut zeros off, or added one.
    let zeros = value.iter().take_while(|byte| **byte == 0).count();
    let value = &value[zeros..];
    let mut scalar = Zeroizing::new(vec![0; spec.bytes()]);
    let start = scalar.len().checked_sub(value.len()).ok_or(Rv(CKR_ATTRIBUTE_VALUE_INVALID))?;
    scalar[start..].copy_from_slice(value);
    let key = EcPrivateKey { private_key: &scalar, parameters: None, public_key: None };
    let key = Zeroizing::new(key.to_der().map_err(invalid)?);
    let parameters = curve(spec).map(AnyRef::from_der).transpose().map_err(invalid)?;
    pkcs8(EC, parameters, &key)
}

fn pkcs8(
    oid: ObjectIdentifier,
    parameters: Option<AnyRef<'_>>,
    key: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    let key = OctetStringRef::new(key).map_err(invalid)?;
    let info = PrivateKeyInfoRef::new(AlgorithmIdentifierRef { oid, parameters }, key);
    info.to_der().map(Zeroizing::new).map_err(invalid)
}

/// The private parts of a key, or the value of a secret one, as attributes.
///
/// # Errors
/// `CKR_GENERAL_ERROR` for material that is not what the engine makes of a key of this kind.
pub(crate) fn secret_parts(
    spec: KeySpec,
    material: &Material,
) -> Result<Vec<(CK_ATTRIBUTE_TYPE, Zeroizing<Vec<u8>>)>> {
    let wiped = |value: &[u8]| Zeroizing::new(value.to_vec());
    let damaged = |_: der::Error| Rv(CKR_GENERAL_ERROR);
    if !spec.is_asymmetric() {
        return Ok(vec![(CKA_VALUE, wiped(material.as_bytes()))]);
    }
    let info =
        PrivateKeyInfoRef::try_from(material.as_bytes()).map_err(|_| Rv(CKR_GENERAL_ERROR))?;
    let encoded = info.private_key.as_bytes();
    Ok(match spec.class() {
        KeyClass::Rsa => {
            let key = RsaPrivateKey::<UintRef<'_>>::from_der(encoded).map_err(damaged)?;
            [
                (CKA_PRIVATE_EXPONENT, key.private_exponent),
                (CKA_PRIME_1, key.prime1),
                (CKA_PRIME_2, key.prime2),
                (CKA_EXPONENT_1, key.exponent1),
                (CKA_EXPONENT_2, key.exponent2),
                (CKA_COEFFICIENT, key.coefficient),
            ]
            .map(|(attribute, number)| (attribute, wiped(number.as_bytes())))
            .into()
        }
        KeyClass::Ec => {
            let key = EcPrivateKey::from_der(encoded).map_err(damaged)?;
            vec![(CKA_VALUE, wiped(key.private_key))]
        }
        KeyClass::Edwards | KeyClass::Montgomery => {
            let seed = <&OctetStringRef>::from_der(encoded).map_err(damaged)?;
            vec![(CKA_VALUE, wiped(seed.as_bytes()))]
        }
        _ => vec![lattice::private_part(encoded).map_err(damaged)?],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::key_type;

    /// A key that is taken apart and put together again.
    fn again(spec: KeySpec) -> Material {
        let material = supacrypt_crypto::generate(spec).unwrap();
        let key = supacrypt_crypto::Key::load(spec, &material).unwrap();
        let mut parts: Vec<_> = secret_parts(spec, &material)
            .unwrap()
            .into_iter()
            .map(|(attribute, value)| (attribute, value.to_vec()))
            .collect();
        for attribute in [CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS, CKA_PARAMETER_SET] {
            if let Some(value) = crate::attribute::public_part(spec, key.public_key(), attribute) {
                parts.push((attribute, value));
            }
        }
        let (found, made) = secret_part(key_type(spec), &Template::new(parts)).unwrap();
        assert_eq!(found, spec);
        // The encoding may differ: that of an EC key need not hold the public key.
        assert_eq!(secret_parts(spec, &made), secret_parts(spec, &material), "{spec}");
        made
    }

    #[test]
    fn a_private_key_is_made_of_its_parts_again() {
        for spec in [
            KeySpec::Rsa2048,
            KeySpec::EcP256,
            KeySpec::EcP521,
            KeySpec::Ed25519,
            KeySpec::X25519,
            KeySpec::MlDsa65,
            KeySpec::MlKem768,
        ] {
            again(spec);
        }
        assert_eq!(again(KeySpec::Aes256).as_bytes().len(), 32);
    }

    #[test]
    fn a_public_key_is_made_of_its_parts_again() {
        for spec in [
            KeySpec::Rsa2048,
            KeySpec::EcP384,
            KeySpec::Ed25519,
            KeySpec::X25519,
            KeySpec::MlDsa44,
            KeySpec::MlKem768,
        ] {
            let material = supacrypt_crypto::generate(spec).unwrap();
            let key = supacrypt_crypto::Key::load(spec, &material).unwrap();
            let parts = [
                CKA_MODULUS,
                CKA_PUBLIC_EXPONENT,
                CKA_EC_PARAMS,
                CKA_EC_POINT,
                CKA_PARAMETER_SET,
                CKA_VALUE,
            ];
            let template = parts.into_iter().filter_map(|attribute| {
                let value = crate::attribute::public_part(spec, key.public_key(), attribute)?;
                Some((attribute, value))
            });
            let made = public_key(key_type(spec), &Template::new(template.collect())).unwrap();
            assert_eq!(Some(&made), key.public_key());
        }
    }

    #[test]
    fn a_raw_point_is_not_taken_for_an_octet_string() {
        // By its first two bytes it could be one: 4, and the number of bytes that follow.
        let mut raw = [7; 65];
        raw[..2].copy_from_slice(&[4, 63]);
        assert_eq!(point(KeySpec::EcP256, &raw), raw);
        let wrapped = [&[4, 65][..], &raw].concat();
        assert_eq!(point(KeySpec::EcP256, &wrapped), raw);
    }

    #[test]
    fn a_scalar_longer_than_the_field_is_refused() {
        let parts = vec![
            (CKA_EC_PARAMS, curve(KeySpec::EcP256).unwrap().to_vec()),
            (CKA_VALUE, vec![1; 33]),
        ];
        let refused = secret_part(CKK_EC, &Template::new(parts));
        assert_eq!(refused.err(), Some(Rv(CKR_ATTRIBUTE_VALUE_INVALID)));
    }
}
