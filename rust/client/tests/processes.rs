//! The client in a process that forks, and what it leaves behind when it goes. Each scenario is a
//! function; they run one after the other, in a process with one thread.

mod common;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use supacrypt_testkit::Backend;

use common::{p256, sign_and_verify};

/// Signatures of each process in a scenario.
const ROUNDS: usize = 200;
/// Threads that sign while their process forks, and how often it does.
const THREADS: usize = 4;
const FORKS: usize = 20;
/// A child that hangs is ended after this many seconds, and has failed.
const HANGS: libc::c_uint = 60;

type Scenario = fn(&Backend);

fn main() {
    let backend = Backend::start();
    let scenarios: [(&str, Scenario); 4] = [
        ("no_thread_is_started_and_no_descriptor_is_left", no_thread_and_no_descriptor),
        ("parent_child_and_grandchild_sign_at_once", three_generations),
        ("a_child_that_drops_the_client_leaves_the_parents_alone", drop_in_child),
        ("children_of_a_process_with_busy_threads_sign", busy_threads),
    ];
    for (name, scenario) in scenarios {
        scenario(&backend);
        println!("test {name} ... ok");
    }
}

fn entries(folder: &str) -> usize {
    fs::read_dir(folder).expect("procfs").count()
}

fn no_thread_and_no_descriptor(backend: &Backend) {
    let before = entries("/proc/self/fd");
    let client = backend.client();
    let key = client.create_key(&backend.keyring(), p256("left")).expect("a key");
    sign_and_verify(&client, &client.key(&key.name).expect("the key"), 0);
    assert_eq!(entries("/proc/self/task"), 1, "threads while the client is in use");
    assert!(entries("/proc/self/fd") > before, "the connection is a descriptor");
    drop(client);
    assert_eq!(entries("/proc/self/task"), 1, "threads after it");
    assert_eq!(entries("/proc/self/fd"), before, "descriptors after it");
}

fn three_generations(backend: &Backend) {
    let client = backend.client();
    let key = client.create_key(&backend.keyring(), p256("generations")).expect("a key");
    sign_and_verify(&client, &key, 0);
    let work = || (1..=ROUNDS).for_each(|round| sign_and_verify(&client, &key, round));
    let child = fork(|| {
        let grandchild = fork(work);
        work();
        assert!(succeeded(grandchild), "the grandchild");
    });
    work();
    assert!(succeeded(child), "the child");
}

fn drop_in_child(backend: &Backend) {
    let client = backend.client();
    let key = client.create_key(&backend.keyring(), p256("dropped")).expect("a key");
    // Each process has its own `client` to take.
    let mut client = Some(client);
    let child = fork(|| drop(client.take()));
    assert!(succeeded(child), "the child");
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
        let failed = children.into_iter().filter(|child| !succeeded(*child)).count();
        stop.store(true, Ordering::Relaxed);
        failed
    });
    assert_eq!(failed, 0, "children of {FORKS}");
}

/// Runs `work` in a child, which ends with 0 when it does not panic.
#[allow(unsafe_code, reason = "forking is what is tested")]
fn fork(work: impl FnOnce()) -> libc::pid_t {
    // SAFETY: forking has no condition. A child of several threads must take no lock that another
    // thread may have held; those of the system's allocator are seen to, the client's are tested.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "fork");
    if child == 0 {
        // SAFETY: no handler is set, so that the signal ends the process.
        unsafe { libc::alarm(HANGS) };
        let outcome = catch_unwind(AssertUnwindSafe(work));
        // SAFETY: ends the child at once, so that it does not clean up after its parent.
        unsafe { libc::_exit(i32::from(outcome.is_err())) };
    }
    child
}

#[allow(unsafe_code, reason = "forking is what is tested")]
fn succeeded(child: libc::pid_t) -> bool {
    let mut status = -1;
    // SAFETY: the child is ours, and the status can be written.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    waited == child && libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}
