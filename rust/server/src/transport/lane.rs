//! Threads that each drive some of the connections, with a runtime of their own.
//!
//! A connection consists of tasks that wake each other for every message. Where any thread may run
//! any task, each of these wakes can wake another processor; on a lane they are a function call.

use std::convert::Infallible;
use std::sync::Arc;
use std::thread;

use supacrypt_core::{Error, Reason, Result};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// One thread. It ends when this is dropped, and what it still runs ends with it.
#[derive(Debug)]
pub struct Lane {
    runtime: Handle,
    load: Arc<()>,
    _end: oneshot::Sender<Infallible>,
}

/// One connection that a lane has to drive.
#[derive(Debug)]
pub(super) struct Load(#[expect(dead_code, reason = "it is counted, never read")] Arc<()>);

impl Lane {
    /// As many as the machine has processors.
    ///
    /// # Errors
    /// [`Reason::Internal`] when the system has no threads left.
    pub(super) fn start_all() -> Result<Vec<Arc<Lane>>> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        (0..processors).map(|number| Lane::start(number).map(Arc::new)).collect()
    }

    fn start(number: usize) -> Result<Lane> {
        let failed =
            |cause| Error::new(Reason::Internal, format!("no thread for connections: {cause}"));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<Infallible>();
        thread::Builder::new()
            .name(format!("connections-{number}"))
            .spawn(move || {
                // The only thing that can come is the end.
                let _ = runtime.block_on(ended);
                runtime.shutdown_background();
            })
            .map_err(failed)?;
        Ok(Lane { runtime: handle, load: Arc::new(()), _end: end })
    }

    /// The one of `lanes` with the fewest connections, which has one more from now on.
    pub(super) fn least_loaded<T>(lanes: &[T], lane: impl Fn(&T) -> &Lane) -> (&T, Load) {
        let least = lanes
            .iter()
            .min_by_key(|one| Arc::strong_count(&lane(one).load))
            .expect("invariant: there is at least one lane");
        (least, Load(Arc::clone(&lane(least).load)))
    }

    /// Where its tasks are spawned.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_goes_to_the_lane_that_has_fewest() {
        let lanes = [Lane::start(0).unwrap(), Lane::start(1).unwrap()];
        let next = || {
            let (lane, load) = Lane::least_loaded(&lanes, |lane| lane);
            (std::ptr::from_ref(lane), load)
        };
        let (first, on_first) = next();
        let (second, _on_second) = next();
        assert_ne!(first, second);
        drop(on_first);
        assert_eq!(next().0, first);
    }

    #[test]
    fn its_tasks_end_with_it() {
        let lane = Lane::start(0).unwrap();
        let (held, dropped) = std::sync::mpsc::channel::<()>();
        lane.runtime().spawn(async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        drop(lane);
        // Not a message but the end of the channel: the task was dropped.
        dropped.recv().unwrap_err();
    }
}
