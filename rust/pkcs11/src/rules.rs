//! What a template may say of an object, when it is made and later (PKCS#11 v2.40 base, section 4,
//! and the footnotes of its tables).

use cryptoki_sys::*;

use crate::{
    attributes::Attributes,
    error::{Result, Rv},
    template::Template,
};

/// When an attribute can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// When the object is made, and at any time later.
    Free,
    /// When the object is made or copied.
    Once,
    /// As [`Once`](Self::Once), and later from false to true.
    Raise,
    /// As [`Once`](Self::Once), and later from true to false.
    Lower,
    /// Never: it follows from the object.
    Told,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Flag,
    Number,
    /// A number of any length, beginning with its highest byte.
    Integer,
    /// `CK_DATE`, or nothing.
    Date,
    /// Mechanisms.
    List,
    Bytes,
}

const fn rule(attribute: CK_ATTRIBUTE_TYPE) -> (Rule, Form) {
    match attribute {
        CKA_LABEL | CKA_ID | CKA_SUBJECT | CKA_APPLICATION | CKA_OBJECT_ID | CKA_VALUE => {
            (Rule::Free, Form::Bytes)
        }
        CKA_START_DATE | CKA_END_DATE => (Rule::Free, Form::Date),
        CKA_ENCRYPT | CKA_DECRYPT | CKA_SIGN | CKA_SIGN_RECOVER | CKA_VERIFY
        | CKA_VERIFY_RECOVER | CKA_WRAP | CKA_UNWRAP | CKA_DERIVE | CKA_ENCAPSULATE
        | CKA_DECAPSULATE => (Rule::Free, Form::Flag),
        CKA_CERTIFICATE_CATEGORY => (Rule::Free, Form::Number),
        CKA_NAME_HASH_ALGORITHM | CKA_JAVA_MIDP_SECURITY_DOMAIN => (Rule::Once, Form::Number),
        CKA_ISSUER
        | CKA_SERIAL_NUMBER
        | CKA_URL
        | CKA_HASH_OF_SUBJECT_PUBLIC_KEY
        | CKA_HASH_OF_ISSUER_PUBLIC_KEY
        | CKA_CHECK_VALUE => (Rule::Once, Form::Bytes),
        CKA_ALLOWED_MECHANISMS => (Rule::Once, Form::List),
        CKA_TOKEN | CKA_PRIVATE | CKA_MODIFIABLE | CKA_ALWAYS_AUTHENTICATE => {
            (Rule::Once, Form::Flag)
        }
        CKA_SENSITIVE | CKA_WRAP_WITH_TRUSTED => (Rule::Raise, Form::Flag),
        CKA_EXTRACTABLE | CKA_COPYABLE | CKA_DESTROYABLE => (Rule::Lower, Form::Flag),
        CKA_TRUSTED => (Rule::Told, Form::Flag),
        CKA_CLASS | CKA_KEY_TYPE | CKA_CERTIFICATE_TYPE | CKA_MODULUS_BITS | CKA_VALUE_LEN
        | CKA_PARAMETER_SET => (Rule::Told, Form::Number),
        CKA_MODULUS | CKA_PUBLIC_EXPONENT => (Rule::Told, Form::Integer),
        _ => (Rule::Told, Form::Bytes),
    }
}

/// Refuses a value that is not one of this attribute.
fn check_form(form: Form, value: &[u8]) -> Result<()> {
    let fits = match form {
        Form::Flag => value.len() == 1,
        Form::Number => value.len() == size_of::<CK_ULONG>(),
        Form::Date => value.is_empty() || value.len() == 8 && value.iter().all(u8::is_ascii_digit),
        Form::List => value.len().is_multiple_of(size_of::<CK_MECHANISM_TYPE>()),
        Form::Integer | Form::Bytes => true,
    };
    if fits { Ok(()) } else { Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)) }
}

/// Whether two values are the same. Zeros before an integer change nothing, and some callers write one.
fn is_same(form: Form, one: &[u8], other: &[u8]) -> bool {
    if form != Form::Integer {
        return one == other;
    }
    let digits = |value| <[u8]>::iter(value).skip_while(|digit| **digit == 0);
    digits(one).eq(digits(other))
}

/// Brings what a template says into the attributes of an object that is being made. `consumed` are
/// attributes that the object was made from, and need not be among its own.
///
/// # Errors
/// `CKR_ATTRIBUTE_TYPE_INVALID`, `CKR_ATTRIBUTE_VALUE_INVALID`, `CKR_TEMPLATE_INCONSISTENT` where
/// the template contradicts what the object is.
pub(crate) fn fill(
    attributes: &mut Attributes,
    template: &Template,
    consumed: &[CK_ATTRIBUTE_TYPE],
) -> Result<()> {
    for (attribute, value) in template.iter() {
        let (rule, form) = rule(attribute);
        check_form(form, value)?;
        match attributes.get(attribute) {
            Some(_) if attribute == CKA_TRUSTED && is_for_the_backend(attributes, template)? => {
                attributes.set(attribute, value);
            }
            _ if consumed.contains(&attribute) => {}
            None => return Err(Rv(CKR_ATTRIBUTE_TYPE_INVALID)),
            Some(own) if is_same(form, own, value) => {}
            Some(_) if rule == Rule::Told => return Err(Rv(CKR_TEMPLATE_INCONSISTENT)),
            Some(_) => attributes.set(attribute, value),
        }
    }
    Ok(())
}

/// Whether the backend says who may call the object trusted, as it asks for more than the usual role:
/// a certificate, or a key that comes to the token.
fn is_for_the_backend(attributes: &Attributes, template: &Template) -> Result<bool> {
    Ok(is_certificate(attributes) || template.boolean(CKA_TOKEN)? == Some(true))
}

