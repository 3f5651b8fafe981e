//! Attributes of objects (PKCS#11 v2.40 base, section 4).

use cryptoki_sys::*;
use der::{Encode, asn1::OctetStringRef};
use supacrypt_client::Key;
use supacrypt_core::{KeyClass, KeySpec, KeyUsages, Origin};
use supacrypt_crypto::{PublicComponents, PublicKey};

use crate::{
    allowed, key_attributes, mechanism,
    object::Class,
    vendor::{CKA_SUPACRYPT_KEY_NAME, CKA_SUPACRYPT_KEY_VERSION},
};

/// What there is to say of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    /// Its value, in the form the caller gets.
    Value(Vec<u8>),
    /// It never leaves the backend.
    Sensitive,
    /// Objects of this kind have no such attribute.
    Unknown,
}

/// The value of `attribute` in the object `class` of `key`.
pub(crate) fn attribute(key: &Key, class: Class, attribute: CK_ATTRIBUTE_TYPE) -> Attribute {
    common(key, class, attribute)
        .or_else(|| key_attributes::value(&key.attributes, class, attribute).map(Attribute::Value))
        .or_else(|| match class {
            Class::Public => public(key, attribute),
            Class::Private => private(key, attribute).or_else(|| confined(key, attribute)),
            Class::Secret => secret(key, attribute).or_else(|| confined(key, attribute)),
        })
        .unwrap_or(Attribute::Unknown)
}

/// Of all keys (sections 4.4 and 4.7).
fn common(key: &Key, class: Class, attribute: CK_ATTRIBUTE_TYPE) -> Option<Attribute> {
    Some(match attribute {
        CKA_CLASS => number(class.value()),
        CKA_TOKEN => boolean(true),
        CKA_PRIVATE => boolean(class != Class::Public),
        CKA_LABEL => Attribute::Value(key.label.as_bytes().to_vec()),
        CKA_ID => Attribute::Value(key.object_id.clone()),
        CKA_KEY_TYPE => number(key_type(key.spec)),
        CKA_SUPACRYPT_KEY_NAME => Attribute::Value(key.name.to_string().into_bytes()),
        CKA_SUPACRYPT_KEY_VERSION => Attribute::Value(key.version.to_string().into_bytes()),
        CKA_DERIVE => boolean(class != Class::Public && key.usages.contains(KeyUsages::DERIVE)),
        CKA_LOCAL => boolean(key.origin == Origin::Generated),
        CKA_KEY_GEN_MECHANISM => {
            let made = (key.origin == Origin::Generated).then(|| mechanism::generation(key.spec));
            number(made.flatten().unwrap_or(CK_UNAVAILABLE_INFORMATION))
        }
        CKA_ALLOWED_MECHANISMS => Attribute::Value(allowed::value(key)),
        _ => return None,
    })
}

/// Of public keys (section 4.8 and those of the key types).
fn public(key: &Key, attribute: CK_ATTRIBUTE_TYPE) -> Option<Attribute> {
    Some(match attribute {
        CKA_ENCRYPT => permitted(key, KeyUsages::ENCRYPT),
        CKA_VERIFY => permitted(key, KeyUsages::VERIFY),
        CKA_ENCAPSULATE => permitted(key, KeyUsages::ENCAPSULATE),
        CKA_WRAP => permitted(key, KeyUsages::ENCRYPT),
        CKA_VERIFY_RECOVER => recoverable(key, KeyUsages::VERIFY),
        CKA_MODULUS_BITS if key.spec.class() == KeyClass::Rsa => {
            number(key.spec.bits() as CK_ULONG)
        }
        _ => {
            return public_part(key.spec, key.public_key.as_ref(), attribute).map(Attribute::Value);
        }
    })
}

/// Of private keys (section 4.9).
fn private(key: &Key, attribute: CK_ATTRIBUTE_TYPE) -> Option<Attribute> {
    Some(match attribute {
        CKA_SIGN => permitted(key, KeyUsages::SIGN),
        CKA_DECRYPT => permitted(key, KeyUsages::DECRYPT),
        CKA_DECAPSULATE => permitted(key, KeyUsages::DECAPSULATE),
        CKA_UNWRAP => permitted(key, KeyUsages::DECRYPT),
        CKA_SIGN_RECOVER => recoverable(key, KeyUsages::SIGN),
        CKA_VALUE if key.spec.class() != KeyClass::Rsa => Attribute::Sensitive,
        CKA_PRIVATE_EXPONENT | CKA_PRIME_1 | CKA_PRIME_2 | CKA_EXPONENT_1 | CKA_EXPONENT_2
        | CKA_COEFFICIENT
            if key.spec.class() == KeyClass::Rsa =>
        {
            Attribute::Sensitive
        }
        _ => return public_parts(key, attribute),
    })
}

/// Of secret keys (section 4.10).
fn secret(key: &Key, attribute: CK_ATTRIBUTE_TYPE) -> Option<Attribute> {
    Some(match attribute {
        CKA_ENCRYPT => permitted(key, KeyUsages::ENCRYPT),
        CKA_DECRYPT => permitted(key, KeyUsages::DECRYPT),
        CKA_SIGN => permitted(key, KeyUsages::SIGN),
        CKA_VERIFY => permitted(key, KeyUsages::VERIFY),
        CKA_WRAP => permitted(key, KeyUsages::ENCRYPT),
        CKA_UNWRAP => permitted(key, KeyUsages::DECRYPT),
        CKA_VALUE_LEN => number(match key.secret_length {
            Some(length) => CK_ULONG::from(length),
            None => key.spec.bytes() as CK_ULONG,
        }),
        CKA_VALUE => Attribute::Sensitive,
        CKA_CHECK_VALUE => Attribute::Value(Vec::new()),
        _ => return None,
    })
}

