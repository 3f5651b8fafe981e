//! Attributes of PKCS#11 objects.

use cryptoki_sys::{CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_FALSE, CK_TRUE, CK_ULONG};

/// Attributes to find or make an object by.
#[derive(Clone, Debug, Default)]
pub(super) struct Template(Vec<(CK_ATTRIBUTE_TYPE, Vec<u8>)>);

impl Template {
    pub(super) fn bytes(mut self, kind: CK_ATTRIBUTE_TYPE, value: impl Into<Vec<u8>>) -> Self {
        self.0.push((kind, value.into()));
        self
    }

    pub(super) fn flag(self, kind: CK_ATTRIBUTE_TYPE, value: bool) -> Self {
        self.bytes(kind, [if value { CK_TRUE } else { CK_FALSE }])
    }

    pub(super) fn number(self, kind: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> Self {
        self.bytes(kind, value.to_ne_bytes())
    }

    /// The same for C. Points into the template, which has to outlive it; no module writes there.
    pub(super) fn as_attributes(&self) -> Vec<CK_ATTRIBUTE> {
        let attribute = |(kind, value): &(CK_ATTRIBUTE_TYPE, Vec<u8>)| CK_ATTRIBUTE {
            type_: *kind,
            pValue: value.as_ptr().cast_mut().cast(),
            ulValueLen: value.len() as CK_ULONG,
        };
        self.0.iter().map(attribute).collect()
    }
}
