//! What the backend keeps of a key of the token for PKCS#11's sake: its subject, dates and flags
//! (PKCS#11 v2.40 base, sections 4.4 and 4.7 to 4.10).

use cryptoki_sys::*;
use supacrypt_client::{NewKey, limits};
use supacrypt_core::{Date, KeyAttributes, KeyAttributesChange, KeyFlags, KeySpec, KeyUsages};

use crate::{
    allowed,
    error::{Result, Rv},
    object::Class,
};

const ALL: &[Class] = &[Class::Public, Class::Private, Class::Secret];
const CONFINED: &[Class] = &[Class::Private, Class::Secret];

/// The flags, and which objects of a key have them.
const FLAGS: [(CK_ATTRIBUTE_TYPE, KeyFlags, &[Class]); 8] = [
    (CKA_MODIFIABLE, KeyFlags::MODIFIABLE, ALL),
    (CKA_COPYABLE, KeyFlags::COPYABLE, ALL),
    (CKA_DESTROYABLE, KeyFlags::DESTROYABLE, ALL),
    (CKA_ALWAYS_AUTHENTICATE, KeyFlags::ALWAYS_AUTHENTICATE, &[Class::Private]),
    (CKA_WRAP_WITH_TRUSTED, KeyFlags::WRAP_WITH_TRUSTED, CONFINED),
    (CKA_TRUSTED, KeyFlags::TRUSTED, &[Class::Public, Class::Secret]),
    (CKA_EXTRACTABLE, KeyFlags::EXTRACTABLE, CONFINED),
    (CKA_NEVER_EXTRACTABLE, KeyFlags::NEVER_EXTRACTABLE, CONFINED),
];

/// Flags that stay as they were made.
const FIXED: KeyFlags =
    KeyFlags::MODIFIABLE.union(KeyFlags::ALWAYS_AUTHENTICATE).union(KeyFlags::NEVER_EXTRACTABLE);

/// The value of `attribute` in an object of a key; `None` for what is not kept here.
pub(crate) fn value(
    kept: &KeyAttributes,
    class: Class,
    attribute: CK_ATTRIBUTE_TYPE,
) -> Option<Vec<u8>> {
    Some(match attribute {
        CKA_SUBJECT if class != Class::Secret => kept.subject.clone(),
        CKA_START_DATE => written(kept.start_date),
        CKA_END_DATE => written(kept.end_date),
        _ => vec![if kept.flags.contains(flag(class, attribute)?) { CK_TRUE } else { CK_FALSE }],
    })
}

/// What a new key of the token shall be. `given` says what its maker wants of an attribute.
///
/// # Errors
/// `CKR_ATTRIBUTE_VALUE_INVALID`, those of [`allowed::limit`] and of `given`.
pub(crate) fn new_key(
    spec: KeySpec,
    usages: KeyUsages,
    secret_length: Option<u32>,
    given: impl Fn(CK_ATTRIBUTE_TYPE) -> Result<Option<Vec<u8>>>,
) -> Result<NewKey> {
    let mut attributes = of_new(&given)?;
    if let Some(list) = given(CKA_ALLOWED_MECHANISMS)? {
        allowed::limit(&mut attributes, spec, &list)?;
    }
    let label = given(CKA_LABEL)?.unwrap_or_default();
    Ok(NewKey {
        id: None,
        label: String::from_utf8(label).map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))?,
        object_id: given(CKA_ID)?.unwrap_or_default(),
        spec,
        usages,
        secret_length,
        attributes,
    })
}

fn of_new(given: impl Fn(CK_ATTRIBUTE_TYPE) -> Result<Option<Vec<u8>>>) -> Result<KeyAttributes> {
    let mut flags = KeyFlags::default();
    for (attribute, flag, _) in FLAGS {
        if let Some(value) = given(attribute)? {
            flags.set(flag, boolean(&value)?);
        }
    }
    Ok(KeyAttributes {
        subject: subject(&given(CKA_SUBJECT)?.unwrap_or_default())?,
        start_date: date(&given(CKA_START_DATE)?.unwrap_or_default())?,
        end_date: date(&given(CKA_END_DATE)?.unwrap_or_default())?,
        flags,
        ..KeyAttributes::default()
    })
}

/// Adds to a change that `attribute` of an object of a key becomes `value`.
///
/// # Errors
/// `CKR_ATTRIBUTE_VALUE_INVALID`; `CKR_ATTRIBUTE_READ_ONLY` for what stays as it is, and for a flag
/// that changes in the other direction only.
pub(crate) fn change(
    change: &mut KeyAttributesChange,
    kept: &KeyAttributes,
    class: Class,
    attribute: CK_ATTRIBUTE_TYPE,
    value: &[u8],
) -> Result<()> {
    match attribute {
        CKA_SUBJECT => change.subject = Some(subject(value)?),
        CKA_START_DATE => change.start_date = Some(date(value)?),
        CKA_END_DATE => change.end_date = Some(date(value)?),
        _ => {
            let flag = flag(class, attribute).filter(|flag| !FIXED.contains(*flag));
            let flag = flag.ok_or(Rv(CKR_ATTRIBUTE_READ_ONLY))?;
            let given = boolean(value)?;
            change.given.set(flag, given);
            change.taken.set(flag, !given);
        }
    }
    kept.clone().change(change.clone()).map_err(|_| Rv(CKR_ATTRIBUTE_READ_ONLY))
}

