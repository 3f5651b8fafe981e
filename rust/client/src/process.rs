//! What belongs to one process and must not be touched by its children.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use supacrypt_core::{Error, Reason, Result};
use tokio::{runtime::Runtime, task::yield_now};

use crate::{cache::Cache, config::Config, endpoint::Endpoint, platform};

/// After this long without a call, what arrived meanwhile is read before the cache is believed.
const FRESH: Duration = Duration::from_millis(200);
/// Turns of the runtime that take a message from the socket through TLS and HTTP/2 to its reader.
const TURNS: usize = 4;

/// The runtime, the connections and the cache of one process.
pub(crate) struct Process {
    id: u32,
    runtime: Runtime,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) cache: Cache,
    started: Instant,
    /// When the runtime last ran, in milliseconds since `started`.
    driven: AtomicU64,
}

impl Process {
    pub(crate) fn new(config: &Config) -> Result<Process> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| {
                Error::new(Reason::Internal, format!("no event queue can be made: {error}"))
            })?;
        Ok(Process {
            id: platform::process_id(),
            runtime,
            endpoints: Endpoint::all(config),
            cache: Cache::default(),
            started: Instant::now(),
            driven: AtomicU64::new(0),
        })
    }

    /// Whether this is the process that made the value; a child made by fork is not.
    pub(crate) fn is_current(&self) -> bool {
        self.id == platform::process_id()
    }

    /// Waits for `future`, and runs everything else of this process meanwhile.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        let output = self.runtime.block_on(future);
        self.driven.store(self.now(), Ordering::Relaxed);
        output
    }

    /// Reads what arrived since the last call, if that was a while ago.
    pub(crate) fn catch_up(&self) {
        let idle = self.now().saturating_sub(self.driven.load(Ordering::Relaxed));
        if u128::from(idle) < FRESH.as_millis() {
            return;
        }
        self.run(async {
            for _ in 0..TURNS {
                yield_now().await;
            }
        });
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Leaves what the parent made as it is. Closing it would take its sockets and its event queue away
/// from the parent, which shares them; and its locks may be held by threads that do not exist here.
/// So it is never dropped in this process.
pub(crate) fn abandon(inherited: Arc<Process>) {
    std::mem::forget(inherited);
}
