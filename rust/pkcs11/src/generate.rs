//! Making keys.

use std::sync::Arc;

use cryptoki_sys::*;
use strum::IntoEnumIterator;
use supacrypt_client::{Client, Key, NewKey};
use supacrypt_core::{KeyClass, KeySpec, KeyUsages, KeyringName};

use crate::{
    attribute::{curve, key_type},
    error::{Result, Rv},
    mechanism::{Action, Row},
    template::Template,
};

/// The public exponent of all our RSA keys, 65537.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// Makes a key pair.
pub(crate) fn key_pair(
    client: &Client,
    keyring: &KeyringName,
    mechanism: &Row,
    public: &Template,
    private: &Template,
) -> Result<Arc<Key>> {
    mechanism.permits(CKF_GENERATE_KEY_PAIR)?;
    let Action::Generate(class) = mechanism.action else { return Err(Rv(CKR_MECHANISM_INVALID)) };
    let spec = match class {
        KeyClass::Rsa => rsa(public)?,
        _ => on_curve(class, public)?,
    };
    is_stored(private)?;
    is_confined(private)?;
    is_of(public, CKO_PUBLIC_KEY, spec)?;
    is_of(private, CKO_PRIVATE_KEY, spec)?;
    let usages = usages(&[
        (public, CKA_VERIFY, KeyUsages::VERIFY),
        (public, CKA_ENCRYPT, KeyUsages::ENCRYPT),
        (private, CKA_SIGN, KeyUsages::SIGN),
        (private, CKA_DECRYPT, KeyUsages::DECRYPT),
    ])?;
    make(client, keyring, spec, usages, &[private, public])
}

/// Makes a secret key.
pub(crate) fn secret_key(
    client: &Client,
    keyring: &KeyringName,
    mechanism: &Row,
    template: &Template,
) -> Result<Arc<Key>> {
    mechanism.permits(CKF_GENERATE)?;
    let Action::Generate(class) = mechanism.action else { return Err(Rv(CKR_MECHANISM_INVALID)) };
    let length = template.number(CKA_VALUE_LEN)?.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
    let spec = of_size(class, length, KeySpec::bytes)?;
    is_stored(template)?;
    is_confined(template)?;
    is_of(template, CKO_SECRET_KEY, spec)?;
    let usages = usages(&[
        (template, CKA_SIGN, KeyUsages::SIGN),
        (template, CKA_VERIFY, KeyUsages::VERIFY),
        (template, CKA_ENCRYPT, KeyUsages::ENCRYPT),
        (template, CKA_DECRYPT, KeyUsages::DECRYPT),
    ])?;
    make(client, keyring, spec, usages, &[template])
}

fn make(
    client: &Client,
    keyring: &KeyringName,
    spec: KeySpec,
    usages: KeyUsages,
    templates: &[&Template],
) -> Result<Arc<Key>> {
    let usages = usages.intersection(spec.possible_usages());
    if usages.is_empty() {
        return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
    }
    let label = agreed(templates, CKA_LABEL)?;
    let label = String::from_utf8(label).map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))?;
    let object_id = agreed(templates, CKA_ID)?;
    Ok(client.create_key(keyring, NewKey { id: None, label, object_id, spec, usages })?)
}

fn rsa(public: &Template) -> Result<KeySpec> {
    if let Some(exponent) = public.bytes(CKA_PUBLIC_EXPONENT) {
        let leading = exponent.iter().take_while(|byte| **byte == 0).count();
        if exponent[leading..] != EXPONENT {
            return Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID));
        }
    }
    let bits = public.number(CKA_MODULUS_BITS)?.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
    of_size(KeyClass::Rsa, bits, KeySpec::bits)
}

/// The kind of key in a family that has this size.
fn of_size(class: KeyClass, size: CK_ULONG, size_of: fn(KeySpec) -> usize) -> Result<KeySpec> {
    KeySpec::iter()
        .find(|spec| spec.class() == class && size_of(*spec) as CK_ULONG == size)
        .ok_or(Rv(CKR_KEY_SIZE_RANGE))
}

fn on_curve(class: KeyClass, public: &Template) -> Result<KeySpec> {
    let wanted = public.bytes(CKA_EC_PARAMS).ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
    // PKCS#11 v3.0 names the Edwards curve by this PrintableString too.
    if class == KeyClass::Edwards && wanted == b"\x13\x0cedwards25519" {
        return Ok(KeySpec::Ed25519);
    }
    KeySpec::iter()
        .find(|spec| spec.class() == class && curve(*spec) == Some(wanted))
        .ok_or(Rv(CKR_CURVE_NOT_SUPPORTED))
}

/// All keys are token objects, so a session key is refused rather than kept for good.
fn is_stored(template: &Template) -> Result<()> {
    match template.boolean(CKA_TOKEN)? {
        Some(true) => Ok(()),
        _ => Err(Rv(CKR_TEMPLATE_INCONSISTENT)),
    }
}

/// Refuses a key that the caller counts on taking away. One that need not be sensitive may still
/// be.
fn is_confined(template: &Template) -> Result<()> {
    match template.boolean(CKA_EXTRACTABLE)? {
        Some(true) => Err(Rv(CKR_TEMPLATE_INCONSISTENT)),
        _ => Ok(()),
    }
}

/// Refuses a class or key type that contradicts the mechanism.
fn is_of(template: &Template, class: CK_OBJECT_CLASS, spec: KeySpec) -> Result<()> {
    let class_fits = template.number(CKA_CLASS)?.is_none_or(|given| given == class);
    let type_fits = template.number(CKA_KEY_TYPE)?.is_none_or(|given| given == key_type(spec));
    if class_fits && type_fits { Ok(()) } else { Err(Rv(CKR_TEMPLATE_INCONSISTENT)) }
}

/// Everything but what the caller says the key may not do.
fn usages(attributes: &[(&Template, CK_ATTRIBUTE_TYPE, KeyUsages)]) -> Result<KeyUsages> {
    let mut usages = KeyUsages::all();
    for (template, attribute, usage) in attributes {
        if template.boolean(*attribute)? == Some(false) {
            usages.remove(*usage);
        }
    }
    Ok(usages)
}

/// A value that both halves of a pair have: that of either template, or the same of both.
fn agreed(templates: &[&Template], attribute: CK_ATTRIBUTE_TYPE) -> Result<Vec<u8>> {
    let mut given = templates.iter().filter_map(|template| template.bytes(attribute));
    let first = given.next().unwrap_or_default();
    if given.all(|other| other == first) {
        Ok(first.to_vec())
    } else {
        Err(Rv(CKR_TEMPLATE_INCONSISTENT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_a_pair_cannot_have_two_labels() {
        let named = |label: &str| Template::new(vec![(CKA_LABEL, label.into())]);
        let (a, b, none) = (named("a"), named("b"), Template::default());
        assert_eq!(agreed(&[&a, &none], CKA_LABEL), Ok(b"a".to_vec()));
        assert_eq!(agreed(&[&a, &b], CKA_LABEL), Err(Rv(CKR_TEMPLATE_INCONSISTENT)));
    }

    #[test]
    fn the_public_exponent_may_have_leading_zeros() {
        let bits = (CKA_MODULUS_BITS, CK_ULONG::to_ne_bytes(2048).to_vec());
        let with = |exponent: &[u8]| {
            rsa(&Template::new(vec![bits.clone(), (CKA_PUBLIC_EXPONENT, exponent.to_vec())]))
        };
        assert_eq!(with(&[0, 1, 0, 1]), Ok(KeySpec::Rsa2048));
        assert_eq!(with(&[3]), Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)));
    }
}
