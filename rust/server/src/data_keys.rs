//! The keys that seal what is secret in the store.

use std::sync::Arc;

use arc_swap::ArcSwap;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;
use zeroize::Zeroizing;

/// What a sealed value begins with: the form of the rest, which is
/// `key id (4 bytes, big-endian) || value sealed by EnvelopeKey`.
const FORM: u8 = 2;
const HEADER: usize = 5;

/// The data keys of a store. The newest one seals; each opens what it has sealed.
pub struct DataKeys(ArcSwap<Vec<DataKey>>);

/// One of them.
#[derive(Clone)]
pub(crate) struct DataKey {
    pub(crate) id: u32,
    pub(crate) key: Arc<EnvelopeKey>,
}

impl DataKeys {
    /// These keys, by ascending ids; one or more.
    pub(crate) fn new(keys: Vec<DataKey>) -> DataKeys {
        DataKeys(ArcSwap::from_pointee(keys))
    }

    /// Has these keys take the place of those before.
    pub(crate) fn replace(&self, keys: Vec<DataKey>) {
        self.0.store(Arc::new(keys));
    }

    pub(crate) fn all(&self) -> Arc<Vec<DataKey>> {
        self.0.load_full()
    }

    /// What values begin with that are sealed by the newest key.
    pub(crate) fn current(&self) -> [u8; HEADER] {
        header(newest(&self.0.load()).id)
    }

    /// Seals `plaintext` for `context` by the newest key.
    ///
    /// # Errors
    /// As [`EnvelopeKey::seal`].
    pub fn seal(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>> {
        let keys = self.0.load();
        let DataKey { id, key } = newest(&keys);
        Ok([&header(*id)[..], &key.seal(context, plaintext)?].concat())
    }

    /// Opens what [`seal`](Self::seal) made for the same `context`.
    ///
    /// # Errors
    /// [`Reason::DecryptionFailed`], also when the key is not there any more.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let keys = self.0.load();
        if let [FORM, a, b, c, d, sealed @ ..] = sealed {
            let id = u32::from_be_bytes([*a, *b, *c, *d]);
            let key = keys.iter().find(|key| key.id == id).ok_or_else(|| {
                let message = format!("data key {id}, which sealed the value, is not in the store");
                Error::new(Reason::DecryptionFailed, message)
            })?;
            return key.key.open(context, sealed);
        }
        // Stores that had one key only did not name it.
        let oldest = keys.first().expect(ONE_OR_MORE);
        oldest.key.open(context, sealed)
    }
}

impl From<EnvelopeKey> for DataKeys {
    /// A store's first key.
    fn from(key: EnvelopeKey) -> Self {
        DataKeys::new(vec![DataKey { id: 1, key: Arc::new(key) }])
    }
}

const ONE_OR_MORE: &str = "invariant: there is one key or more";

fn newest(keys: &[DataKey]) -> &DataKey {
    keys.last().expect(ONE_OR_MORE)
}

fn header(id: u32) -> [u8; HEADER] {
    let [a, b, c, d] = id.to_be_bytes();
    [FORM, a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_key_sealed_opens_while_the_key_is_there() {
        let keys = DataKeys::from(EnvelopeKey::generate().unwrap());
        let old = keys.seal(b"context", b"value").unwrap();
        assert!(old.starts_with(&keys.current()));
        let first = keys.all()[0].clone();
        let second = DataKey { id: 2, key: Arc::new(EnvelopeKey::generate().unwrap()) };
        keys.replace(vec![first, second.clone()]);
        assert!(!old.starts_with(&keys.current()));
        assert_eq!(*keys.open(b"context", &old).unwrap(), b"value");
        let new = keys.seal(b"context", b"value").unwrap();
        keys.replace(vec![second]);
        assert_eq!(*keys.open(b"context", &new).unwrap(), b"value");
        let error = keys.open(b"context", &old).unwrap_err();
        assert!(error.message().contains("data key 1"), "{error}");
    }

    #[test]
    fn what_was_sealed_before_keys_had_ids_opens() {
        let key = EnvelopeKey::generate().unwrap();
        let old = key.seal(b"context", b"value").unwrap();
        let keys = DataKeys::from(key);
        assert_eq!(*keys.open(b"context", &old).unwrap(), b"value");
        assert!(keys.open(b"other", &old).is_err());
    }
}
