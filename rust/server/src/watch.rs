//! Telling watchers of changes.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use supacrypt_core::{KeyName, KeyringName};
use tokio::sync::broadcast;

/// How many changes a watcher may fall behind before it has to start over.
const BACKLOG: usize = 1024;

/// One channel for each keyring that is or was watched.
#[derive(Default)]
pub(super) struct Watchers(Mutex<HashMap<KeyringName, broadcast::Sender<Arc<str>>>>);

impl Watchers {
    /// Begins to watch a keyring.
    pub(super) fn subscribe(&self, keyring: &KeyringName) -> broadcast::Receiver<Arc<str>> {
        let mut channels = self.0.lock();
        channels.retain(|_, channel| channel.receiver_count() > 0);
        channels
            .entry(keyring.clone())
            .or_insert_with(|| broadcast::Sender::new(BACKLOG))
            .subscribe()
    }

    /// Tells of a change of `key`.
    pub(super) fn announce(&self, key: &KeyName) {
        if let Some(channel) = self.0.lock().get(key.keyring()) {
            // An error only means that nobody watches any more.
            let _ = channel.send(key.to_string().into());
        }
    }
}
