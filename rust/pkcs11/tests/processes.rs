//! The module in processes that fork, unload it, start many threads, or lose the backend for a
//! while. Each scenario is a function; they run one after the other, in a process with one thread.

mod common;

use std::{fs, os::unix::fs::PermissionsExt, ptr, thread};

use cryptoki::{mechanism::Mechanism, object::ObjectHandle, session::Session};
use cryptoki_sys::{CK_RV, CKR_CRYPTOKI_ALREADY_INITIALIZED, CKR_OK};
use supacrypt_testkit::{Backend, descriptors, fork, lose_right_to, threads};

use common::{end, functions, load, open, p256 as key_pair};

/// Signatures of each process or thread in a scenario.
const ROUNDS: usize = 100;
fn main() {
    common::run(&[
        ("no_thread_is_started_and_no_descriptor_is_left", no_thread_and_no_descriptor),
        ("parent_child_and_grandchild_sign_at_once", fork_without_initializing),
        ("a_child_may_initialize_again", fork_and_initialize),
        ("a_child_that_may_not_read_the_key_goes_on", fork_and_drop_privileges),
        ("the_module_can_be_unloaded_and_loaded_again", unload_and_reload),
        ("handles_outlive_a_restart_of_the_backend", restart),
        ("many_threads_share_a_connection", many_threads),
    ]);
}

fn sign_and_verify(
    session: &Session,
    (public, private): (ObjectHandle, ObjectHandle),
    round: usize,
) {
    let mut digest = [0x5a; 32];
    digest[..8].copy_from_slice(&round.to_be_bytes());
    let signature = session.sign(&Mechanism::Ecdsa, private, &digest).expect("a signature");
    session.verify(&Mechanism::Ecdsa, public, &digest, &signature).expect("it is valid");
}

fn no_thread_and_no_descriptor(_: &mut Backend) {
    // The first use of the standard library's and the system's own caches is not what is counted.
    end(load());
    let before = descriptors();
    let context = load();
    let session = open(&context);
    sign_and_verify(&session, key_pair(&session, "threads"), 0);
    assert_eq!(threads(), 1, "threads while the module is in use");
    assert!(descriptors() > before, "the connection is a descriptor");
    drop(session);
    end(context);
    assert_eq!(descriptors(), before, "descriptors after C_Finalize");
}

fn fork_without_initializing(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let keys = key_pair(&session, "fork");
    sign_and_verify(&session, keys, 0);
    let work = || (0..ROUNDS).for_each(|round| sign_and_verify(&session, keys, round));
    let child = fork(|| {
        let grandchild = fork(work);
        work();
        assert!(grandchild.succeeded(), "the grandchild");
    });
    work();
    assert!(child.succeeded(), "the child");
    end(context);
}

fn fork_and_initialize(_: &mut Backend) {
    let context = load();
    let session = open(&context);
    let keys = key_pair(&session, "again");
    sign_and_verify(&session, keys, 0);
    let child = fork(|| {
        assert_eq!(initialize(), CKR_OK);
        assert_eq!(initialize(), CKR_CRYPTOKI_ALREADY_INITIALIZED);
        let session = open(&context);
        sign_and_verify(&session, key_pair(&session, "in-child"), 0);
    });
    assert!(child.succeeded(), "the child");
    sign_and_verify(&session, keys, 1);
    // And one that does nothing but end what it inherited, while the parent goes on.
    let child = fork(|| assert_eq!(finalize(), CKR_OK));
    assert!(child.succeeded(), "the child that finalizes");
    sign_and_verify(&session, keys, 2);
    end(context);
}

/// As Apache httpd does, which starts as root and serves as somebody else.
fn fork_and_drop_privileges(backend: &mut Backend) {
    let key = backend.config_path().with_file_name("pki").join("app.key");
    let context = load();
    let session = open(&context);
    let keys = key_pair(&session, "privileges");
    let child = fork(|| {
        lose_right_to(&key);
        sign_and_verify(&session, keys, 0);
    });
    assert!(child.succeeded(), "the child that just goes on");
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(&key, private.clone()).expect("the key is ours again");
    let child = fork(|| {
        lose_right_to(&key);
        assert_eq!(initialize(), CKR_OK);
        let session = open(&context);
        sign_and_verify(&session, key_pair(&session, "nobody"), 0);
    });
    assert!(child.succeeded(), "the child that initializes again");
    fs::set_permissions(&key, private).expect("the key is ours again");
    sign_and_verify(&session, keys, 1);
    end(context);
}

fn unload_and_reload(_: &mut Backend) {
    for round in 0..3 {
        // In a thread of its own, since what a library leaves to be done when a thread ends is
        // where unloading goes wrong.
        let used = thread::spawn(move || {
            let context = load();
            let session = open(&context);
            sign_and_verify(&session, key_pair(&session, "unload"), round);
            drop(session);
            end(context);
        });
        used.join().expect("the thread ends in peace");
        // What the module wanted to be told of forks is forgotten with it.
        assert!(fork(|| ()).succeeded(), "a fork without the module");
    }
}

fn restart(backend: &mut Backend) {
    let context = load();
    let session = open(&context);
    let keys = key_pair(&session, "restart");
    for round in 0..3 {
        sign_and_verify(&session, keys, round);
        backend.restart();
        sign_and_verify(&session, keys, round);
    }
    end(context);
}

fn many_threads(_: &mut Backend) {
    let context = load();
    let keys = key_pair(&open(&context), "threads");
    thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                let session = open(&context);
                (0..ROUNDS).for_each(|round| sign_and_verify(&session, keys, round));
            });
        }
    });
    end(context);
}

/// `C_Initialize`, past the bookkeeping of the library that this file uses otherwise.
#[allow(unsafe_code, reason = "a C function is called")]
fn initialize() -> CK_RV {
    // SAFETY: it may be called at any time.
    unsafe { (functions().C_Initialize.expect("listed"))(ptr::null_mut()) }
}

/// `C_Finalize`, likewise.
#[allow(unsafe_code, reason = "a C function is called")]
fn finalize() -> CK_RV {
    // SAFETY: it may be called at any time.
    unsafe { (functions().C_Finalize.expect("listed"))(ptr::null_mut()) }
}