/// Of keys whose material never shows.
fn confined(key: &Key, attribute: CK_ATTRIBUTE_TYPE) -> Option<Attribute> {
    Some(match attribute {
        CKA_SENSITIVE => boolean(true),
        CKA_ALWAYS_SENSITIVE => boolean(key.origin == Origin::Generated),
        _ => return None,
    })
}

/// The parts of a public key that its private half has as well.
fn public_parts(key: &Key, attribute: CK_ATTRIBUTE_TYPE) -> Option<Attribute> {
    match attribute {
        CKA_EC_POINT => None,
        _ => public_part(key.spec, key.public_key.as_ref(), attribute).map(Attribute::Value),
    }
}

/// A part of a public key as an attribute; `None` for what a key of this kind does not have.
pub(crate) fn public_part(
    spec: KeySpec,
    public: Option<&PublicKey>,
    attribute: CK_ATTRIBUTE_TYPE,
) -> Option<Vec<u8>> {
    let public = public?;
    match (attribute, public.components()) {
        (CKA_PUBLIC_KEY_INFO, _) => Some(public.spki_der().to_vec()),
        (CKA_EC_PARAMS, _) => curve(spec).map(<[u8]>::to_vec),
        (CKA_MODULUS, PublicComponents::Rsa { modulus, .. }) => Some(modulus),
        (CKA_PUBLIC_EXPONENT, PublicComponents::Rsa { exponent, .. }) => Some(exponent),
        // In an OCTET STRING (PKCS#11 v2.40 current mechanisms, section 2.3.3).
        (CKA_EC_POINT, PublicComponents::Ec { point }) => octet_string(&point),
        (CKA_EC_POINT, PublicComponents::Ed25519 { key } | PublicComponents::X25519 { key }) => {
            octet_string(&key)
        }
        (CKA_VALUE, PublicComponents::MlDsa { key } | PublicComponents::MlKem { key }) => Some(key),
        (CKA_PARAMETER_SET, _) => parameter_set(spec).map(|set| set.to_ne_bytes().to_vec()),
        _ => None,
    }
}

fn octet_string(bytes: &[u8]) -> Option<Vec<u8>> {
    OctetStringRef::new(bytes).and_then(|bytes| bytes.to_der()).ok()
}

/// `CKA_EC_PARAMS`: the curve's object identifier in DER (RFC 5480, section 2.1.1.1, and RFC 8410,
/// section 3).
pub(crate) const fn curve(spec: KeySpec) -> Option<&'static [u8]> {
    match spec {
        KeySpec::EcP256 => Some(&[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]),
        KeySpec::EcP384 => Some(&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22]),
        KeySpec::EcP521 => Some(&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23]),
        KeySpec::EcSecp256k1 => Some(&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]),
        KeySpec::Ed25519 => Some(&[0x06, 0x03, 0x2b, 0x65, 0x70]),
        KeySpec::X25519 => Some(&[0x06, 0x03, 0x2b, 0x65, 0x6e]),
        _ => None,
    }
}

/// `CKA_PARAMETER_SET` (PKCS#11 v3.2, sections 6.67.2 and 6.68.2).
pub(crate) const fn parameter_set(spec: KeySpec) -> Option<CK_ULONG> {
    match spec {
        KeySpec::MlDsa44 => Some(CKP_ML_DSA_44),
        KeySpec::MlDsa65 => Some(CKP_ML_DSA_65),
        KeySpec::MlDsa87 => Some(CKP_ML_DSA_87),
        KeySpec::MlKem512 => Some(CKP_ML_KEM_512),
        KeySpec::MlKem768 => Some(CKP_ML_KEM_768),
        KeySpec::MlKem1024 => Some(CKP_ML_KEM_1024),
        _ => None,
    }
}

/// `CKA_KEY_TYPE`.
pub(crate) const fn key_type(spec: KeySpec) -> CK_KEY_TYPE {
    match spec.class() {
        KeyClass::Rsa => CKK_RSA,
        KeyClass::Ec => CKK_EC,
        KeyClass::Edwards => CKK_EC_EDWARDS,
        KeyClass::Montgomery => CKK_EC_MONTGOMERY,
        KeyClass::MlDsa => CKK_ML_DSA,
        KeyClass::MlKem => CKK_ML_KEM,
        KeyClass::Aes => CKK_AES,
        KeyClass::ChaCha20 => CKK_CHACHA20,
        KeyClass::Hmac | KeyClass::Generic => CKK_GENERIC_SECRET,
    }
}

/// Only RSA signatures hold what was signed.
fn recoverable(key: &Key, usage: KeyUsages) -> Attribute {
    boolean(key.spec.class() == KeyClass::Rsa && key.usages.contains(usage))
}

fn permitted(key: &Key, usage: KeyUsages) -> Attribute {
    boolean(key.usages.contains(usage))
}

fn boolean(value: bool) -> Attribute {
    Attribute::Value(vec![if value { CK_TRUE } else { CK_FALSE }])
}

fn number(value: CK_ULONG) -> Attribute {
    Attribute::Value(value.to_ne_bytes().to_vec())
}
