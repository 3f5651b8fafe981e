//! Seals: what protects the store's wrapping key.
//!
//! Key material at rest is sealed by a data-wrapping key; that key is stored wrapped by a seal
//! whose own secret lies outside the store. Whoever copies the database alone has nothing.

mod file;
mod passphrase;

use async_trait::async_trait;
use supacrypt_core::Result;
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
