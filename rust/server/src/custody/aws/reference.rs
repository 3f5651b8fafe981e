//! How the server's store refers to a key of KMS.

use supacrypt_core::{Error, Reason, Result};

/// What a stored reference begins with: the form of the rest.
const FORM: u8 = 1;

/// What stands in the place of a context when the key is another's.
const ADOPTED: &str = "adopted";
/// What the names of aliases begin with (API reference, `CreateAlias`), and no context does.
const ALIAS: &str = "alias/";

/// A key of KMS, by its ARN. It is stored as text after the form, whose it is and the ARN with a space
/// between. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) whose: Whose,
    pub(super) arn: String,
}

/// Who made a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// This store, as this.
    Made(String),
    /// Others.
    Adopted,
    /// Others, and it was adopted by this alias: its name, or its ARN where it is of another account.
    Followed(String),
}

impl Reference {
    /// What is stored.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let whose = match &self.whose {
            Whose::Made(context) => context,
            Whose::Adopted => ADOPTED,
            Whose::Followed(alias) => alias,
        };
        [&[FORM], whose.as_bytes(), b" ", self.arn.as_bytes()].concat()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`] for what a newer server wrote.
    pub(super) fn read(bytes: &[u8]) -> Result<Reference> {
        let read = |bytes: &[u8]| {
            let text = str::from_utf8(bytes.strip_prefix(&[FORM])?).ok()?;
            let (whose, arn) = text.split_once(' ')?;
            let whose = match whose {
                ADOPTED => Whose::Adopted,
                alias if is_alias(alias) => Whose::Followed(alias.to_owned()),
                context => Whose::Made(context.to_owned()),
            };
            arn.starts_with("arn:").then(|| Reference { whose, arn: arn.to_owned() })
        };
        read(bytes).ok_or_else(|| {
            Error::new(
                Reason::CustodianUnavailable,
                "the store refers to a key of KMS in a way that this server does not know; a newer \
                 one may have written it",
            )
        })
    }
}

/// Whether this is the name or ARN of an alias, and not of a key.
pub(super) fn is_alias(key: &str) -> bool {
    key.rsplit(':').next().is_some_and(|name| name.starts_with(ALIAS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_it_was_written_and_no_other_is() {
        let arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd".to_owned();
        let alias = "alias/codesign".to_owned();
        let far = "arn:aws:kms:eu-central-1:444455556666:alias/codesign".to_owned();
        assert!(!is_alias(&arn) && !is_alias("uid"));
        for whose in [
            Whose::Made("uid".into()),
            Whose::Adopted,
            Whose::Followed(alias),
            Whose::Followed(far),
        ] {
            let reference = Reference { whose, arn: arn.clone() };
            assert_eq!(Reference::read(&reference.to_bytes()).unwrap(), reference);
        }
        for unknown in
            [&b""[..], b"\x01", b"\x01uid", b"\x01uid x", b"\x02uid arn:x", b"\x01\xff arn:"]
        {
            let error = Reference::read(unknown).unwrap_err();
            assert_eq!(error.reason(), Reason::CustodianUnavailable);
        }
    }
}
