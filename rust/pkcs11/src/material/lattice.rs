//! Keys of ML-DSA and ML-KEM as attributes (PKCS#11 v3.2, sections 6.67 and 6.68).

use cryptoki_sys::*;
use der::{AnyRef, Decode, Encode, Tag, TagNumber, Tagged, asn1::ObjectIdentifier};
use supacrypt_core::{KeyClass, KeySpec};
use zeroize::Zeroizing;

use super::{invalid, of_parameter_set, part};
use crate::{
    error::{Result, Rv},
    template::Template,
};

/// How PKCS#8 holds a seed: `[0] IMPLICIT OCTET STRING` (RFC 9881 and RFC 9935, section 6). The other
/// alternative is the expanded key; no key is stored as both.
const SEED: Tag = Tag::ContextSpecific { constructed: false, number: TagNumber(0) };

/// The kind of key that a template names.
pub(super) fn spec(key_type: CK_KEY_TYPE, template: &Template) -> Result<KeySpec> {
    let class = if key_type == CKK_ML_DSA { KeyClass::MlDsa } else { KeyClass::MlKem };
    let set = template.number(CKA_PARAMETER_SET)?.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
    of_parameter_set(class, set)
}

/// The object identifier of a kind of key (RFC 9881 and RFC 9935, section 2).
pub(super) fn oid(spec: KeySpec) -> Result<ObjectIdentifier> {
    Ok(ObjectIdentifier::new_unwrap(match spec {
        KeySpec::MlDsa44 => "2.16.840.1.101.3.4.3.17",
        KeySpec::MlDsa65 => "2.16.840.1.101.3.4.3.18",
        KeySpec::MlDsa87 => "2.16.840.1.101.3.4.3.19",
        KeySpec::MlKem512 => "2.16.840.1.101.3.4.4.1",
        KeySpec::MlKem768 => "2.16.840.1.101.3.4.4.2",
        KeySpec::MlKem1024 => "2.16.840.1.101.3.4.4.3",
        _ => return Err(Rv(CKR_PARAMETER_SET_NOT_SUPPORTED)),
    }))
}

/// What PKCS#8 holds of the private key that a template describes: by its seed where that is given,
/// else expanded.
pub(super) fn private(template: &Template) -> Result<Zeroizing<Vec<u8>>> {
    let (tag, value) = match template.bytes(CKA_SEED) {
        Some(seed) if !seed.is_empty() => (SEED, seed),
        _ => (Tag::OctetString, part(template, CKA_VALUE)?),
    };
    let key = AnyRef::new(tag, value).and_then(|key| key.to_der());
    key.map(Zeroizing::new).map_err(invalid)
}

/// The attribute that holds a private key, read from what PKCS#8 holds of it.
pub(super) fn private_part(encoded: &[u8]) -> der::Result<(CK_ATTRIBUTE_TYPE, Zeroizing<Vec<u8>>)> {
    let key = AnyRef::from_der(encoded)?;
    let attribute = if key.tag() == Tag::OctetString { CKA_VALUE } else { CKA_SEED };
    Ok((attribute, Zeroizing::new(key.value().to_vec())))
}
