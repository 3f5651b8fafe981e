//! What survives a backend that is killed under load: everything that was acknowledged.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use supacrypt_client::{KeyFilter, NewKey};
use supacrypt_core::{KeySpec, KeyUsages, SignatureScheme};
use supacrypt_testkit::Backend;

const SIGNERS: usize = 4;
const KILLS: usize = 3;
/// Acknowledged operations between two kills.
const LOAD: usize = 200;

fn new_key(label: String) -> NewKey {
    NewKey {
        id: None,
        label,
        object_id: Vec::new(),
        spec: KeySpec::EcP256,
        usages: KeyUsages::all().intersection(KeySpec::EcP256.possible_usages()),
    }
}

#[test]
fn what_was_acknowledged_outlives_kills_under_load_and_nobody_sees_an_error() {
    let mut backend = Backend::start();
    let keyring = backend.keyring();
    let client = backend.client();
    let stop = AtomicBool::new(false);
    let acknowledged = AtomicUsize::new(0);
    let made = Mutex::new(Vec::new());
    let signatures = Mutex::new(HashMap::new());

    thread::scope(|scope| {
        let done = || stop.load(Ordering::Relaxed);
        for signer in 0..SIGNERS {
            let key = client.create_key(&keyring, new_key(format!("signer {signer}"))).unwrap();
            let (client, signatures, acknowledged) = (&client, &signatures, &acknowledged);
            scope.spawn(move || {
                let mut count = 0_usize;
                while !done() {
                    client.sign(&key.version, SignatureScheme::Ecdsa, &[1; 32]).unwrap();
                    count += 1;
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                signatures.lock().unwrap().insert(key.version.to_string(), count);
            });
        }
        let (client, keyring, made) = (&client, &keyring, &made);
        scope.spawn(move || {
            for number in 0.. {
                if done() {
                    break;
                }
                let key = client.create_key(keyring, new_key(format!("made {number}"))).unwrap();
                made.lock().unwrap().push(key.name.clone());
            }
        });
        for kill in 1..=KILLS {
            while acknowledged.load(Ordering::Relaxed) < kill * LOAD {
                thread::yield_now();
            }
            backend.restart();
        }
        stop.store(true, Ordering::Relaxed);
    });

    let made = made.into_inner().unwrap();
    assert!(!made.is_empty());
    let found = client.find_keys(&keyring, &KeyFilter::default()).unwrap();
    for name in &made {
        assert!(found.iter().any(|key| key.name == *name), "{name} is gone");
    }
    assert_eq!(found.len(), made.len() + SIGNERS, "no repetition made a second key");

    let mut recorded: HashMap<String, usize> = HashMap::new();
    for entry in backend.audit() {
        if entry.action == "Sign" {
            *recorded.entry(entry.resource).or_default() += 1;
        }
    }
    for (version, count) in signatures.into_inner().unwrap() {
        let recorded = recorded.get(&version).copied().unwrap_or_default();
        assert!(recorded >= count, "{version}: {count} acknowledged, {recorded} recorded");
    }
}
