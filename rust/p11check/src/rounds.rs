//! Doing something many times, in threads.

use std::{sync::Barrier, thread};

use crate::verdict::{Stop, failed};

/// Runs `work` in as many threads, which begin together; fails with one that failed.
pub(crate) fn in_threads(
    threads: usize,
    work: impl Fn() -> Result<(), Stop> + Sync,
) -> Result<(), Stop> {
    let start = Barrier::new(threads);
    let begin = || {
        start.wait();
        work()
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(begin)).collect();
        // All of them end before the scope does, whatever the first that failed is.
        running
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| failed("a thread panicked")))
    })
}
