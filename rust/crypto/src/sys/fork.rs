//! Computing that no fork of the process cuts in two.
//!
//! AWS-LC's random number generator takes locks of the process for a moment each time. A child that is
//! made while another thread holds one finds it locked for good, and hangs with its first random byte
//! (`CRYPTO_get_ube_generation_number` in AWS-LC's crypto/ube). Nobody outside can unlock it. So a fork
//! waits until no thread is between the beginning and the end of such a computation; most take
//! microseconds, an RSA key up to seconds.

use std::{
    cell::Cell,
    marker::PhantomData,
    sync::atomic::{
        AtomicBool, AtomicUsize,
        Ordering::{Relaxed, SeqCst},
    },
    thread,
};

/// Whether forks wait. Where they do not, as in the backend, nothing is counted.
static WATCHED: AtomicBool = AtomicBool::new(false);
/// Threads that compute.
static COMPUTING: AtomicUsize = AtomicUsize::new(0);
/// Forks that are under way.
static FORKS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// How deep this thread is inside; only the outermost counts.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// While it lives no fork that was [seen](watch_forks) happens. Belongs to one thread.
#[must_use = "forks wait no longer than this lives"]
pub struct Undivided {
    counted: bool,
    of_this_thread: PhantomData<*const ()>,
}

/// Begins what no fork may cut in two.
pub fn undivided() -> Undivided {
    let outermost = DEPTH.with(|depth| depth.replace(depth.get() + 1)) == 0;
    let counted = outermost && WATCHED.load(Relaxed);
    if counted {
        enter();
    }
    Undivided { counted, of_this_thread: PhantomData }
}

impl Drop for Undivided {
    fn drop(&mut self) {
        if self.counted {
            COMPUTING.fetch_sub(1, SeqCst);
        }
        DEPTH.with(|depth| depth.set(depth.get() - 1));
    }
}

fn enter() {
    loop {
        COMPUTING.fetch_add(1, SeqCst);
        if FORKS.load(SeqCst) == 0 {
            return;
        }
        COMPUTING.fetch_sub(1, SeqCst);
        while FORKS.load(SeqCst) != 0 {
            thread::yield_now();
        }
    }
}

/// How many of those that compute are the calling thread: it may fork in the middle of it, in a signal
/// handler, and must not wait for itself.
fn own() -> usize {
    DEPTH.with(|depth| usize::from(depth.get() > 0))
}

/// Has forks of this process wait for computations from now on. Linux only: there the C library forgets
/// the handlers when the library that registered them is unloaded.
#[cfg(target_os = "linux")]
pub fn watch_forks() {
    use std::{ffi::c_int, sync::Once};

    type Handler = extern "C" fn();
    unsafe extern "C" {
        fn pthread_atfork(prepare: Handler, parent: Handler, child: Handler) -> c_int;
    }

    extern "C" fn before() {
        FORKS.fetch_add(1, SeqCst);
        while COMPUTING.load(SeqCst) > own() {
            thread::yield_now();
        }
    }
    extern "C" fn after_in_parent() {
        FORKS.fetch_sub(1, SeqCst);
    }
    extern "C" fn after_in_child() {
        COMPUTING.store(own(), SeqCst);
        FORKS.store(0, SeqCst);
    }

    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // SAFETY: the handlers touch atomics and this thread's own cell, and do not unwind.
        let registered = unsafe { pthread_atfork(before, after_in_parent, after_in_child) };
        // Without memory for the handlers forks do not wait.
        WATCHED.store(registered == 0, SeqCst);
    });
}

/// Elsewhere forks do not wait.
#[cfg(not(target_os = "linux"))]
pub fn watch_forks() {}
