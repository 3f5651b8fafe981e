//! Templates that callers pass, copied out of their memory.

use std::fmt;

use cryptoki_sys::*;
use zeroize::Zeroizing;

use crate::error::{Result, Rv};

/// Attributes with their values, which may be secret: they are wiped, and do not show in `Debug`.
#[derive(Clone, Default)]
pub(crate) struct Template(Vec<(CK_ATTRIBUTE_TYPE, Zeroizing<Vec<u8>>)>);

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(attribute, _)| attribute)).finish()
    }
}

impl Template {
    /// Takes the attributes in the order of the caller.
    pub(crate) fn new(attributes: Vec<(CK_ATTRIBUTE_TYPE, Vec<u8>)>) -> Template {
        let wiped = |(attribute, value)| (attribute, Zeroizing::new(value));
        Template(attributes.into_iter().map(wiped).collect())
    }

    /// All attributes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (CK_ATTRIBUTE_TYPE, &[u8])> {
        self.0.iter().map(|(attribute, value)| (*attribute, value.as_slice()))
    }

    /// The value of an attribute.
    pub(crate) fn bytes(&self, attribute: CK_ATTRIBUTE_TYPE) -> Option<&[u8]> {
        self.iter().find(|(each, _)| *each == attribute).map(|(_, value)| value)
    }

    /// A `CK_BBOOL`.
    pub(crate) fn boolean(&self, attribute: CK_ATTRIBUTE_TYPE) -> Result<Option<bool>> {
        match self.bytes(attribute) {
            None => Ok(None),
            Some([value]) => Ok(Some(*value != CK_FALSE)),
            Some(_) => Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID)),
        }
    }

    /// A `CK_ULONG`.
    pub(crate) fn number(&self, attribute: CK_ATTRIBUTE_TYPE) -> Result<Option<CK_ULONG>> {
        let Some(bytes) = self.bytes(attribute) else { return Ok(None) };
        let bytes = bytes.try_into().map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))?;
        Ok(Some(CK_ULONG::from_ne_bytes(bytes)))
    }

    /// UTF-8 text (RFC 2279).
    pub(crate) fn text(&self, attribute: CK_ATTRIBUTE_TYPE) -> Result<Option<String>> {
        let Some(bytes) = self.bytes(attribute) else { return Ok(None) };
        let text = String::from_utf8(bytes.to_vec());
        text.map(Some).map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_wrong_length_are_refused() {
        let template = Template::new(vec![
            (CKA_TOKEN, vec![1, 0]),
            (CKA_CLASS, vec![3]),
            (CKA_LABEL, vec![0xff]),
        ]);
        let invalid = Rv(CKR_ATTRIBUTE_VALUE_INVALID);
        assert_eq!(template.boolean(CKA_TOKEN), Err(invalid));
        assert_eq!(template.number(CKA_CLASS), Err(invalid));
        assert_eq!(template.text(CKA_LABEL), Err(invalid));
        assert_eq!(template.number(CKA_KEY_TYPE), Ok(None));
    }
}
