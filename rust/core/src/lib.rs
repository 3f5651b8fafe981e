//! The vocabulary of Supacrypt: what a key is, what it can do, how it is named, what can go wrong.
//!
//! Everything here is plain data. There is no I/O, no async code and no protobuf, so that the
//! server, the client core and every provider can share one meaning for each word. A provider
//! translates its API's constants into these types in one table of its own; the properties of an
//! algorithm are written down here and nowhere else.

mod algorithm;
mod algorithm_set;
mod build_info;
mod capabilities;
mod date;
mod derivation;
mod digest;
mod encryption;
mod error;
mod kem;
mod key;
mod key_attributes;
mod key_spec;
mod mac;
mod name;
mod object;
mod role;
mod signature;
mod use_period;

pub use algorithm::{Algorithm, Operation};
pub use algorithm_set::AlgorithmSet;
pub use build_info::BuildInfo;
pub use capabilities::Capabilities;
pub use date::Date;
pub use derivation::{DerivationInput, DerivationScheme, HkdfSteps, Kdf};
pub use digest::Digest;
pub use encryption::EncryptionScheme;
pub use error::{Error, Reason, Result};
pub use kem::KemScheme;
pub use key::{KeyUsages, KeyVersionState, Origin};
pub use key_attributes::{KeyAttributes, KeyAttributesChange, KeyFlags};
pub use key_spec::{KeyClass, KeySpec};
pub use mac::MacScheme;
pub use name::{KeyName, KeyVersionName, KeyringName, MAX_ID_LEN, ObjectName, ResourceId};
pub use object::{CertificateCategory, ObjectKind};
pub use role::{Permission, Principal, Role};
pub use signature::SignatureScheme;
pub use use_period::UsePeriod;
