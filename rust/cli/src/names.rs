//! How keyrings, keys and objects are named on the command line.

use std::str::FromStr;

use supacrypt_core::{
    Error, KeyName, KeyVersionName, KeyringName, ObjectName, Reason, ResourceId, Result,
};

/// `KEYRING`, or `keyrings/KEYRING`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyringRef(ResourceId);

impl KeyringRef {
    pub(crate) fn id(&self) -> &ResourceId {
        &self.0
    }

    pub(crate) fn name(&self) -> KeyringName {
        KeyringName::new(self.0.clone())
    }
}

impl FromStr for KeyringRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.strip_prefix("keyrings/").unwrap_or(text).parse().map(KeyringRef)
    }
}

/// `KEYRING/KEY`, `KEY` in the keyring of the configuration, or the full name
/// `keyrings/KEYRING/keys/KEY`; with `@N` or `/versions/N` one version of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyRef {
    keyring: Option<ResourceId>,
    key: ResourceId,
    version: Option<u32>,
}

impl KeyRef {
    /// The key, which must have been named without a version.
    pub(crate) fn key(&self, default: Option<&ResourceId>) -> Result<KeyName> {
        match self.version {
            None => self.resolve(default),
            Some(version) => Err(Error::new(
                Reason::InvalidArgument,
                format!("this is about a key as a whole; leave out the version, {version}"),
            )),
        }
    }

    /// The key, also where a version of it was named.
    pub(crate) fn whole(&self, default: Option<&ResourceId>) -> Result<KeyName> {
        self.resolve(default)
    }

    /// The version, which must have been named.
    pub(crate) fn version(&self, default: Option<&ResourceId>) -> Result<KeyVersionName> {
        match self.version {
            Some(version) => Ok(self.resolve(default)?.version(version)),
            None => Err(Error::new(
                Reason::InvalidArgument,
                format!("name a version as {}@N; `supacrypt key versions` lists them", self.key),
            )),
        }
    }

    /// The name of the version, or of the key for its primary version.
    pub(crate) fn either(&self, default: Option<&ResourceId>) -> Result<String> {
        let key = self.resolve(default)?;
        Ok(match self.version {
            Some(version) => key.version(version).to_string(),
            None => key.to_string(),
        })
    }

    fn resolve(&self, default: Option<&ResourceId>) -> Result<KeyName> {
        Ok(keyring_of(&self.key, self.keyring.as_ref(), default)?.key(self.key.clone()))
    }
}

impl FromStr for KeyRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let of_key = |key: &KeyName, version| KeyRef {
            keyring: Some(key.keyring().keyring().clone()),
            key: key.key().clone(),
            version,
        };
        if text.starts_with("keyrings/") && text.contains("/versions/") {
            let name: KeyVersionName = text.parse()?;
            return Ok(of_key(name.key(), Some(name.number())));
        }
        let (path, version) = match text.split_once('@') {
            None => (text, None),
            Some((path, number)) => (path, Some(version_number(number)?)),
        };
        if path.starts_with("keyrings/") {
            return Ok(of_key(&path.parse()?, version));
        }
        let (keyring, key) = keyring_and_id(path)?;
        Ok(KeyRef { keyring, key, version })
    }
}

/// `KEYRING/OBJECT`, `OBJECT` in the keyring of the configuration, or the full name
/// `keyrings/KEYRING/objects/OBJECT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectRef {
    keyring: Option<ResourceId>,
    object: ResourceId,
}

impl ObjectRef {
    /// The object's name.
    pub(crate) fn name(&self, default: Option<&ResourceId>) -> Result<ObjectName> {
        let keyring = keyring_of(&self.object, self.keyring.as_ref(), default)?;
        Ok(keyring.object(self.object.clone()))
    }
}

