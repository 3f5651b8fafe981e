//! Seals: what protects the store's wrapping key.
//!
//! Key material at rest is sealed by a data-wrapping key; that key is stored wrapped by a seal
//! whose own secret lies outside the store. Whoever copies the database alone has nothing.

mod file;
mod passphrase;

use async_trait::async_trait;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;

pub use file::FileSeal;
pub use passphrase::PassphraseSeal;

/// Authenticated with every wrapped key, so that nothing else sealed with a seal's secret can be taken
/// for one.
pub(crate) const CONTEXT: &[u8] = b"supacrypt data-wrapping key";

/// Wraps and unwraps the data-wrapping key.
#[async_trait]
pub trait Seal: Send + Sync {
    /// The name that wrapped keys are stored with, such as `file`.
    fn id(&self) -> &str;

    /// Wraps a key.
    ///
    /// # Errors
    /// [`Reason::SealUnavailable`](supacrypt_core::Reason::SealUnavailable).
    async fn wrap(&self, key: &EnvelopeKey) -> Result<Vec<u8>>;

    /// Unwraps what [`wrap`](Self::wrap) gave.
    ///
    /// # Errors
    /// [`Reason::SealUnavailable`](supacrypt_core::Reason::SealUnavailable), also when it was
    /// wrapped by another seal.
    async fn unwrap(&self, wrapped: &[u8]) -> Result<EnvelopeKey>;
}

/// The name of the seal by a key of a custodian.
pub(crate) fn custodian_seal(custodian: &str, key: &str) -> String {
    format!("custodian:{custodian}/{key}")
}

/// That a seal cannot be used.
pub(crate) fn unavailable(seal: &str, why: impl std::fmt::Display) -> Error {
    Error::new(Reason::SealUnavailable, format!("the seal {seal} cannot be used: {why}"))
}

/// That a seal is not the one that a store has.
pub(crate) fn foreign(seal: &str) -> Error {
    unavailable(
        seal,
        "the store was not sealed by this key, or was altered; name the key that it was sealed by, or \
         restore the store from your backup",
    )
}
