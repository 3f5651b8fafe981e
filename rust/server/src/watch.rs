//! Telling watchers of changes.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use supacrypt_core::{KeyName, KeyringName, ObjectName};
use tokio::sync::broadcast;

/// How many changes a watcher may fall behind before it has to start over.
const BACKLOG: usize = 1024;

/// What was made, changed or deleted, by its name. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A key.
    Key(Arc<str>),
    /// An object.
    Object(Arc<str>),
}

/// One channel for each keyring that is or was watched.
#[derive(Default)]
pub struct Watchers(Mutex<HashMap<KeyringName, broadcast::Sender<Change>>>);

impl Watchers {
    /// Tells of every change in a keyring from now on. A receiver that falls behind is told so and
    /// must forget all it knows.
    pub fn watch(&self, keyring: &KeyringName) -> broadcast::Receiver<Change> {
        let mut channels = self.0.lock();
        channels.retain(|_, channel| channel.receiver_count() > 0);
        channels
            .entry(keyring.clone())
            .or_insert_with(|| broadcast::Sender::new(BACKLOG))
            .subscribe()
    }

    /// Tells of a change of `key`.
    pub(crate) fn key_changed(&self, key: &KeyName) {
        self.announce(key.keyring(), || Change::Key(key.to_string().into()));
    }

    /// Tells of a change of `object`.
    pub(crate) fn object_changed(&self, object: &ObjectName) {
        self.announce(object.keyring(), || Change::Object(object.to_string().into()));
    }

    fn announce(&self, keyring: &KeyringName, change: impl FnOnce() -> Change) {
        if let Some(channel) = self.0.lock().get(keyring) {
            // An error only means that nobody watches any more.
            let _ = channel.send(change());
        }
    }
}
