//! Session objects: in the memory of this process alone, and gone with the session that made them
//! (PKCS#11 v2.40 base, section 4.4).

use std::sync::Arc;

use cryptoki_sys::*;
use supacrypt_core::{KeyClass, KeySpec, KeyUsages};

use crate::{
    attribute::{Attribute, key_type, public_part},
    attributes::Attributes,
    error::{Result, Rv},
    key::{Key, SessionKey},
    material::{self, SECRET_PARTS},
    mechanism,
    object::Class,
    rules,
    template::Template,
};

/// A session object.
#[derive(Clone)]
pub(crate) struct SessionObject {
    pub(crate) attributes: Attributes,
    key: Option<(Class, Arc<SessionKey>)>,
}

/// Attributes that say what a key may be used for.
const USAGES: [(CK_ATTRIBUTE_TYPE, KeyUsages); 7] = [
    (CKA_SIGN, KeyUsages::SIGN),
    (CKA_VERIFY, KeyUsages::VERIFY),
    (CKA_ENCRYPT, KeyUsages::ENCRYPT),
    (CKA_DECRYPT, KeyUsages::DECRYPT),
    (CKA_DERIVE, KeyUsages::DERIVE),
    (CKA_ENCAPSULATE, KeyUsages::ENCAPSULATE),
    (CKA_DECAPSULATE, KeyUsages::DECAPSULATE),
];

/// What a public key consists of, whatever it is of, and its private key shows too.
const PUBLIC_PARTS: [CK_ATTRIBUTE_TYPE; 5] =
    [CKA_PUBLIC_KEY_INFO, CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS, CKA_PARAMETER_SET];

impl SessionObject {
    /// A key as a session object. `made_by` is the mechanism that made it, if one did and it has
    /// never been outside of a token.
    ///
    /// # Errors
    /// Those of [`rules::fill`].
    pub(crate) fn key(
        class: Class,
        key: Arc<SessionKey>,
        template: &Template,
        made_by: Option<CK_MECHANISM_TYPE>,
    ) -> Result<SessionObject> {
        let mut attributes = of_key(class, key.spec, made_by);
        match class {
            Class::Public => public(&mut attributes, &key),
            Class::Private | Class::Secret => secret(&mut attributes, &key)?,
        }
        let consumed: &[_] = if class == Class::Public { &[] } else { SECRET_PARTS };
        let inputs = [CKA_MODULUS_BITS, CKA_EC_PARAMS, CKA_EC_POINT];
        rules::fill(&mut attributes, template, &[consumed, &inputs].concat())?;
        if class != Class::Public {
            let confined = made_by.is_some();
            attributes.set_flag(CKA_ALWAYS_SENSITIVE, confined && attributes.flag(CKA_SENSITIVE));
            attributes
                .set_flag(CKA_NEVER_EXTRACTABLE, confined && !attributes.flag(CKA_EXTRACTABLE));
        }
        Ok(SessionObject { attributes, key: Some((class, key)) })
    }

    /// A private or secret key of the token as far as `template` describes it: what it consists of is for
    /// the backend to know, and cannot be said (PKCS#11 v2.40 base, section 4, footnote 6).
    ///
    /// # Errors
    /// Those of [`rules::fill`].
    pub(crate) fn unseen(
        class: Class,
        spec: KeySpec,
        template: &Template,
    ) -> Result<SessionObject> {
        let mut attributes = of_key(class, spec, None);
        confine(&mut attributes);
        let (other, sizes): (_, &[_]) = match class {
            Class::Secret => (CKA_CHECK_VALUE, &[CKA_VALUE_LEN]),
            _ => (CKA_SUBJECT, &[CKA_MODULUS_BITS, CKA_EC_PARAMS, CKA_PARAMETER_SET]),
        };
        attributes.set(other, []);
        rules::fill(&mut attributes, template, sizes)?;
        Ok(SessionObject { attributes, key: None })
    }

    /// An object that is no key.
    pub(crate) fn of_attributes(attributes: Attributes) -> SessionObject {
        SessionObject { attributes, key: None }
    }

    /// The key for operations; `None` for other objects.
    pub(crate) fn usable_key(&self) -> Option<(Class, Key)> {
        let (class, key) = self.key.as_ref()?;
        Some((*class, Key::Session(Arc::clone(key), self.usages())))
    }