impl FromStr for ObjectRef {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.starts_with("keyrings/") {
            let name: ObjectName = text.parse()?;
            let keyring = Some(name.keyring().keyring().clone());
            return Ok(ObjectRef { keyring, object: name.object().clone() });
        }
        let (keyring, object) = keyring_and_id(text)?;
        Ok(ObjectRef { keyring, object })
    }
}

/// `KEYRING/ID` or `ID`.
fn keyring_and_id(text: &str) -> Result<(Option<ResourceId>, ResourceId)> {
    Ok(match text.split_once('/') {
        Some((keyring, id)) => (Some(keyring.parse()?), id.parse()?),
        None => (None, text.parse()?),
    })
}

/// The keyring that was written before `id`, else the one of the configuration.
fn keyring_of(
    id: &ResourceId,
    written: Option<&ResourceId>,
    default: Option<&ResourceId>,
) -> Result<KeyringName> {
    let keyring = written.or(default).ok_or_else(|| {
        let message = format!(
            "which keyring is {id} in? write KEYRING/{id}, or set `keyring` in the configuration"
        );
        Error::new(Reason::InvalidArgument, message)
    })?;
    Ok(KeyringName::new(keyring.clone()))
}

/// The keyring that is to be listed or filled: the one that was named, else the configuration's.
pub(crate) fn chosen_keyring(
    named: Option<&KeyringRef>,
    default: Option<&ResourceId>,
) -> Result<KeyringName> {
    match (named, default) {
        (Some(keyring), _) => Ok(keyring.name()),
        (None, Some(keyring)) => Ok(KeyringName::new(keyring.clone())),
        (None, None) => {
            let message = "which keyring? name it, or set `keyring` in the configuration; \
                           `supacrypt keyring list` shows what there is";
            Err(Error::new(Reason::InvalidArgument, message))
        }
    }
}

fn version_number(text: &str) -> Result<u32> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
        Error::new(
            Reason::InvalidResourceName,
            format!("{text:?} is not a version number: versions count 1, 2, 3 …"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn either(text: &str) -> String {
        let default = "dev".parse().unwrap();
        text.parse::<KeyRef>().unwrap().either(Some(&default)).unwrap()
    }

    #[test]
    fn short_and_full_names_mean_the_same() {
        assert_eq!(either("app"), "keyrings/dev/keys/app");
        assert_eq!(either("dev/app"), either("keyrings/dev/keys/app"));
        assert_eq!(either("app@2"), either("keyrings/dev/keys/app/versions/2"));
        assert_eq!(either("other/app@2"), "keyrings/other/keys/app/versions/2");
    }

    #[test]
    fn a_key_without_a_keyring_needs_a_default() {
        let error = "app".parse::<KeyRef>().unwrap().key(None).unwrap_err();
        assert!(error.message().contains("KEYRING/app"), "{error}");
    }

    #[test]
    fn a_version_is_refused_where_a_key_is_meant_and_demanded_where_one_is() {
        assert!("dev/app@1".parse::<KeyRef>().unwrap().key(None).is_err());
        assert!("dev/app".parse::<KeyRef>().unwrap().version(None).is_err());
    }

    #[test]
    fn an_object_is_named_like_a_key() {
        let default = "dev".parse().unwrap();
        let name = |text: &str| {
            let object: ObjectRef = text.parse().unwrap();
            object.name(Some(&default)).unwrap().to_string()
        };
        assert_eq!(name("tls"), "keyrings/dev/objects/tls");
        assert_eq!(name("other/tls"), name("keyrings/other/objects/tls"));
        for text in ["tls@1", "keyrings/dev/keys/tls", "a/b/c"] {
            assert!(text.parse::<ObjectRef>().is_err(), "{text}");
        }
    }

    #[test]
    fn malformed_names_are_refused() {
        for text in
            ["", "a/b/c", "a@0", "a@x", "A", "keyrings/dev", "keyrings/dev/keys/a/versions/0"]
        {
            assert!(text.parse::<KeyRef>().is_err(), "{text}");
        }
    }
}
