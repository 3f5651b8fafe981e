//! Attributes of keys.

use supacrypt_core::{AlgorithmSet, Date, Error, KeyAttributes, KeyFlags, Result};

use crate::v1;

impl TryFrom<&v1::Key> for KeyAttributes {
    type Error = Error;

    fn try_from(key: &v1::Key) -> Result<Self> {
        let flags = [
            (key.modifiable.unwrap_or(true), KeyFlags::MODIFIABLE),
            (key.copyable.unwrap_or(true), KeyFlags::COPYABLE),
            (key.destroyable.unwrap_or(true), KeyFlags::DESTROYABLE),
            (key.always_authenticate, KeyFlags::ALWAYS_AUTHENTICATE),
            (key.wrap_with_trusted, KeyFlags::WRAP_WITH_TRUSTED),
            (key.trusted, KeyFlags::TRUSTED),
            (key.extractable, KeyFlags::EXTRACTABLE),
            (key.never_extractable, KeyFlags::NEVER_EXTRACTABLE),
            (key.public_only, KeyFlags::PUBLIC_ONLY),
            (key.private_only, KeyFlags::PRIVATE_ONLY),
        ];
        Ok(KeyAttributes {
            subject: key.subject.clone(),
            start_date: date("key.start_date", &key.start_date)?,
            end_date: date("key.end_date", &key.end_date)?,
            flags: flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag).collect(),
            allowed: allowed_from_wire(&key.allowed_algorithms)?,
            mechanisms: key.pkcs11_mechanisms.clone(),
        })
    }
}

/// Reads the algorithms that a key may be used by.
///
/// # Errors
/// `INVALID_ARGUMENT` when one is unknown.
pub fn allowed_from_wire(names: &[String]) -> Result<AlgorithmSet> {
    AlgorithmSet::from_names(names.iter().map(String::as_str))
        .map_err(|error| error.in_field("key.allowed_algorithms"))
}

fn date(field: &'static str, text: &str) -> Result<Option<Date>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: Error| error.in_field(field))
}

/// The key with these attributes.
pub fn with_key_attributes(key: v1::Key, attributes: KeyAttributes) -> v1::Key {
    let date = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let flags = attributes.flags;
    v1::Key {
        subject: attributes.subject,
        start_date: date(attributes.start_date),
        end_date: date(attributes.end_date),
        modifiable: Some(flags.contains(KeyFlags::MODIFIABLE)),
        copyable: Some(flags.contains(KeyFlags::COPYABLE)),
        destroyable: Some(flags.contains(KeyFlags::DESTROYABLE)),
        always_authenticate: flags.contains(KeyFlags::ALWAYS_AUTHENTICATE),
        wrap_with_trusted: flags.contains(KeyFlags::WRAP_WITH_TRUSTED),
        trusted: flags.contains(KeyFlags::TRUSTED),
        extractable: flags.contains(KeyFlags::EXTRACTABLE),
        never_extractable: flags.contains(KeyFlags::NEVER_EXTRACTABLE),
        public_only: flags.contains(KeyFlags::PUBLIC_ONLY),
        private_only: flags.contains(KeyFlags::PRIVATE_ONLY),
        allowed_algorithms: attributes.allowed.names().collect(),
        pkcs11_mechanisms: attributes.mechanisms,
        ..key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_survive_the_wire() {
        let some = |flags| KeyAttributes {
            subject: vec![0x30, 0],
            start_date: Some("2026-11-25".parse().unwrap()),
            end_date: Some("2027-11-25".parse().unwrap()),
            flags,
            allowed: AlgorithmSet::from_names(["ecdsa"]).unwrap(),
            mechanisms: vec![0x1041, 0x1044],
        };
        let flags = KeyFlags::all().iter();
        let all = flags.map(some).chain([KeyAttributes::default(), some(KeyFlags::all())]);
        for attributes in all {
            let wire = with_key_attributes(v1::Key::default(), attributes.clone());
            assert_eq!(KeyAttributes::try_from(&wire), Ok(attributes));
        }
    }

    #[test]
    fn a_key_that_says_nothing_has_the_default_attributes() {
        assert_eq!(KeyAttributes::try_from(&v1::Key::default()), Ok(KeyAttributes::default()));
        let wrong = v1::Key { end_date: "tomorrow".into(), ..Default::default() };
        let error = KeyAttributes::try_from(&wrong).unwrap_err();
        assert_eq!(error.field(), Some("key.end_date"));
    }
}
