//! Templates of attributes, honest and otherwise.

use std::ptr;

use cryptoki_sys::{CK_ATTRIBUTE, CK_ATTRIBUTE_TYPE, CK_FALSE, CK_TRUE, CK_ULONG};

/// Attributes to make an object with, or to find one by.
#[derive(Clone, Default)]
pub(crate) struct Template(Vec<Row>);

#[derive(Clone)]
struct Row {
    kind: CK_ATTRIBUTE_TYPE,
    value: Option<Vec<u8>>,
    /// What the module is told of the value's length.
    length: CK_ULONG,
}

impl Template {
    pub(crate) fn bytes(self, kind: CK_ATTRIBUTE_TYPE, value: impl Into<Vec<u8>>) -> Self {
        let value = value.into();
        let length = value.len() as CK_ULONG;
        self.claiming(kind, Some(value), length)
    }

    pub(crate) fn flag(self, kind: CK_ATTRIBUTE_TYPE, value: bool) -> Self {
        self.bytes(kind, [if value { CK_TRUE } else { CK_FALSE }])
    }

    pub(crate) fn number(self, kind: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> Self {
        self.bytes(kind, value.to_ne_bytes())
    }

    /// An attribute of which the module is told a length that may not be the value's. `None` is the
    /// null pointer. Takes the place of one of the same type.
    pub(crate) fn claiming(
        mut self,
        kind: CK_ATTRIBUTE_TYPE,
        value: Option<Vec<u8>>,
        length: CK_ULONG,
    ) -> Self {
        self.0.retain(|row| row.kind != kind);
        self.0.push(Row { kind, value, length });
        self
    }

    /// As the module gets it; points into the template.
    pub(crate) fn as_attributes(&self) -> Vec<CK_ATTRIBUTE> {
        let attribute = |row: &Row| CK_ATTRIBUTE {
            type_: row.kind,
            pValue: row
                .value
                .as_ref()
                .map_or(ptr::null_mut(), |value| value.as_ptr().cast_mut().cast()),
            ulValueLen: row.length,
        };
        self.0.iter().map(attribute).collect()
    }
}
