//! PINs and tickets, on a real store.

use std::pin::pin as pinned;

use futures_util::FutureExt;

use supacrypt_crypto::envelope::EnvelopeKey;

use super::*;
use crate::data_keys::DataKeys;
use crate::keyrings::{Keyrings, NewKeyring};

struct Fixture {
    pins: Pins,
    keyrings: Keyrings,
    store: Arc<Store>,
    keys: Arc<DataKeys>,
    keyring: KeyringName,
    _dir: tempfile::TempDir,
}

async fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(dir.path()).await.unwrap());
    let keys = Arc::new(DataKeys::from(EnvelopeKey::generate().unwrap()));
    let keyring: KeyringName = "keyrings/dev".parse().unwrap();
    let keyrings = Keyrings::open(Arc::clone(&store)).await.unwrap();
    keyrings.create(keyring.clone(), NewKeyring::default(), None).await.unwrap();
    let pins = Pins::open(Arc::clone(&store), Arc::clone(&keys)).await.unwrap();
    Fixture { pins, keyrings, store, keys, keyring, _dir: dir }
}

fn app() -> Principal {
    Principal::new("app")
}

fn pin(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}

impl Fixture {
    async fn set(&self, text: &str) {
        self.pins.change(&app(), &self.keyring, None, Some(pin(text))).await.unwrap();
    }

    async fn check(&self, text: &str) -> Result<(), Reason> {
        let verified = self.pins.verify(&app(), &self.keyring, pin(text)).await;
        verified.map(drop).map_err(|error| error.reason())
    }

    fn redeem(&self, who: &Principal, place: &KeyringName, ticket: &[u8]) -> Result<(), Reason> {
        self.pins.redeem(who, place, ticket).map_err(|error| error.reason())
    }

    async fn tries_left(&self) -> Option<u32> {
        self.keyrings.get(&self.keyring).await.unwrap().pin_tries_left
    }
}

#[tokio::test]
async fn wrong_pins_are_counted_and_lock_it() {
    let it = fixture().await;
    assert_eq!(it.check("1234").await, Err(Reason::PinNotSet));
    assert_eq!(it.tries_left().await, None);
    it.set("1234").await;
    assert_eq!(it.tries_left().await, Some(10));
    assert_eq!(it.check("4321").await, Err(Reason::PinIncorrect));
    assert_eq!(it.tries_left().await, Some(9));
    assert_eq!(it.check("1234").await, Ok(()));
    assert_eq!(it.tries_left().await, Some(10));
    for _ in 0..9 {
        assert_eq!(it.check("4321").await, Err(Reason::PinIncorrect));
    }
    assert_eq!(it.check("4321").await, Err(Reason::PinLocked));
    assert_eq!(it.check("1234").await, Err(Reason::PinLocked), "the right one is of no use now");
    it.set("5678").await;
    assert_eq!(it.check("5678").await, Ok(()));
}

#[test]
fn who_hangs_up_has_used_a_try() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let it = fixture().await;
        it.set("1234").await;
        // No PIN is told from another while the one thread for that is taken.
        let (release, taken) = std::sync::mpsc::channel::<()>();
        let blocker = spawn_blocking(move || taken.recv());
        let counted = async {
            while it.tries_left().await != Some(9) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            answer = it.check("4321") => panic!("{answer:?} without a look at the PIN"),
            counted = tokio::time::timeout(Duration::from_secs(10), counted) => counted.unwrap(),
        }
        drop(release);
        blocker.await.unwrap().unwrap_err();
        assert_eq!(it.tries_left().await, Some(9));
    });
}