    /// What its attributes permit.
    pub(crate) fn usages(&self) -> KeyUsages {
        let permitted = USAGES.iter().filter(|(attribute, _)| self.attributes.flag(*attribute));
        permitted.map(|(_, usage)| *usage).collect()
    }

    /// The value of an attribute, as callers may see it.
    pub(crate) fn attribute(&self, attribute: CK_ATTRIBUTE_TYPE) -> Attribute {
        match self.attributes.get(attribute) {
            Some(_) if self.hides(attribute) => Attribute::Sensitive,
            Some(value) => Attribute::Value(value.to_vec()),
            None => Attribute::Unknown,
        }
    }

    fn hides(&self, attribute: CK_ATTRIBUTE_TYPE) -> bool {
        let confined =
            || self.attributes.flag(CKA_SENSITIVE) || !self.attributes.flag(CKA_EXTRACTABLE);
        let secret = matches!(self.key, Some((Class::Private | Class::Secret, _)));
        secret && SECRET_PARTS.contains(&attribute) && confined()
    }

    /// The object after `C_SetAttributeValue`, or a copy of it.
    ///
    /// # Errors
    /// `CKR_ACTION_PROHIBITED`, and those of [`rules::changed`].
    pub(crate) fn changed(&self, template: &Template, is_copy: bool) -> Result<SessionObject> {
        let permission = if is_copy { CKA_COPYABLE } else { CKA_MODIFIABLE };
        if !self.attributes.flag(permission) {
            return Err(Rv(CKR_ACTION_PROHIBITED));
        }
        let attributes = rules::changed(&self.attributes, template, is_copy)?;
        Ok(SessionObject { attributes, key: self.key.clone() })
    }
}

/// What all keys have (section 4.7).
fn of_key(class: Class, spec: KeySpec, made_by: Option<CK_MECHANISM_TYPE>) -> Attributes {
    let mut attributes = Attributes::default();
    common(&mut attributes, class.value(), class != Class::Public);
    for empty in [CKA_ID, CKA_START_DATE, CKA_END_DATE] {
        attributes.set(empty, []);
    }
    attributes.set_number(CKA_KEY_TYPE, key_type(spec));
    attributes.set_flag(CKA_DERIVE, false);
    attributes.set_flag(CKA_LOCAL, made_by.is_some());
    attributes.set_number(CKA_KEY_GEN_MECHANISM, made_by.unwrap_or(CK_UNAVAILABLE_INFORMATION));
    attributes.set(CKA_ALLOWED_MECHANISMS, mechanism::allowed(spec));
    let usual = spec.usual_usages();
    for (attribute, usage) in USAGES {
        if is_of(class, attribute) {
            attributes.set_flag(attribute, usual.contains(usage));
        }
    }
    // What goes by another name is permitted as what it is.
    let recoverable = spec.class() == KeyClass::Rsa;
    let (encrypts, decrypts) =
        (usual.contains(KeyUsages::ENCRYPT), usual.contains(KeyUsages::DECRYPT));
    let others: &[_] = match class {
        Class::Public => {
            &[(CKA_VERIFY_RECOVER, recoverable), (CKA_WRAP, encrypts), (CKA_TRUSTED, false)]
        }
        Class::Private => &[
            (CKA_SIGN_RECOVER, recoverable),
            (CKA_UNWRAP, decrypts),
            (CKA_WRAP_WITH_TRUSTED, false),
            (CKA_ALWAYS_AUTHENTICATE, false),
        ],
        Class::Secret => &[
            (CKA_WRAP, encrypts),
            (CKA_UNWRAP, decrypts),
            (CKA_WRAP_WITH_TRUSTED, false),
            (CKA_TRUSTED, false),
        ],
    };
    for (other, value) in others {
        attributes.set_flag(*other, *value);
    }
    attributes
}

/// What all objects that can be stored have (section 4.4).
pub(crate) fn common(attributes: &mut Attributes, class: CK_OBJECT_CLASS, private: bool) {
    attributes.set_number(CKA_CLASS, class);
    attributes.set(CKA_LABEL, []);
    attributes.set_flag(CKA_TOKEN, false);
    attributes.set_flag(CKA_PRIVATE, private);
    for flag in [CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE] {
        attributes.set_flag(flag, true);
    }
}

