//! Making keys: those of the token by the backend, session keys in this process.

use std::sync::Arc;

use cryptoki_sys::*;
use strum::IntoEnumIterator;
use supacrypt_core::{KeyClass, KeySpec, KeyUsages};

use crate::{
    attribute::key_type,
    error::{Result, Rv},
    key::SessionKey,
    key_attributes,
    material::{self, of_curve},
    mechanism::{Action, Row},
    module::Module,
    object::{Class, TokenObject},
    session::Session,
    session_object::SessionObject,
    template::Template,
};

/// The public exponent of all our RSA keys, 65537.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// Makes a key pair; returns the handles of its public and its private half.
pub(crate) fn key_pair(
    module: &Module,
    session: &Session,
    mechanism: &Row,
    public: &Template,
    private: &Template,
) -> Result<(CK_OBJECT_HANDLE, CK_OBJECT_HANDLE)> {
    mechanism.permits(CKF_GENERATE_KEY_PAIR)?;
    let Action::Generate(class) = mechanism.action else { return Err(Rv(CKR_MECHANISM_INVALID)) };
    let spec = match class {
        KeyClass::Rsa => rsa(public)?,
        KeyClass::MlDsa | KeyClass::MlKem => of_parameter_set(class, public)?,
        _ => {
            let curve = public.bytes(CKA_EC_PARAMS).ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
            of_curve(class, curve)?
        }
    };
    is_of(public, CKO_PUBLIC_KEY, spec)?;
    is_of(private, CKO_PRIVATE_KEY, spec)?;
    if is_token(private)? {
        let token = module.slots.token(session.slot, &module.client)?;
        let usages = usages(
            spec,
            token.capabilities.one_purpose,
            &[
                (public, CKA_VERIFY, KeyUsages::VERIFY),
                (public, CKA_ENCRYPT, KeyUsages::ENCRYPT),
                (public, CKA_ENCAPSULATE, KeyUsages::ENCAPSULATE),
                (private, CKA_SIGN, KeyUsages::SIGN),
                (private, CKA_DECRYPT, KeyUsages::DECRYPT),
                (private, CKA_DERIVE, KeyUsages::DERIVE),
                (private, CKA_DECAPSULATE, KeyUsages::DECAPSULATE),
            ],
        )?;
        let key = make(module, session, spec, None, usages, &[private, public])?;
        let handle = |class| module.objects.handle(TokenObject::Key(key.name.clone(), class));
        return Ok((handle(Class::Public), handle(Class::Private)));
    }
    if is_token(public)? {
        return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
    }
    let pair = SessionKey::secret(spec, supacrypt_crypto::generate(spec)?)?;
    let half = pair.public_key().cloned().ok_or(Rv(CKR_GENERAL_ERROR))?;
    let made_by = Some(mechanism.mechanism);
    let half = Arc::new(SessionKey::public(half));
    let public = SessionObject::key(Class::Public, half, public, made_by)?;
    let private = SessionObject::key(Class::Private, Arc::new(pair), private, made_by)?;
    Ok((module.keep(session, public)?, module.keep(session, private)?))
}

/// Makes a secret key; returns its handle.
pub(crate) fn secret_key(
    module: &Module,
    session: &Session,
    mechanism: &Row,
    template: &Template,
) -> Result<CK_OBJECT_HANDLE> {
    mechanism.permits(CKF_GENERATE)?;
    let Action::Generate(class) = mechanism.action else { return Err(Rv(CKR_MECHANISM_INVALID)) };
    let length = template.number(CKA_VALUE_LEN)?;
    let spec = match class {
        KeyClass::Generic => KeySpec::GenericSecret,
        KeyClass::ChaCha20 => KeySpec::ChaCha20,
        _ => of_size(class, length.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?, KeySpec::bytes)?,
    };
    let length = match length.map(usize::try_from) {
        Some(length) => length.map_err(|_| Rv(CKR_KEY_SIZE_RANGE))?,
        None if spec.has_free_length() => return Err(Rv(CKR_TEMPLATE_INCOMPLETE)),
        None => spec.bytes(),
    };
    if !spec.secret_lens().is_some_and(|lengths| lengths.contains(&length)) {
        return Err(Rv(CKR_KEY_SIZE_RANGE));
    }
    is_of(template, CKO_SECRET_KEY, spec)?;
    if is_token(template)? {
        let token = module.slots.token(session.slot, &module.client)?;
        let usages = usages(
            spec,
            token.capabilities.one_purpose,
            &[
                (template, CKA_SIGN, KeyUsages::SIGN),
                (template, CKA_VERIFY, KeyUsages::VERIFY),
                (template, CKA_ENCRYPT, KeyUsages::ENCRYPT),
                (template, CKA_DECRYPT, KeyUsages::DECRYPT),
                (template, CKA_DERIVE, KeyUsages::DERIVE),
            ],
        )?;
        let free = spec.has_free_length().then_some(length);
        let key = make(module, session, spec, free, usages, &[template])?;
        return Ok(module.objects.handle(TokenObject::Key(key.name.clone(), Class::Secret)));
    }
    let key = SessionKey::secret(spec, supacrypt_crypto::generate_secret(spec, length)?)?;
    let made_by = Some(mechanism.mechanism);
    let object = SessionObject::key(Class::Secret, Arc::new(key), template, made_by)?;
    module.keep(session, object)
}

