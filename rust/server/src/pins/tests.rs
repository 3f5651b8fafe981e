//! PINs and tickets, on a real store.

use super::*;
use crate::keyrings::Keyrings;

struct Fixture {
    pins: Pins,
    keyrings: Keyrings,
    store: Arc<Store>,
    envelope: Arc<EnvelopeKey>,
    keyring: KeyringName,
    _dir: tempfile::TempDir,
}

async fn fixture() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(dir.path()).await.unwrap());
    let envelope = Arc::new(EnvelopeKey::generate().unwrap());
    let keyring: KeyringName = "keyrings/dev".parse().unwrap();
    let keyrings = Keyrings::open(Arc::clone(&store)).await.unwrap();
    keyrings.create(keyring.clone(), String::new(), Vec::new(), None).await.unwrap();
    let pins = Pins::open(Arc::clone(&store), Arc::clone(&envelope)).await.unwrap();
    Fixture { pins, keyrings, store, envelope, keyring, _dir: dir }
}

fn pin(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}

impl Fixture {
    async fn set(&self, text: &str) {
        self.pins.set(&self.keyring, Some(pin(text))).await.unwrap();
    }

    async fn check(&self, text: &str) -> Result<(), Reason> {
        self.pins.check(&self.keyring, pin(text)).await.map_err(|error| error.reason())
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
            () = counted => {}
        }
        drop(release);
        blocker.await.unwrap().unwrap_err();
        assert_eq!(it.tries_left().await, Some(9));
    });
}

#[tokio::test]
async fn a_ticket_is_for_one_use_by_one_principal_in_one_keyring() {
    let it = fixture().await;
    let (app, other) = (Principal::new("app"), Principal::new("other"));
    let elsewhere: KeyringName = "keyrings/prod".parse().unwrap();
    it.keyrings.create(elsewhere.clone(), String::new(), Vec::new(), None).await.unwrap();
    let redeem = |who: &Principal, place: &KeyringName, ticket: &[u8]| {
        it.pins.redeem(who, place, ticket).map_err(|error| error.reason())
    };
    assert_eq!(redeem(&app, &it.keyring, b""), Ok(()), "without a PIN there is nothing to give");
    it.set("1234").await;
    it.pins.set(&elsewhere, Some(pin("1234"))).await.unwrap();
    let ticket = || it.pins.ticket(&app, &it.keyring).unwrap();

    let mine = ticket();
    assert_eq!(redeem(&app, &it.keyring, &mine), Ok(()));
    assert_eq!(redeem(&app, &it.keyring, &mine), Err(Reason::PinRequired));
    assert_eq!(redeem(&other, &it.keyring, &ticket()), Err(Reason::PinRequired));
    assert_eq!(redeem(&app, &elsewhere, &ticket()), Err(Reason::PinRequired));
    assert_eq!(redeem(&app, &it.keyring, b""), Err(Reason::PinRequired));
    assert_eq!(redeem(&app, &it.keyring, &[0; TICKET_LEN]), Err(Reason::PinRequired));

    it.pins.set(&it.keyring, None).await.unwrap();
    assert_eq!(redeem(&app, &it.keyring, b""), Ok(()));
}

#[tokio::test]
async fn a_pin_outlives_the_server_and_not_its_keyring() {
    let it = fixture().await;
    it.set("1234").await;
    let again = Pins::open(Arc::clone(&it.store), Arc::clone(&it.envelope)).await.unwrap();
    let app = Principal::new("app");
    assert!(again.redeem(&app, &it.keyring, b"").is_err());
    again.check(&it.keyring, pin("1234")).await.unwrap();

    it.keyrings.delete(&it.keyring, "").await.unwrap();
    it.keyrings.create(it.keyring.clone(), String::new(), Vec::new(), None).await.unwrap();
    again.refresh().await.unwrap();
    assert!(again.redeem(&app, &it.keyring, b"").is_ok());
    let error = again.check(&it.keyring, pin("1234")).await.unwrap_err();
    assert_eq!(error.reason(), Reason::PinNotSet);
}