/// Whether keys of a class have this usage.
fn is_of(class: Class, usage: CK_ATTRIBUTE_TYPE) -> bool {
    match class {
        Class::Public => matches!(usage, CKA_VERIFY | CKA_ENCRYPT | CKA_ENCAPSULATE),
        Class::Private => {
            matches!(usage, CKA_SIGN | CKA_DECRYPT | CKA_DERIVE | CKA_DECAPSULATE)
        }
        Class::Secret => !matches!(usage, CKA_ENCAPSULATE | CKA_DECAPSULATE),
    }
}

/// What public keys have (section 4.8).
fn public(attributes: &mut Attributes, key: &SessionKey) {
    attributes.set(CKA_SUBJECT, []);
    for part in PUBLIC_PARTS.into_iter().chain([CKA_EC_POINT, CKA_VALUE]) {
        if let Some(value) = public_part(key.spec, key.public_key(), part) {
            attributes.set(part, value);
        }
    }
    if attributes.get(CKA_MODULUS).is_some() {
        attributes.set_number(CKA_MODULUS_BITS, key.spec.bits() as CK_ULONG);
    }
}

/// How freely the parts of private and secret keys are given out, where nobody says.
fn confine(attributes: &mut Attributes) {
    attributes.set_flag(CKA_SENSITIVE, true);
    for flag in [CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
        attributes.set_flag(flag, false);
    }
}

/// What private and secret keys have (sections 4.9 and 4.10).
fn secret(attributes: &mut Attributes, key: &SessionKey) -> Result<()> {
    confine(attributes);
    let material = key.material().ok_or(Rv(CKR_TEMPLATE_INCONSISTENT))?;
    for (attribute, value) in material::secret_parts(key.spec, material)? {
        attributes.set(attribute, value.as_slice());
    }
    if !key.spec.is_asymmetric() {
        attributes.set_number(CKA_VALUE_LEN, material.as_bytes().len() as CK_ULONG);
        attributes.set(CKA_CHECK_VALUE, []);
        return Ok(());
    }
    attributes.set(CKA_SUBJECT, []);
    for part in PUBLIC_PARTS {
        if let Some(value) = public_part(key.spec, key.public_key(), part) {
            attributes.set(part, value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aes(template: Vec<(CK_ATTRIBUTE_TYPE, Vec<u8>)>) -> Result<SessionObject> {
        let material = supacrypt_crypto::import(KeySpec::Aes128, &[7; 16])?;
        let key = Arc::new(SessionKey::secret(KeySpec::Aes128, material)?);
        SessionObject::key(Class::Secret, key, &Template::new(template), None)
    }

    #[test]
    fn the_value_shows_only_when_the_key_is_free() {
        let shown = aes(vec![(CKA_SENSITIVE, vec![0]), (CKA_EXTRACTABLE, vec![1])]).unwrap();
        assert_eq!(shown.attribute(CKA_VALUE), Attribute::Value(vec![7; 16]));
        let not_extractable = aes(vec![(CKA_SENSITIVE, vec![0])]).unwrap();
        assert_eq!(not_extractable.attribute(CKA_VALUE), Attribute::Sensitive);
        assert_eq!(aes(vec![]).unwrap().attribute(CKA_VALUE), Attribute::Sensitive);
    }

    #[test]
    fn a_template_that_contradicts_the_key_is_refused() {
        let wrong = CK_ULONG::to_ne_bytes(CKK_DES3).to_vec();
        let refused = aes(vec![(CKA_KEY_TYPE, wrong)]);
        assert_eq!(refused.err(), Some(Rv(CKR_TEMPLATE_INCONSISTENT)));
        let refused = aes(vec![(CKA_MODULUS, vec![1])]);
        assert_eq!(refused.err(), Some(Rv(CKR_ATTRIBUTE_TYPE_INVALID)));
    }

    #[test]
    fn usages_follow_the_attributes() {
        let (_, key) = aes(vec![(CKA_DECRYPT, vec![0])]).unwrap().usable_key().unwrap();
        assert_eq!(key.usages(), KeyUsages::ENCRYPT);
    }

    #[test]
    fn what_is_not_copyable_is_not_copied() {
        let object = aes(vec![(CKA_COPYABLE, vec![0])]).unwrap();
        let copied = object.changed(&Template::default(), true);
        assert_eq!(copied.err(), Some(Rv(CKR_ACTION_PROHIBITED)));
    }
}
