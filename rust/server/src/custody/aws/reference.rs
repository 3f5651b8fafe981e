//! How the server's store refers to a key of KMS.

use supacrypt_core::{Error, Reason, Result};

/// What a stored reference begins with: the form of the rest.
const FORM: u8 = 1;

/// What stands in the place of a context when the key is another's.
const ADOPTED: &str = "adopted";

/// A key of KMS, by its ARN. It is stored as text after the form, a context and the ARN with a space
/// between. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// What it was made as; `None` when others made it.
    pub(super) context: Option<String>,
    pub(super) arn: String,
}

impl Reference {
    /// What is stored.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let context = self.context.as_deref().unwrap_or(ADOPTED);
        [&[FORM], context.as_bytes(), b" ", self.arn.as_bytes()].concat()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`] for what a newer server wrote.
    pub(super) fn read(bytes: &[u8]) -> Result<Reference> {
        let read = |bytes: &[u8]| {
            let text = str::from_utf8(bytes.strip_prefix(&[FORM])?).ok()?;
            let (context, arn) = text.split_once(' ')?;
            let context = (context != ADOPTED).then(|| context.to_owned());
            arn.starts_with("arn:").then(|| Reference { context, arn: arn.to_owned() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_it_was_written_and_no_other_is() {
        let arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd".to_owned();
        for context in [Some("uid".to_owned()), None] {
            let reference = Reference { context, arn: arn.clone() };
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