fn is_certificate(attributes: &Attributes) -> bool {
    attributes.get(CKA_CERTIFICATE_TYPE).is_some()
}

/// Changes the attributes of an object as `C_SetAttributeValue` does, or those of a copy that is
/// being made. All of the template or nothing.
///
/// # Errors
/// `CKR_ATTRIBUTE_TYPE_INVALID`, `CKR_ATTRIBUTE_VALUE_INVALID`, `CKR_ATTRIBUTE_READ_ONLY`.
pub(crate) fn changed(
    attributes: &Attributes,
    template: &Template,
    is_copy: bool,
) -> Result<Attributes> {
    let mut changed = attributes.clone();
    let is_key = attributes.get(CKA_KEY_TYPE).is_some();
    for (attribute, value) in template.iter() {
        let (rule, form) = rule(attribute);
        check_form(form, value)?;
        let own = attributes.get(attribute).ok_or(Rv(CKR_ATTRIBUTE_TYPE_INVALID))?;
        let allowed = match rule {
            _ if own == value => true,
            // The value of a key or certificate is what it is.
            Rule::Free if attribute == CKA_VALUE => !is_key && !is_certificate(attributes),
            Rule::Free => true,
            Rule::Once => is_copy,
            Rule::Raise => value != [CK_FALSE],
            Rule::Lower => value == [CK_FALSE],
            Rule::Told => attribute == CKA_TRUSTED && is_for_the_backend(attributes, template)?,
        };
        if !allowed {
            return Err(Rv(CKR_ATTRIBUTE_READ_ONLY));
        }
        changed.set(attribute, value);
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Attributes {
        let mut key = Attributes::default();
        key.set_number(CKA_KEY_TYPE, CKK_AES);
        key.set(CKA_LABEL, *b"old");
        key.set_flag(CKA_SENSITIVE, false);
        key.set_flag(CKA_EXTRACTABLE, true);
        key.set_flag(CKA_MODIFIABLE, true);
        key.set(CKA_VALUE, [1; 16]);
        key
    }

    fn change(attribute: CK_ATTRIBUTE_TYPE, value: &[u8]) -> Result<Attributes> {
        changed(&key(), &Template::new(vec![(attribute, value.to_vec())]), false)
    }

    #[test]
    fn a_key_becomes_less_free_only() {
        assert!(change(CKA_SENSITIVE, &[CK_TRUE]).unwrap().flag(CKA_SENSITIVE));
        assert!(!change(CKA_EXTRACTABLE, &[CK_FALSE]).unwrap().flag(CKA_EXTRACTABLE));
        let confined = change(CKA_SENSITIVE, &[CK_TRUE]).unwrap();
        let back = Template::new(vec![(CKA_SENSITIVE, vec![CK_FALSE])]);
        assert_eq!(changed(&confined, &back, false).err(), Some(Rv(CKR_ATTRIBUTE_READ_ONLY)));
    }

    #[test]
    fn a_zero_before_an_integer_changes_nothing() {
        let mut key = key();
        key.set(CKA_MODULUS, [0x80, 1]);
        let say = |value: &[u8]| Template::new(vec![(CKA_MODULUS, value.to_vec())]);
        assert_eq!(fill(&mut key, &say(&[0, 0x80, 1]), &[]), Ok(()));
        assert_eq!(key.get(CKA_MODULUS), Some(&[0x80, 1][..]));
        let other = fill(&mut key, &say(&[0x80, 1, 0]), &[]);
        assert_eq!(other, Err(Rv(CKR_TEMPLATE_INCONSISTENT)));
    }

    #[test]
    fn what_an_object_is_does_not_change() {
        let read_only = Some(Rv(CKR_ATTRIBUTE_READ_ONLY));
        assert_eq!(change(CKA_VALUE, &[2; 16]).err(), read_only);
        assert_eq!(change(CKA_MODIFIABLE, &[CK_FALSE]).err(), read_only);
        assert_eq!(change(CKA_SERIAL_NUMBER, &[1]).err(), Some(Rv(CKR_ATTRIBUTE_TYPE_INVALID)));
        assert_eq!(change(CKA_LABEL, b"new").unwrap().get(CKA_LABEL), Some(&b"new"[..]));
    }

    #[test]
    fn a_key_is_trusted_on_the_token_only() {
        let mut of_session = key();
        of_session.set_flag(CKA_TOKEN, false);
        of_session.set_flag(CKA_TRUSTED, false);
        let trusted = (CKA_TRUSTED, vec![CK_TRUE]);
        let here = Template::new(vec![trusted.clone()]);
        let refused = fill(&mut of_session.clone(), &here, &[]);
        assert_eq!(refused, Err(Rv(CKR_TEMPLATE_INCONSISTENT)));
        let on_token = (CKA_TOKEN, vec![CK_TRUE]);
        let no_flag = Template::new(vec![(CKA_TRUSTED, b"name".to_vec()), on_token.clone()]);
        let refused = fill(&mut of_session.clone(), &no_flag, &[]);
        assert_eq!(refused, Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)));
        let there = Template::new(vec![trusted, on_token]);
        assert!(changed(&of_session, &there, true).unwrap().flag(CKA_TRUSTED));
        let moved = changed(&of_session, &there, false);
        assert_eq!(moved.err(), Some(Rv(CKR_ATTRIBUTE_READ_ONLY)));
    }

    #[test]
    fn a_date_has_eight_digits() {
        let refused = check_form(Form::Date, b"2026-1-1");
        assert_eq!(refused, Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)));
        assert_eq!(check_form(Form::Date, b"20260101"), Ok(()));
    }
}
