//! Attributes of keys.

use supacrypt_core::{Date, Error, KeyAttributes, KeyFlags, Result};

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
        })
    }
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
