//! Unloading, and the end of the process.

use std::{
    fs,
    sync::{Arc, Barrier},
    thread,
};

use super::use_it;
use crate::{
    application::Application,
    target::Target,
    verdict::{Stop, Verdict, failed, passed},
};

const ROUNDS: usize = 3;
const THREADS: usize = 2;

pub(super) fn unload(target: &Target) -> Verdict {
    for _ in 0..ROUNDS {
        let application = Application::start(target)?;
        use_it(&application)?;
        application.end()?;
    }
    if is_mapped(target) {
        return Ok("stays in memory after dlclose".to_owned());
    }
    passed()
}

/// What a library leaves to be done when a thread ends is where unloading goes wrong: so each thread
/// that used the module ends after it is gone.
pub(super) fn unload_after_threads(target: &Target) -> Verdict {
    for _ in 0..ROUNDS {
        unload_under_threads(target)?;
    }
    passed()
}

fn unload_under_threads(target: &Target) -> Result<(), Stop> {
    let application = Arc::new(Application::start(target)?);
    let (used, unloaded) = (&Barrier::new(THREADS + 1), &Barrier::new(THREADS + 1));
    thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| {
            let application = Arc::clone(&application);
            scope.spawn(move || {
                let outcome = use_it(&application);
                drop(application);
                used.wait();
                unloaded.wait();
                outcome
            })
        });
        used.wait();
        let ended = Arc::into_inner(application).map_or(Ok(()), Application::end);
        unloaded.wait();
        for thread in threads {
            thread.join().unwrap_or_else(|_| failed("a thread panicked"))?;
        }
        ended
    })
}

/// The process ends after this, with all that the module left to be done at exit.
pub(super) fn exit_initialized(target: &Target) -> Verdict {
    let application = Application::start(target)?;
    use_it(&application)?;
    // Neither finalized nor unloaded.
    std::mem::forget(application);
    passed()
}

/// Whether the module's file is still part of this process; on Linux.
fn is_mapped(target: &Target) -> bool {
    let Ok(path) = fs::canonicalize(&target.module) else { return false };
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    maps.lines().any(|line| line.ends_with(&*path.to_string_lossy()))
}
