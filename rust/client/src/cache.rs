//! Keys and objects that were read, as long as nobody changed them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use supacrypt_core::{KeyName, KeyringName, ObjectName, Result};
use supacrypt_proto::v1::{
    WatchKeysRequest, WatchKeysResponse, key_service_client::KeyServiceClient,
};

use crate::{
    connection::Connection, failure::Failure, keys::Key, lock::Mutex, objects::Object,
    process::Process, recent::Recent,
};

/// Keys, and objects, of one keyring that are kept at least. At most it is twice as many, however many
/// there are.
const KEPT: usize = 2048;

/// Keys and objects by keyring. Each keyring is believed while its watch is open.
#[derive(Default)]
pub(crate) struct Cache(Mutex<HashMap<KeyringName, Watch>>);

/// One keyring's keys and objects, and the stream that tells when one changes.
#[derive(Clone)]
pub(crate) struct Watch(Arc<WatchInner>);

struct WatchInner {
    open: AtomicBool,
    known: Mutex<Known>,
}

struct Known {
    keys: Recent<KeyName, Arc<Key>>,
    objects: Recent<ObjectName, Arc<Object>>,
    /// Counts the changes that were told of: what was read before one is not put in after it.
    changes: u64,
}

impl Default for Known {
    fn default() -> Self {
        Known { keys: Recent::new(KEPT), objects: Recent::new(KEPT), changes: 0 }
    }
}

impl Cache {
    /// The key, if it is cached and was not changed since.
    pub(crate) fn get(&self, process: &Process, name: &KeyName) -> Option<Arc<Key>> {
        let watch = self.current(process, name.keyring())?;
        watch.0.known.lock().keys.get(name)
    }

    /// The object, if it is cached and was not changed since.
    pub(crate) fn object(&self, process: &Process, name: &ObjectName) -> Option<Arc<Object>> {
        let watch = self.current(process, name.keyring())?;
        watch.0.known.lock().objects.get(name)
    }

    /// The watch of a keyring; begun when there is none. Call inside the runtime.
    pub(crate) async fn watch(
        &self,
        connection: &Connection,
        keyring: &KeyringName,
    ) -> Result<Watch, Failure> {
        if let Some(watch) = self.open(keyring) {
            return Ok(watch);
        }
        let mut client = KeyServiceClient::new(connection.transport());
        let request = WatchKeysRequest { parent: keyring.to_string() };
        let mut changes = connection.answer(client.watch_keys(request).await).await?;
        // The first answer says that watching has begun.
        match changes.message().await {
            Ok(Some(_)) => {}
            Ok(None) => return Err(crate::perform::unexpected_answer()),
            Err(status) => return Err(connection.failure(&status).await),
        }
        let mut watches = self.0.lock();
        if let Some(watch) = watches.get(keyring).filter(|watch| watch.is_open()) {
            // Somebody else began one meanwhile; dropping ours ends it.
            return Ok(watch.clone());
        }
        let watch = Watch::begin();
        watches.insert(keyring.clone(), watch.clone());
        let told = watch.clone();
        tokio::spawn(async move {
            while let Ok(Some(change)) = changes.message().await {
                // A name that cannot be read, as of a newer server, may stand for anything.
                if told.hear_of(&change).is_err() {
                    break;
                }
            }
            told.close();
        });
        Ok(watch)
    }

    /// Throws out a key that this process changed itself.
    pub(crate) fn forget(&self, name: &KeyName) {
        if let Some(watch) = self.open(name.keyring()) {
            watch.forget(name);
        }
    }

    /// The same for an object.
    pub(crate) fn forget_object(&self, name: &ObjectName) {
        if let Some(watch) = self.open(name.keyring()) {
            watch.forget_object(name);
        }
    }

    /// The watch of a keyring after everything that has arrived by now was heard.
    fn current(&self, process: &Process, keyring: &KeyringName) -> Option<Watch> {
        let watch = self.open(keyring)?;
        process.catch_up();
        watch.is_open().then_some(watch)
    }

    fn open(&self, keyring: &KeyringName) -> Option<Watch> {
        self.0.lock().get(keyring).filter(|watch| watch.is_open()).cloned()
    }
}

impl Watch {
    fn begin() -> Self {
        Watch(Arc::new(WatchInner { open: AtomicBool::new(true), known: Mutex::default() }))
    }

    /// How many changes were told of so far.
    pub(crate) fn changes(&self) -> u64 {
        self.0.known.lock().changes
    }

    /// Puts in keys that were read when `seen` changes had been told of.
    pub(crate) fn put(&self, read: &[Arc<Key>], seen: u64) {
        let mut known = self.0.known.lock();
        if known.changes == seen {
            for key in read {
                known.keys.insert(key.name.clone(), Arc::clone(key));
            }
        }
    }

    /// The same for objects.
    pub(crate) fn put_objects(&self, read: &[Arc<Object>], seen: u64) {
        let mut known = self.0.known.lock();
        if known.changes == seen {
            for object in read {
                known.objects.insert(object.name.clone(), Arc::clone(object));
            }
        }
    }

    /// Forgets what an event names.
    fn hear_of(&self, change: &WatchKeysResponse) -> Result<()> {
        if change.object.is_empty() {
            self.forget(&change.key.parse()?);
        } else {
            self.forget_object(&change.object.parse()?);
        }
        Ok(())
    }

    fn forget(&self, name: &KeyName) {
        let mut known = self.0.known.lock();
        known.changes += 1;
        known.keys.remove(name);
    }

    fn forget_object(&self, name: &ObjectName) {
        let mut known = self.0.known.lock();
        known.changes += 1;
        known.objects.remove(name);
    }

    /// Nobody tells of changes any more, so what was read can be believed no longer.
    fn close(&self) {
        self.0.open.store(false, Ordering::Release);
        let mut known = self.0.known.lock();
        known.keys.clear();
        known.objects.clear();
    }

    fn is_open(&self) -> bool {
        self.0.open.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use supacrypt_proto::v1;

    use super::*;

    fn key(label: &str) -> Arc<Key> {
        let wire = v1::Key {
            name: "keyrings/dev/keys/tls".into(),
            label: label.into(),
            spec: v1::KeySpec::EcP256.into(),
            primary: Some(v1::KeyVersion {
                origin: v1::Origin::Generated.into(),
                state: v1::KeyVersionState::Enabled.into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        Arc::new(wire.try_into().unwrap())
    }

    fn label(watch: &Watch) -> Option<String> {
        let mut known = watch.0.known.lock();
        known.keys.get(&key("").name).map(|key| key.label.clone())
    }

    #[test]
    fn what_was_read_before_a_change_is_not_put_in_after_it() {
        let watch = Watch::begin();
        let seen = watch.changes();
        watch.forget(&key("").name);
        watch.put(&[key("old")], seen);
        assert_eq!(label(&watch), None);
        watch.put(&[key("new")], watch.changes());
        assert_eq!(label(&watch).as_deref(), Some("new"));
    }
}
