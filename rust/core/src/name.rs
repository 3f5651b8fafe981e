//! Resource names: `keyrings/{keyring}/keys/{key}/versions/{n}` and
//! `keyrings/{keyring}/objects/{object}`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{Error, Reason, Result};

/// Longest id of a keyring, key or object, in characters.
pub const MAX_ID_LEN: usize = 63;

/// The id of a keyring, key or object: 1 to 63 lower-case letters, digits and hyphens, beginning with a
/// letter or digit and not ending with a hyphen (the labels of RFC 1123, section 2.1). Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(Arc<str>);

impl ResourceId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ResourceId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let valid = (1..=MAX_ID_LEN).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if valid {
            return Ok(ResourceId(text.into()));
        }
        Err(Error::new(
            Reason::InvalidResourceName,
            format!(
                "{text:?} is not an id: use 1 to {MAX_ID_LEN} lower-case letters, digits and \
                 hyphens, with a letter or digit at both ends"
            ),
        ))
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `keyrings/{keyring}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyringName {
    keyring: ResourceId,
}

impl KeyringName {
    /// The name of the keyring with this id.
    pub fn new(keyring: ResourceId) -> Self {
        KeyringName { keyring }
    }

    /// The keyring's id.
    pub fn keyring(&self) -> &ResourceId {
        &self.keyring
    }

    /// The name of a key in this keyring.
    pub fn key(&self, key: ResourceId) -> KeyName {
        KeyName { keyring: self.clone(), key }
    }

    /// The name of an object in this keyring.
    pub fn object(&self, object: ResourceId) -> ObjectName {
        ObjectName { keyring: self.clone(), object }
    }
}

impl fmt::Display for KeyringName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "keyrings/{}", self.keyring)
    }
}

impl FromStr for KeyringName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let [keyring] = segments(text, ["keyrings"])?;
        Ok(KeyringName { keyring: keyring.parse()? })
    }
}

/// `keyrings/{keyring}/keys/{key}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName {
    keyring: KeyringName,
    key: ResourceId,
}

impl KeyName {
    /// The keyring the key is in.
    pub fn keyring(&self) -> &KeyringName {
        &self.keyring
    }

    /// The key's id.
    pub fn key(&self) -> &ResourceId {
        &self.key
    }

    /// The name of one version of this key. Versions count from 1.
    pub fn version(&self, number: u32) -> KeyVersionName {
        KeyVersionName { key: self.clone(), number }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/keys/{}", self.keyring, self.key)
    }
}

impl FromStr for KeyName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let [keyring, key] = segments(text, ["keyrings", "keys"])?;
        Ok(KeyringName::new(keyring.parse()?).key(key.parse()?))
    }
}

/// `keyrings/{keyring}/keys/{key}/versions/{n}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyVersionName {
    key: KeyName,
    number: u32,
}

impl KeyVersionName {
    /// The key this is a version of.
    pub fn key(&self) -> &KeyName {
        &self.key
    }

    /// The version's number, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl fmt::Display for KeyVersionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/versions/{}", self.key, self.number)
    }
}

impl FromStr for KeyVersionName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let [keyring, key, number] = segments(text, ["keyrings", "keys", "versions"])?;
        let canonical = number.bytes().all(|c| c.is_ascii_digit()) && !number.starts_with('0');
        let number = number.parse().ok().filter(|_| canonical).ok_or_else(|| {
            Error::new(
                Reason::InvalidResourceName,
                format!("{number:?} is not a version number: versions count 1, 2, 3 …"),
            )
        })?;
        Ok(KeyringName::new(keyring.parse()?).key(key.parse()?).version(number))
    }
}

/// `keyrings/{keyring}/objects/{object}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName {
    keyring: KeyringName,
    object: ResourceId,
}

impl ObjectName {
    /// The keyring the object is in.
    pub fn keyring(&self) -> &KeyringName {
        &self.keyring
    }

    /// The object's id.
    pub fn object(&self) -> &ResourceId {
        &self.object
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/objects/{}", self.keyring, self.object)
    }
}

impl FromStr for ObjectName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let [keyring, object] = segments(text, ["keyrings", "objects"])?;
        Ok(KeyringName::new(keyring.parse()?).object(object.parse()?))
    }
}

/// Splits `collection/id/collection/id…` and returns the ids.
fn segments<'a, const N: usize>(text: &'a str, collections: [&str; N]) -> Result<[&'a str; N]> {
    let mut parts = text.split('/');
    let mut ids = [""; N];
    for (collection, id) in collections.iter().zip(ids.iter_mut()) {
        match (parts.next(), parts.next()) {
            (Some(found), Some(value)) if found == *collection => *id = value,
            _ => return Err(wrong_shape(text, &collections)),
        }
    }
    if parts.next().is_some() {
        return Err(wrong_shape(text, &collections));
    }
    Ok(ids)
}

fn wrong_shape(text: &str, collections: &[&str]) -> Error {
    let shape: Vec<String> = collections.iter().map(|c| format!("{c}/ID")).collect();
    Error::new(
        Reason::InvalidResourceName,
        format!("{text:?} is not a resource name of the form {}", shape.join("/")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_print_as_they_parse() {
        for name in ["keyrings/dev/keys/code-signing/versions/3", "keyrings/a/keys/0/versions/1"] {
            let parsed: KeyVersionName = name.parse().unwrap();
            assert_eq!(parsed.to_string(), name);
        }
        let object: ObjectName = "keyrings/dev/objects/tls".parse().unwrap();
        assert_eq!(object.to_string(), "keyrings/dev/objects/tls");
        assert!("keyrings/dev/keys/tls".parse::<ObjectName>().is_err());
    }

    #[test]
    fn malformed_names_are_refused() {
        for name in [
            "",
            "keyrings/",
            "keyrings/dev/keys/k",
            "keyrings/dev/keys/k/versions/0",
            "keyrings/dev/keys/k/versions/01",
            "keyrings/dev/keys/k/versions/+1",
            "keyrings/dev/keys/k/versions/4294967296",
            "keyrings/dev/keys/k/versions/1/",
            "keyrings/Dev/keys/k/versions/1",
            "keyrings/dev/keys/../versions/1",
            "keyrings/-dev/keys/k/versions/1",
        ] {
            let error = name.parse::<KeyVersionName>().unwrap_err();
            assert_eq!(error.reason(), Reason::InvalidResourceName, "{name}");
        }
    }

    #[test]
    fn an_id_of_63_characters_is_the_longest() {
        assert!("a".repeat(63).parse::<ResourceId>().is_ok());
        assert!("a".repeat(64).parse::<ResourceId>().is_err());
    }
}
