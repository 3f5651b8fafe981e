//! `CKA_ALLOWED_MECHANISMS` of keys of the token (PKCS#11 v2.40 base, section 4.7).
//!
//! A key that an application limited has its list, and the backend the algorithms that these mechanisms
//! need. A key that was limited in another way has algorithms only, and allows each mechanism that can do
//! something with them.

use cryptoki_sys::*;
use supacrypt_client::{Key, limits};
use supacrypt_core::{AlgorithmSet, KeyAttributes, KeySpec};

use crate::{
    error::{Result, Rv},
    mechanism::{self, Row},
};

/// The value of the attribute.
pub(crate) fn value(key: &Key) -> Vec<u8> {
    let listed = &key.attributes.mechanisms;
    if listed.is_empty() {
        let rows = mechanism::for_key(key.spec).filter(|row| allows(key, row));
        return rows.flat_map(|row| row.mechanism.to_ne_bytes()).collect();
    }
    listed.iter().flat_map(|each| CK_MECHANISM_TYPE::from(*each).to_ne_bytes()).collect()
}

/// Whether a key may be used by a mechanism that it works with, with some parameter at least.
pub(crate) fn allows(key: &Key, mechanism: &Row) -> bool {
    let KeyAttributes { allowed, mechanisms, .. } = &key.attributes;
    if mechanisms.is_empty() {
        return !allowed.is_limited() || !mechanism.algorithms().intersection(*allowed).is_empty();
    }
    mechanisms.iter().any(|each| CK_MECHANISM_TYPE::from(*each) == mechanism.mechanism)
}

/// Limits a new key to the mechanisms of a list. One of all that fit is no limit.
///
/// # Errors
/// `CKR_ATTRIBUTE_VALUE_INVALID` for what is no such list; `CKR_TEMPLATE_INCONSISTENT` for one that leaves
/// the key nothing to do.
pub(crate) fn limit(attributes: &mut KeyAttributes, spec: KeySpec, list: &[u8]) -> Result<()> {
    const INVALID: Rv = Rv(CKR_ATTRIBUTE_VALUE_INVALID);
    if list == mechanism::allowed(spec) {
        return Ok(());
    }
    let (numbers, rest) = list.as_chunks::<{ size_of::<CK_MECHANISM_TYPE>() }>();
    if !rest.is_empty() || numbers.len() > limits::MECHANISMS {
        return Err(INVALID);
    }
    let numbers = numbers.iter().map(|number| CK_MECHANISM_TYPE::from_ne_bytes(*number));
    let fitting = numbers.clone().filter_map(|number| Row::of(number).ok());
    let fitting = fitting.filter(|row| row.works_with(spec.class()));
    let needed = fitting.fold(AlgorithmSet::NONE, |needed, row| needed.union(row.needs()));
    let needed = needed.intersection(AlgorithmSet::of(spec));
    if needed.is_empty() {
        return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
    }
    attributes.allowed = needed;
    // CK_ULONG need not have more bits, and no mechanism of the standard or a vendor does.
    let numbers: Result<_, _> = numbers.map(u32::try_from).collect();
    attributes.mechanisms = numbers.map_err(|_| INVALID)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(spec: KeySpec, list: &[CK_MECHANISM_TYPE]) -> Result<KeyAttributes> {
        let list: Vec<u8> = list.iter().flat_map(|each| each.to_ne_bytes()).collect();
        let mut attributes = KeyAttributes::default();
        limit(&mut attributes, spec, &list).map(|()| attributes)
    }

    fn algorithms(spec: KeySpec, list: &[CK_MECHANISM_TYPE]) -> Result<String> {
        Ok(limited(spec, list)?.allowed.names().collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn the_backend_gets_what_the_mechanisms_need_of_it() {
        let of = |list: &[_]| algorithms(KeySpec::Rsa2048, list).unwrap();
        assert_eq!(of(&[CKM_RSA_PKCS]), "rsa-pkcs1-raw rsa-pkcs1");
        assert_eq!(of(&[CKM_SHA256_RSA_PKCS_PSS]), "rsa-pss-sha256");
        // What does not fit is kept in the list and does nothing.
        let odd = [CKM_AES_GCM, CKM_VENDOR_DEFINED | 7, CKM_RSA_X_509];
        assert_eq!(of(&odd), "rsa-raw");
        let kept = limited(KeySpec::Rsa2048, &odd).unwrap().mechanisms;
        assert_eq!(kept, odd.map(|each| each as u32));
        assert_eq!(algorithms(KeySpec::EcP256, &[CKM_ECDSA_SHA256]).unwrap(), "ecdsa");
        let padded = algorithms(KeySpec::Aes128, &[CKM_AES_CBC_PAD]);
        assert_eq!(padded.unwrap(), "aes-cbc aes-cbc-pad");
        let hmac = algorithms(KeySpec::HmacSha256, &[CKM_SHA256_HMAC, CKM_SHA384_HMAC]);
        assert_eq!(hmac.unwrap(), "hmac-sha256");
    }

    #[test]
    fn a_list_of_everything_is_no_limit_and_one_of_nothing_is_refused() {
        let all: Vec<_> = mechanism::for_key(KeySpec::EcP256).map(|row| row.mechanism).collect();
        assert_eq!(limited(KeySpec::EcP256, &all), Ok(KeyAttributes::default()));
        let inconsistent = Err(Rv(CKR_TEMPLATE_INCONSISTENT));
        assert_eq!(limited(KeySpec::EcP256, &[]), inconsistent);
        assert_eq!(limited(KeySpec::EcP256, &[CKM_AES_GCM]), inconsistent);
        assert_eq!(limited(KeySpec::HmacSha256, &[CKM_SHA384_HMAC]), inconsistent);
        let invalid = Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID));
        assert_eq!(limited(KeySpec::EcP256, &[CKM_ECDSA; 257]), invalid);
        assert_eq!(limited(KeySpec::EcP256, &[CKM_ECDSA, CK_ULONG::MAX - 1]), invalid);
        let cut = limit(&mut KeyAttributes::default(), KeySpec::EcP256, &[0x41; 9]);
        assert_eq!(cut, Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)));
    }
}
