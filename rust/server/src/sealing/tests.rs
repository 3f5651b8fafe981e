use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use supacrypt_core::{KeySpec, KeyringName, Principal, Reason, Role};
use tempfile::TempDir;

use super::*;
use crate::custody::{Custodians, SOFTWARE, SoftwareCustodian};
use crate::keyrings::{Keyrings, NewKeyring};
use crate::keys::{Keys, NewKey};
use crate::pins::Pins;
use crate::seal::{FileSeal, PassphraseSeal};

struct Fixture {
    sealing: Arc<Sealing>,
    store: Arc<Store>,
    keyring: KeyringName,
    dir: TempDir,
}

fn file_seal(dir: &Path, name: &str) -> Arc<dyn Seal> {
    Arc::new(FileSeal::open(&dir.join(name), true).unwrap())
}

impl Fixture {
    async fn new() -> Fixture {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(&dir.path().join("data")).await.unwrap());
        let seal = file_seal(dir.path(), "first");
        let sealing = Sealing::open(Arc::clone(&store), seal, None).await.unwrap();
        let sealing = Arc::new(Sealing { kept: Duration::ZERO, ..sealing });
        let keyrings = Keyrings::open(Arc::clone(&store)).await.unwrap();
        let keyring = KeyringName::new("dev".parse().unwrap());
        let new = NewKeyring {
            display_name: "dev".into(),
            custodian: SOFTWARE.into(),
            grants: vec![(Principal::new("app"), Role::User)],
        };
        keyrings.create(keyring.clone(), new, None).await.unwrap();
        Fixture { sealing, store, keyring, dir }
    }

    fn keys(&self) -> Keys {
        let software = SoftwareCustodian::new(Arc::clone(self.sealing.keys()));
        let custodians = Arc::new(Custodians::new(vec![Arc::new(software)]));
        Keys::new(Arc::clone(&self.store), custodians, 10, Arc::default())
    }

    async fn make_key(&self, id: &str) -> String {
        let new = NewKey {
            keyring: self.keyring.clone(),
            id: Some(id.parse().unwrap()),
            label: id.into(),
            object_id: Vec::new(),
            spec: KeySpec::EcP256,
            usages: Default::default(),
            secret_length: None,
            attributes: Default::default(),
            annotations: Default::default(),
        };
        self.keys().create(new, None).await.unwrap().name.to_string()
    }

    async fn state(&self) -> (usize, u64, u64) {
        let state = self.sealing.state().await.unwrap();
        (state.data_keys, state.values, state.outdated)
    }

    /// The store and its data keys, as the next server finds them.
    async fn reopened(self, seal: &str) -> Result<Fixture> {
        let Fixture { sealing, store, keyring, dir } = self;
        drop(sealing);
        store.close().await;
        drop(store);
        let store = Arc::new(Store::open(&dir.path().join("data")).await?);
        let seal = file_seal(dir.path(), seal);
        let sealing = Sealing::open(Arc::clone(&store), seal, None).await?;
        let sealing = Arc::new(Sealing { kept: Duration::ZERO, ..sealing });
        Ok(Fixture { sealing, store, keyring, dir })
    }
}

#[tokio::test]
async fn everything_is_sealed_anew_and_the_older_key_erased() {
    let it = Fixture::new().await;
    let first = it.make_key("first").await;
    let pins = Pins::open(Arc::clone(&it.store), Arc::clone(it.sealing.keys())).await.unwrap();
    let (principal, pin) = (Principal::new("app"), || b"1234".to_vec().into());
    pins.change(&principal, &it.keyring, None, Some(pin())).await.unwrap();
    assert_eq!(it.state().await, (1, 2, 0));

    it.sealing.rotate().await.unwrap();
    assert_eq!(it.state().await, (2, 2, 2));
    let second = it.make_key("second").await;
    assert_eq!(it.state().await, (2, 3, 2));
    assert_eq!(it.sealing.reseal().await.unwrap(), 2);
    assert_eq!(it.state().await, (1, 3, 0));
    pins.refresh().await.unwrap();
    pins.verify(&principal, &it.keyring, pin()).await.unwrap();
    drop(pins);
    let it = it.reopened("first").await.unwrap();
    for key in [first, second] {
        it.keys().usable(&key).await.unwrap();
    }
}

#[tokio::test]
async fn older_keys_are_kept_while_somebody_may_be_about_to_store_something() {
    let mut it = Fixture::new().await;
    Arc::get_mut(&mut it.sealing).unwrap().kept = KEPT;
    it.make_key("first").await;
    it.sealing.rotate().await.unwrap();
    it.sealing.reseal().await.unwrap();
    assert_eq!(it.state().await, (2, 1, 0));
}

#[tokio::test]
async fn a_server_that_was_stopped_in_between_goes_on() {
    let it = Fixture::new().await;
    let key = it.make_key("first").await;
    it.sealing.rotate().await.unwrap();
    let it = it.reopened("first").await.unwrap();
    assert_eq!(it.state().await, (2, 1, 1));
    it.keys().usable(&key).await.unwrap();
    assert_eq!(it.sealing.reseal().await.unwrap(), 1);
    assert_eq!(it.state().await, (1, 1, 0));
}

#[tokio::test]
async fn a_young_data_key_is_not_replaced() {
    let it = Fixture::new().await;
    it.sealing.rotate_after(Duration::from_secs(3600)).await.unwrap();
    assert_eq!(it.state().await.0, 1);
    it.sealing.rotate_after(Duration::ZERO).await.unwrap();
    assert_eq!(it.state().await.0, 2);
}

#[tokio::test]
async fn another_seal_takes_the_place_of_the_first_for_all_data_keys() {
    let it = Fixture::new().await;
    let key = it.make_key("first").await;
    it.sealing.rotate().await.unwrap();
    it.sealing.change(file_seal(it.dir.path(), "second")).await.unwrap();
    it.sealing.rotate().await.unwrap();
    let it = it.reopened("second").await.unwrap();
    it.keys().usable(&key).await.unwrap();
    assert_eq!(it.state().await.0, 3);
    let error = it.reopened("first").await.err().unwrap();
    assert_eq!(error.reason(), Reason::SealUnavailable);
}

#[tokio::test]
async fn a_store_that_two_seals_share_opens_by_both() {
    let it = Fixture::new().await;
    let key = it.make_key("first").await;
    let passphrase = it.dir.path().join("passphrase");
    std::fs::write(&passphrase, "correct horse battery staple").unwrap();
    std::fs::set_permissions(&passphrase, PermissionsExt::from_mode(0o600)).unwrap();
    let passphrase = Arc::new(PassphraseSeal::open(&passphrase).unwrap());
    // As an older server could leave it, whose change of the seal did not end.
    it.sealing.change(passphrase.clone()).await.unwrap();
    it.sealing.current.lock().await.seal = file_seal(it.dir.path(), "first");
    it.sealing.rotate().await.unwrap();

    let Fixture { sealing, store, keyring, dir } = it;
    drop(sealing);
    let file = file_seal(dir.path(), "first");
    for previous in [None, Some(&*passphrase as &dyn Seal)] {
        let opened = Sealing::open(Arc::clone(&store), Arc::clone(&file), previous).await;
        assert_eq!(opened.is_ok(), previous.is_some());
    }
    // From now on by the one alone.
    let sealing = Arc::new(Sealing::open(Arc::clone(&store), file, None).await.unwrap());
    let it = Fixture { sealing, store, keyring, dir };
    it.keys().usable(&key).await.unwrap();
}
