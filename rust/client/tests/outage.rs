//! What survives a backend that is killed under load: everything that was acknowledged.

mod common;

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use supacrypt_client::KeyFilter;
use supacrypt_testkit::Backend;

use common::{p256, sign_and_verify};

const SIGNERS: usize = 4;
const KILLS: usize = 3;
/// Acknowledged operations between two kills.
const LOAD: usize = 200;

#[test]
fn what_was_acknowledged_outlives_kills_under_load_and_nobody_sees_an_error() {
    let mut backend = Backend::start();
    let keyring = backend.keyring();
    let client = backend.client();
    let stop = AtomicBool::new(false);
    let acknowledged = AtomicUsize::new(0);
    let (client, keyring) = (&client, &keyring);

    let (signed, made) = thread::scope(|scope| {
        let done = || stop.load(Ordering::Relaxed);
        let sign = |signer| {
            let key = client.create_key(keyring, p256(&format!("signer {signer}"))).unwrap();
            let acknowledged = &acknowledged;
            scope.spawn(move || {
                let mut count = 0_usize;
                while !done() {
                    sign_and_verify(client, &key, count);
                    count += 1;
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
                (key.version.to_string(), count)
            })
        };
        let signers: Vec<_> = (0..SIGNERS).map(sign).collect();
        let maker = scope.spawn(move || {
            let mut made = Vec::new();
            while !done() {
                let label = format!("made {}", made.len());
                made.push(client.create_key(keyring, p256(&label)).unwrap().name.clone());
            }
            made
        });
        scope.spawn(move || {
            let first = KeyFilter { label: Some("signer 0".into()), ..Default::default() };
            while !done() {
                assert_eq!(client.find_keys(keyring, &first).unwrap().len(), 1);
            }
        });
        // Signers that have ended are ones that failed; they are not waited for.
        let signing = || signers.iter().any(|signer| !signer.is_finished());
        for kill in 1..=KILLS {
            while signing() && acknowledged.load(Ordering::Relaxed) < kill * LOAD {
                thread::yield_now();
            }
            backend.restart();
        }
        stop.store(true, Ordering::Relaxed);
        let signed: Vec<_> =
            signers.into_iter().map(|signer| signer.join().expect("signatures")).collect();
        (signed, maker.join().expect("keys"))
    });

    assert!(!made.is_empty());
    let found = client.find_keys(keyring, &KeyFilter::default()).unwrap();
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
    for (version, count) in signed {
        let recorded = recorded.get(&version).copied().unwrap_or_default();
        assert!(recorded >= count, "{version}: {count} acknowledged, {recorded} recorded");
    }
}
