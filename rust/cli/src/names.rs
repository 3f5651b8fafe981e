//! How keys and keyrings are named on the command line.

use std::str::FromStr;

use supacrypt_core::{Error, KeyName, KeyVersionName, KeyringName, Reason, ResourceId, Result};

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
        let keyring = self.keyring.as_ref().or(default).ok_or_else(|| {
            Error::new(
                Reason::InvalidArgument,
                format!(
                    "which keyring is {key} in? write KEYRING/{key}, or set `keyring` in the \
                     configuration",
                    key = self.key
                ),
            )
        })?;
        Ok(KeyringName::new(keyring.clone()).key(self.key.clone()))
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
        let (keyring, key) = match path.split_once('/') {
            Some((keyring, key)) => (Some(keyring.parse()?), key),
            None => (None, path),
        };
        Ok(KeyRef { keyring, key: key.parse()?, version })
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
    fn malformed_names_are_refused() {
        for text in
            ["", "a/b/c", "a@0", "a@x", "A", "keyrings/dev", "keyrings/dev/keys/a/versions/0"]
        {
            assert!(text.parse::<KeyRef>().is_err(), "{text}");
        }
    }
}
