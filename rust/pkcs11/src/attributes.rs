//! Attributes that are held here: those of session objects.

use std::collections::BTreeMap;

use cryptoki_sys::*;
use zeroize::Zeroizing;

/// Attributes with their values, in the form that callers get them. Some are secret, so all are
/// wiped.
#[derive(Clone, Default)]
pub(crate) struct Attributes(BTreeMap<CK_ATTRIBUTE_TYPE, Zeroizing<Vec<u8>>>);

impl Attributes {
    /// The value of an attribute.
    pub(crate) fn get(&self, attribute: CK_ATTRIBUTE_TYPE) -> Option<&[u8]> {
        self.0.get(&attribute).map(|value| value.as_slice())
    }

    /// Sets an attribute.
    pub(crate) fn set(&mut self, attribute: CK_ATTRIBUTE_TYPE, value: impl Into<Vec<u8>>) {
        self.0.insert(attribute, Zeroizing::new(value.into()));
    }

    /// Sets a `CK_BBOOL`.
    pub(crate) fn set_flag(&mut self, attribute: CK_ATTRIBUTE_TYPE, value: bool) {
        self.set(attribute, [if value { CK_TRUE } else { CK_FALSE }]);
    }

    /// Sets a `CK_ULONG`.
    pub(crate) fn set_number(&mut self, attribute: CK_ATTRIBUTE_TYPE, value: CK_ULONG) {
        self.set(attribute, value.to_ne_bytes());
    }

    /// Whether a `CK_BBOOL` is there and true.
    pub(crate) fn flag(&self, attribute: CK_ATTRIBUTE_TYPE) -> bool {
        self.get(attribute).is_some_and(|value| value != [CK_FALSE])
    }
}