#[tokio::test]
async fn a_ticket_is_for_one_use_by_one_principal_in_one_keyring() {
    let it = fixture().await;
    let other = Principal::new("other");
    let elsewhere: KeyringName = "keyrings/prod".parse().unwrap();
    it.keyrings.create(elsewhere.clone(), NewKeyring::default(), None).await.unwrap();
    assert_eq!(it.redeem(&app(), &it.keyring, b""), Ok(()), "without a PIN nothing is wanted");
    it.set("1234").await;
    it.pins.change(&app(), &elsewhere, None, Some(pin("1234"))).await.unwrap();
    let ticket = async || it.pins.verify(&app(), &it.keyring, pin("1234")).await.unwrap();

    let mine = ticket().await;
    assert_eq!(it.redeem(&app(), &it.keyring, &mine), Ok(()));
    assert_eq!(it.redeem(&app(), &it.keyring, &mine), Err(Reason::PinRequired));
    assert_eq!(it.redeem(&other, &it.keyring, &ticket().await), Err(Reason::PinRequired));
    assert_eq!(it.redeem(&app(), &elsewhere, &ticket().await), Err(Reason::PinRequired));
    assert_eq!(it.redeem(&app(), &it.keyring, b""), Err(Reason::PinRequired));
    assert_eq!(it.redeem(&app(), &it.keyring, &[0; TICKET_LEN]), Err(Reason::PinRequired));

    // Another PIN, and be it the same digits, makes those of the one before void.
    let late = ticket().await;
    it.set("1234").await;
    assert_eq!(it.redeem(&app(), &it.keyring, &late), Err(Reason::PinRequired));
    it.pins.change(&app(), &it.keyring, None, None).await.unwrap();
    assert_eq!(it.redeem(&app(), &it.keyring, b""), Ok(()));
}

#[tokio::test]
async fn a_ticket_expires() {
    let it = fixture().await;
    it.set("1234").await;
    let (store, keys) = (Arc::clone(&it.store), Arc::clone(&it.keys));
    let hasty = Pins::open_with(store, keys, Duration::ZERO).await.unwrap();
    let ticket = hasty.verify(&app(), &it.keyring, pin("1234")).await.unwrap();
    let error = hasty.redeem(&app(), &it.keyring, &ticket).unwrap_err();
    assert_eq!(error.reason(), Reason::PinRequired);
}

#[tokio::test]
async fn the_current_pin_has_to_be_right_where_it_is_given() {
    let it = fixture().await;
    it.set("1234").await;
    let change = async |current: &str| {
        let (current, new) = (Some(pin(current)), Some(pin("5678")));
        it.pins.change(&app(), &it.keyring, current, new).await.map_err(|error| error.reason())
    };
    assert_eq!(change("4321").await, Err(Reason::PinIncorrect));
    assert_eq!(it.check("1234").await, Ok(()));
    assert_eq!(change("1234").await, Ok(()));
    assert_eq!(it.check("5678").await, Ok(()));
}

#[tokio::test]
async fn a_principal_has_one_pin_looked_at_at_a_time() {
    let it = fixture().await;
    it.set("1234").await;
    let looking = it.pins.looking.lock().await;
    let mut first = pinned!(it.check("1234"));
    assert_eq!(first.as_mut().now_or_never(), None);
    assert_eq!(it.check("1234").await, Err(Reason::Overloaded));
    drop(looking);
    assert_eq!(first.await, Ok(()));
    assert_eq!(it.check("1234").await, Ok(()));
}

#[tokio::test]
async fn a_pin_outlives_the_server_and_not_its_keyring() {
    let it = fixture().await;
    it.set("1234").await;
    let again = Pins::open(Arc::clone(&it.store), Arc::clone(&it.keys)).await.unwrap();
    assert!(again.redeem(&app(), &it.keyring, b"").is_err());
    again.verify(&app(), &it.keyring, pin("1234")).await.unwrap();

    it.keyrings.delete(&it.keyring, "").await.unwrap();
    it.keyrings.create(it.keyring.clone(), NewKeyring::default(), None).await.unwrap();
    again.refresh().await.unwrap();
    assert!(again.redeem(&app(), &it.keyring, b"").is_ok());
    let error = again.verify(&app(), &it.keyring, pin("1234")).await.unwrap_err();
    assert_eq!(error.reason(), Reason::PinNotSet);
}
