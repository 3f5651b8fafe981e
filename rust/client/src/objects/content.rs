//! What objects are.

use std::fmt;

use supacrypt_core::{CertificateCategory, ObjectKind};
use zeroize::Zeroizing;

/// What an object is.
#[derive(Clone, Debug)]
pub enum ObjectContent {
    /// A certificate.
    Certificate(CertificateObject),
    /// Data of an application.
    Data(DataObject),
}

impl ObjectContent {
    /// Which kind it is.
    pub fn kind(&self) -> ObjectKind {
        match self {
            ObjectContent::Certificate(_) => ObjectKind::Certificate,
            ObjectContent::Data(_) => ObjectKind::Data,
        }
    }
}

/// A certificate with what it says.
#[derive(Clone, Debug)]
pub struct CertificateObject {
    /// The certificate itself, DER.
    pub der: Vec<u8>,
    /// Whose it is.
    pub category: CertificateCategory,
    /// Whether it may be taken for a trust anchor.
    pub trusted: bool,
    /// Its subject, a `Name` in DER.
    pub subject: Vec<u8>,
    /// Its issuer, a `Name` in DER.
    pub issuer: Vec<u8>,
    /// Its serial number, an `INTEGER` in DER.
    pub serial_number: Vec<u8>,
}

/// Data of an application. `Debug` does not show the value.
#[derive(Clone, PartialEq, Eq)]
pub struct DataObject {
    /// What it belongs to.
    pub application: String,
    /// Its type, an `OBJECT IDENTIFIER` in DER.
    pub oid: Vec<u8>,
    /// The data itself, which may be a secret.
    pub value: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for DataObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataObject")
            .field("application", &self.application)
            .field("oid", &self.oid)
            .finish_non_exhaustive()
    }
}

/// What a new object is.
#[derive(Clone, Debug)]
pub enum NewObjectContent {
    /// A certificate.
    Certificate {
        /// The certificate itself, DER.
        der: Vec<u8>,
        /// Whose it is.
        category: CertificateCategory,
        /// Whether it may be taken for a trust anchor.
        trusted: bool,
    },
    /// Data of an application.
    Data(DataObject),
}