fn is_token(template: &Template) -> Result<bool> {
    Ok(template.boolean(CKA_TOKEN)? == Some(true))
}

/// Has the backend make a key; `length` is that of a secret whose kind leaves it open, in bytes.
fn make(
    module: &Module,
    session: &Session,
    spec: KeySpec,
    length: Option<usize>,
    usages: KeyUsages,
    templates: &[&Template],
) -> Result<Arc<supacrypt_client::Key>> {
    session.may_write()?;
    let secret_length = length.and_then(|length| u32::try_from(length).ok());
    let new = key_attributes::new_key(spec, usages, secret_length, |attribute| {
        agreed(templates, attribute)
    })?;
    Ok(module.client.create_key(&session.keyring, new)?)
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

/// The kind of key in a family that `CKA_PARAMETER_SET` names.
fn of_parameter_set(class: KeyClass, public: &Template) -> Result<KeySpec> {
    let wanted = public.number(CKA_PARAMETER_SET)?.ok_or(Rv(CKR_TEMPLATE_INCOMPLETE))?;
    material::of_parameter_set(class, wanted)
}

/// The kind of key in a family that has this size.
fn of_size(class: KeyClass, size: CK_ULONG, size_of: fn(KeySpec) -> usize) -> Result<KeySpec> {
    KeySpec::iter()
        .find(|spec| spec.class() == class && size_of(*spec) as CK_ULONG == size)
        .ok_or(Rv(CKR_KEY_SIZE_RANGE))
}

/// Refuses a class or key type that contradicts the mechanism.
fn is_of(template: &Template, class: CK_OBJECT_CLASS, spec: KeySpec) -> Result<()> {
    let class_fits = template.number(CKA_CLASS)?.is_none_or(|given| given == class);
    let type_fits = template.number(CKA_KEY_TYPE)?.is_none_or(|given| given == key_type(spec));
    if class_fits && type_fits { Ok(()) } else { Err(Rv(CKR_TEMPLATE_INCONSISTENT)) }
}

/// What keys of a kind usually may do, but for what the caller says otherwise. Where keys have one purpose it
/// is what the caller asks for; nothing when that is left to the backend.
fn usages(
    spec: KeySpec,
    one_purpose: bool,
    attributes: &[(&Template, CK_ATTRIBUTE_TYPE, KeyUsages)],
) -> Result<KeyUsages> {
    let (mut given, mut taken) = (KeyUsages::empty(), KeyUsages::empty());
    for (template, attribute, usage) in attributes {
        match template.boolean(*attribute)? {
            Some(true) => given |= *usage,
            Some(false) => taken |= *usage,
            None => {}
        }
    }
    let possible = spec.possible_usages();
    if one_purpose && taken.is_empty() {
        return Ok(given.intersection(possible));
    }
    let usages = match one_purpose {
        true => given,
        false => (spec.usual_usages() | given).difference(taken),
    };
    let usages = usages.intersection(possible);
    if usages.is_empty() { Err(Rv(CKR_TEMPLATE_INCONSISTENT)) } else { Ok(usages) }
}

/// A value that both halves of a pair have: that of either template, or the same of both.
fn agreed(templates: &[&Template], attribute: CK_ATTRIBUTE_TYPE) -> Result<Option<Vec<u8>>> {
    let mut given = templates.iter().filter_map(|template| template.bytes(attribute));
    let first = given.next();
    if given.all(|other| Some(other) == first) {
        Ok(first.map(<[u8]>::to_vec))
    } else {
        Err(Rv(CKR_TEMPLATE_INCONSISTENT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_one_purpose_has_what_it_is_asked_for() {
        let template = |sign: Option<bool>, decrypt: Option<bool>| {
            let given = [(CKA_SIGN, sign), (CKA_DECRYPT, decrypt)];
            let given = given.into_iter().filter_map(|(kind, value)| Some((kind, value?)));
            Template::new(given.map(|(kind, value)| (kind, vec![value.into()])).collect())
        };
        let usages = |one_purpose, sign, decrypt| {
            let template = template(sign, decrypt);
            let attributes = [
                (&template, CKA_SIGN, KeyUsages::SIGN),
                (&template, CKA_DECRYPT, KeyUsages::DECRYPT),
            ];
            usages(KeySpec::Rsa2048, one_purpose, &attributes)
        };
        let sign = Some(true);
        assert_eq!(usages(true, sign, None), Ok(KeyUsages::SIGN));
        assert_eq!(usages(true, sign, Some(false)), Ok(KeyUsages::SIGN));
        assert_eq!(usages(true, None, None), Ok(KeyUsages::empty()));
        assert_eq!(usages(false, sign, None), Ok(KeySpec::Rsa2048.usual_usages()));
        let none = Err(Rv(CKR_TEMPLATE_INCONSISTENT));
        assert_eq!(usages(true, Some(false), Some(false)), none);
    }

    #[test]
    fn halves_of_a_pair_cannot_have_two_labels() {
        let named = |label: &str| Template::new(vec![(CKA_LABEL, label.into())]);
        let (a, b, none) = (named("a"), named("b"), Template::default());
        assert_eq!(agreed(&[&a, &none], CKA_LABEL), Ok(Some(b"a".to_vec())));
        assert_eq!(agreed(&[&none, &none], CKA_LABEL), Ok(None));
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
