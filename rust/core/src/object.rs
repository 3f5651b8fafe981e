//! What a keyring keeps beside its keys.

/// What an object is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::Display, strum::EnumString,
)]
#[strum(serialize_all = "lowercase")]
pub enum ObjectKind {
    /// An X.509 certificate.
    Certificate,
    /// Data of an application.
    Data,
}

/// Whose a certificate is (PKCS#11 v2.40 base, section 4.6.2).
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    strum::EnumIter,
    strum::Display,
    strum::EnumString,
)]
#[strum(serialize_all = "kebab-case")]
pub enum CertificateCategory {
    /// Nobody said.
    #[default]
    Unspecified,
    /// Of the keyring's own user.
    TokenUser,
    /// Of a certificate authority.
    Authority,
    /// Of somebody else.
    OtherEntity,
}
