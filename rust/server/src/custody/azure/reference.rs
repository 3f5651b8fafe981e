//! What the server's store has of a key in a vault: where it is.

use reqwest::Url;
use strum::{EnumString, IntoStaticStr};
use supacrypt_core::{Error, Reason, Result};

/// What a stored reference begins with: the form of the rest.
const FORM: u8 = 1;

/// What the names of our keys begin with. The id of a key version follows.
const PREFIX: &str = "supacrypt-";

/// Where a key is: `https://VAULT/keys/NAME/VERSION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyId {
    pub(super) vault: String,
    pub(super) name: String,
    /// `None` where the key as a whole is meant.
    pub(super) version: Option<String>,
}

/// A key that a version is stored with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) key: KeyId,
    pub(super) whose: Whose,
}

/// Who made a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Whose {
    /// This store.
    Made,
    /// Others, so that it stays theirs. This version of it was adopted.
    Adopted,
    /// Others, and it was adopted as a whole.
    Followed,
}

impl KeyId {
    /// Reads a URL. `None` when it is no such key's.
    pub(super) fn parse(url: &str) -> Option<KeyId> {
        let url = Url::parse(url).ok().filter(|url| url.scheme() == "https")?;
        let mut segments = url.path_segments()?.filter(|segment| !segment.is_empty());
        let name = segments.next().filter(|first| *first == "keys").and(segments.next())?;
        let (version, end) = (segments.next(), segments.next());
        let plain = is_plain(name) && version.is_none_or(is_plain);
        let bare = url.query().is_none() && url.fragment().is_none() && end.is_none();
        (plain && bare).then(|| KeyId {
            vault: url.origin().ascii_serialization(),
            name: name.to_owned(),
            version: version.map(str::to_owned),
        })
    }

    /// The key of `vault` that has this name, if a key can have it.
    pub(super) fn named(vault: &str, name: &str) -> Option<KeyId> {
        let key = KeyId { vault: vault.to_owned(), name: name.to_owned(), version: None };
        is_plain(name).then_some(key)
    }

    /// Whether its name is this one. Vaults make no difference of upper and lower case.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The same key in one version.
    pub(super) fn at(&self, version: &str) -> KeyId {
        KeyId { version: Some(version.to_owned()), ..self.clone() }
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/keys/{}", self.vault, self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, "/{version}"))
    }
}

impl Reference {
    /// As it is stored. There is nothing secret in it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let whose: &str = self.whose.into();
        [&[FORM], format!("{whose} {}", self.key).as_bytes()].concat()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) gave.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`] for one that a newer server made.
    pub(super) fn read(stored: &[u8]) -> Result<Reference> {
        let parse = |stored: &[u8]| {
            let text = std::str::from_utf8(stored.strip_prefix(&[FORM])?).ok()?;
            let (whose, url) = text.split_once(' ')?;
            Some(Reference { key: KeyId::parse(url)?, whose: whose.parse().ok()? })
        };
        parse(stored).ok_or_else(|| {
            Error::new(
                Reason::CustodianUnavailable,
                "the store refers to a key of a vault in a way that this server does not know; a \
                 newer one may have written it",
            )
        })
    }
}

/// The name of the key that is made for a key version.
///
/// # Errors
/// [`Reason::Internal`] for an id that is no part of a name (1 to 127 letters, digits and hyphens).
pub(super) fn name_of(context: &[u8]) -> Result<String> {
    let id = std::str::from_utf8(context).ok().filter(|id| is_plain(id));
    let name = id.map(|id| format!("{PREFIX}{id}")).filter(|name| is_plain(name));
    name.ok_or_else(|| Error::new(Reason::Internal, "the key version's id names no key of a vault"))
}

/// The key version that a key of this name was made for.
pub(super) fn context_of(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX).filter(|id| !id.is_empty())
}

/// Whether a key or version can be called so. Nothing else gets into the path of a request.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=127).contains(&name.len()) && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_it_was_written_and_no_other_is() {
        let key = KeyId::parse("https://a.vault.azure.net/keys/supacrypt-uid/0a1b").unwrap();
        assert_eq!(key.vault, "https://a.vault.azure.net");
        for whose in [Whose::Made, Whose::Adopted, Whose::Followed] {
            let reference = Reference { key: key.clone(), whose };
            assert_eq!(Reference::read(&reference.to_bytes()).unwrap(), reference);
        }
        let made = Reference { key, whose: Whose::Made };
        assert_eq!(made.to_bytes(), b"\x01made https://a.vault.azure.net/keys/supacrypt-uid/0a1b");
        for unknown in [
            &b""[..],
            b"\x01made ",
            b"\x02made https://a.vault.azure.net/keys/k/v",
            b"\x01lent https://a.vault.azure.net/keys/k/v",
            b"\x01made http://a.vault.azure.net/keys/k/v",
            b"\x01made https://a.vault.azure.net/secrets/k/v",
            b"\x01made https://a.vault.azure.net/keys/k/v/w",
            b"\x01made https://a.vault.azure.net/keys/k%2fsign/v",
        ] {
            let error = Reference::read(unknown).unwrap_err();
            assert_eq!(error.reason(), Reason::CustodianUnavailable, "{unknown:?}");
        }
    }

    #[test]
    fn a_key_is_named_by_its_version_and_by_nothing_that_would_leave_its_path() {
        let name = name_of(b"01arz3ndektsv4rrffq69g5fav").unwrap();
        assert_eq!(context_of(&name), Some("01arz3ndektsv4rrffq69g5fav"));
        assert_eq!(context_of("supacrypt-"), None);
        assert_eq!(context_of("other"), None);
        for context in [&b""[..], b"a/b", b"..", b"\xff", &[b'a'; 120]] {
            assert!(name_of(context).is_err(), "{context:?}");
        }
        assert!(KeyId::named("https://a.vault.azure.net", "a/../b").is_none());
    }
}
