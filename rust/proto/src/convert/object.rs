//! Kinds of objects and categories of certificates.

use supacrypt_core::{CertificateCategory, ObjectKind};

use crate::v1;

impl From<CertificateCategory> for v1::CertificateCategory {
    fn from(category: CertificateCategory) -> Self {
        match category {
            CertificateCategory::Unspecified => v1::CertificateCategory::Unspecified,
            CertificateCategory::TokenUser => v1::CertificateCategory::TokenUser,
            CertificateCategory::Authority => v1::CertificateCategory::Authority,
            CertificateCategory::OtherEntity => v1::CertificateCategory::OtherEntity,
        }
    }
}

/// Unlike other enums this one has a meaning when it is unspecified.
impl From<v1::CertificateCategory> for CertificateCategory {
    fn from(category: v1::CertificateCategory) -> Self {
        match category {
            v1::CertificateCategory::Unspecified => CertificateCategory::Unspecified,
            v1::CertificateCategory::TokenUser => CertificateCategory::TokenUser,
            v1::CertificateCategory::Authority => CertificateCategory::Authority,
            v1::CertificateCategory::OtherEntity => CertificateCategory::OtherEntity,
        }
    }
}

impl From<ObjectKind> for v1::ObjectKind {
    fn from(kind: ObjectKind) -> Self {
        match kind {
            ObjectKind::Certificate => v1::ObjectKind::Certificate,
            ObjectKind::Data => v1::ObjectKind::Data,
        }
    }
}

/// `None` stands for every kind.
impl From<v1::ObjectKind> for Option<ObjectKind> {
    fn from(kind: v1::ObjectKind) -> Self {
        match kind {
            v1::ObjectKind::Unspecified => None,
            v1::ObjectKind::Certificate => Some(ObjectKind::Certificate),
            v1::ObjectKind::Data => Some(ObjectKind::Data),
        }
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn every_value_survives_the_wire() {
        for category in CertificateCategory::iter() {
            let wire = v1::CertificateCategory::from(category);
            assert_eq!(CertificateCategory::from(wire), category);
        }
        for kind in ObjectKind::iter() {
            assert_eq!(Option::from(v1::ObjectKind::from(kind)), Some(kind));
        }
    }
}