fn flag(class: Class, attribute: CK_ATTRIBUTE_TYPE) -> Option<KeyFlags> {
    let mut flags = FLAGS.iter();
    let found = flags.find(|(each, _, classes)| *each == attribute && classes.contains(&class));
    found.map(|(_, flag, _)| *flag)
}

fn subject(value: &[u8]) -> Result<Vec<u8>> {
    if value.len() > limits::SUBJECT {
        return Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID));
    }
    Ok(value.to_vec())
}

fn boolean(value: &[u8]) -> Result<bool> {
    match value {
        [value] => Ok(*value != CK_FALSE),
        _ => Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)),
    }
}

/// A `CK_DATE`: year, month and day in digits, or nothing.
fn date(value: &[u8]) -> Result<Option<Date>> {
    if value.is_empty() {
        return Ok(None);
    }
    let read = || {
        let text = std::str::from_utf8(value).ok()?;
        let parts = (text.get(..4)?, text.get(4..6)?, text.get(6..)?);
        format!("{}-{}-{}", parts.0, parts.1, parts.2).parse().ok()
    };
    read().map(Some).ok_or(Rv(CKR_ATTRIBUTE_VALUE_INVALID))
}

fn written(date: Option<Date>) -> Vec<u8> {
    date.map(|date| date.to_string().replace('-', "").into_bytes()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVALID: Rv = Rv(CKR_ATTRIBUTE_VALUE_INVALID);

    #[test]
    fn a_date_is_written_as_it_is_read() {
        for text in [&b"20261125"[..], b"20240229", b""] {
            assert_eq!(written(date(text).unwrap()), text);
        }
        for wrong in [&b"20261131"[..], b"2026-1-1", b"202611250", b"2026", &[0xff; 8], &[0; 8]] {
            assert_eq!(date(wrong), Err(INVALID), "{wrong:?}");
        }
        let split = "202\u{e9}1125";
        assert_eq!(date(split.as_bytes()), Err(INVALID));
    }

    #[test]
    fn a_new_key_has_what_its_maker_says_and_else_the_usual() {
        assert_eq!(of_new(|_| Ok(None)), Ok(KeyAttributes::default()));
        let made = of_new(|attribute| {
            Ok(match attribute {
                CKA_END_DATE => Some(b"20271231".to_vec()),
                CKA_COPYABLE => Some(vec![CK_FALSE]),
                _ => None,
            })
        });
        let made = made.unwrap();
        assert_eq!(made.end_date.unwrap().to_string(), "2027-12-31");
        assert_eq!(made.flags, KeyFlags::default().difference(KeyFlags::COPYABLE));
        let two_bytes = |attribute| Ok((attribute == CKA_TRUSTED).then(|| vec![1, 0]));
        assert_eq!(of_new(two_bytes), Err(INVALID));
        let free = |attribute| Ok((attribute == CKA_EXTRACTABLE).then(|| vec![CK_TRUE]));
        assert!(of_new(free).unwrap().flags.contains(KeyFlags::EXTRACTABLE));
        let long = |attribute| Ok((attribute == CKA_SUBJECT).then(|| vec![0; 5000]));
        assert_eq!(of_new(long), Err(INVALID));
    }

    #[test]
    fn flags_change_in_their_direction_only() {
        let kept = KeyAttributes::default();
        let to = |attribute, value| {
            let mut changes = KeyAttributesChange::default();
            change(&mut changes, &kept, Class::Private, attribute, &[value]).map(|()| changes)
        };
        assert_eq!(to(CKA_DESTROYABLE, CK_FALSE).unwrap().taken, KeyFlags::DESTROYABLE);
        let wrap = to(CKA_WRAP_WITH_TRUSTED, CK_TRUE).unwrap();
        assert_eq!(wrap.given, KeyFlags::WRAP_WITH_TRUSTED);
        for (attribute, value) in [
            (CKA_EXTRACTABLE, CK_TRUE),
            (CKA_MODIFIABLE, CK_FALSE),
            (CKA_ALWAYS_AUTHENTICATE, CK_TRUE),
            (CKA_NEVER_EXTRACTABLE, CK_TRUE),
            (CKA_SIGN, CK_FALSE),
        ] {
            assert_eq!(to(attribute, value), Err(Rv(CKR_ATTRIBUTE_READ_ONLY)), "{attribute:#x}");
        }
    }

    #[test]
    fn objects_have_the_attributes_of_their_class() {
        let kept = KeyAttributes::default();
        assert_eq!(value(&kept, Class::Secret, CKA_SUBJECT), None);
        assert_eq!(value(&kept, Class::Private, CKA_SUBJECT), Some(Vec::new()));
        assert_eq!(value(&kept, Class::Private, CKA_TRUSTED), None);
        assert_eq!(value(&kept, Class::Public, CKA_DESTROYABLE), Some(vec![CK_TRUE]));
        assert_eq!(value(&kept, Class::Secret, CKA_DESTROYABLE), Some(vec![CK_TRUE]));
    }
}
