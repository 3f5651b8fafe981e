//! The client in a process that forks, and what it leaves behind when it goes. Each scenario is a
//! function; they run one after the other, in a process with one thread.

mod common;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use supacrypt_testkit::{Backend, Forked, descriptors, fork, threads};

use common::{p256, sign_and_verify};

/// Signatures of each process in a scenario.
const ROUNDS: usize = 200;
/// Threads that sign while their process forks, and how often it does.
const THREADS: usize = 4;
const FORKS: usize = 20;

type Scenario = fn(&Backend);

fn main() {
    let backend = Backend::start();
    let scenarios: [(&str, Scenario); 5] = [
        ("no_thread_is_started_and_no_descriptor_is_left", no_thread_and_no_descriptor),
        ("parent_child_and_grandchild_sign_at_once", three_generations),
        ("a_child_that_drops_the_client_leaves_the_parents_alone", drop_in_child),
        ("children_of_a_process_with_busy_threads_sign", busy_threads),
        ("a_child_never_waits_for_a_thread_it_does_not_have", random_bytes),
    ];
    for (name, scenario) in scenarios {
        scenario(&backend);
        println!("test {name} ... ok");
    }
}

fn no_thread_and_no_descriptor(backend: &Backend) {
    let before = descriptors();
    let client = backend.client();
    let key = client.create_key(&backend.keyring(), p256("left")).expect("a key");
    sign_and_verify(&client, &client.key(&key.name).expect("the key"), 0);
    assert_eq!(threads(), 1, "threads while the client is in use");
    assert!(descriptors() > before, "the connection is a descriptor");
    drop(client);
    assert_eq!(threads(), 1, "threads after it");
    assert_eq!(descriptors(), before, "descriptors after it");
}

fn three_generations(backend: &Backend) {
    let client = backend.client();
    let key = client.create_key(&backend.keyring(), p256("generations")).expect("a key");
    sign_and_verify(&client, &key, 0);
    let work = || (1..=ROUNDS).for_each(|round| sign_and_verify(&client, &key, round));
    let child = fork(|| {
        let grandchild = fork(work);
        work();
        assert!(grandchild.succeeded(), "the grandchild");
    });
    work();
    assert!(child.succeeded(), "the child");
}

fn drop_in_child(backend: &Backend) {
    let client = backend.client();
    let key = client.create_key(&backend.keyring(), p256("dropped")).expect("a key");
    // Each process has its own `client` to take.
    let mut client = Some(client);
    let child = fork(|| drop(client.take()));
    assert!(child.succeeded(), "the child");
    sign_and_verify(client.as_ref().expect("still here"), &key, 0);
}

fn busy_threads(backend: &Backend) {
    let client = backend.client();
    let key = client.create_key(&backend.keyring(), p256("busy")).expect("a key");
    let stop = AtomicBool::new(false);
    let failed = thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    sign_and_verify(&client, &key, 0);
                }
            });
        }
        let child = |_| fork(|| (0..10).for_each(|round| sign_and_verify(&client, &key, round)));
        let children: Vec<_> = (0..FORKS).map(child).collect();
        let failed =
            children.into_iter().map(Forked::succeeded).filter(|succeeded| !succeeded).count();
        stop.store(true, Ordering::Relaxed);
        failed
    });
    assert_eq!(failed, 0, "children of {FORKS}");
}

/// The random number generator has locks of its own, which a child must not inherit locked.
fn random_bytes(backend: &Backend) {
    let _client = backend.client();
    let draw = || supacrypt_crypto::random(&mut [0; 16]).expect("random bytes");
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    draw();
                }
            });
        }
        let hung = (0..50 * FORKS).find(|_| !fork(draw).succeeded());
        over.store(true, Ordering::Relaxed);
        assert_eq!(hung, None, "the child that hung");
    });
}
