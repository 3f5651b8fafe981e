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

/// When lanes have ended, and what they ran is dropped.
#[derive(Debug)]
pub struct LaneEnds(Vec<oneshot::Receiver<Infallible>>);

impl LaneEnds {
    /// Waits for all of them. Each ends when nobody has it any more.
    ///
    /// What connections held goes with them: open keys are wiped, and an HSM's sessions closed. Were the
    /// process to end meanwhile, the first might not come about, and the second crash in a module that is
    /// closed already.
    pub async fn wait(self) {
        for over in self.0 {
            // The only thing that can come is the end.
            let _ = over.await;
        }
    }
}

impl Lane {
    /// As many as the machine has processors, and what tells of their ends.
    ///
    /// # Errors
    /// [`Reason::Internal`] when the system has no threads left.
    pub(super) fn start_all() -> Result<(Vec<Arc<Lane>>, LaneEnds)> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let (mut lanes, mut ends) = (Vec::new(), Vec::new());
        for number in 0..processors {
            let (lane, ended) = Lane::start(number)?;
            lanes.push(Arc::new(lane));
            ends.push(ended);
        }
        Ok((lanes, LaneEnds(ends)))
    }

    fn start(number: usize) -> Result<(Lane, oneshot::Receiver<Infallible>)> {
        let failed =
            |cause| Error::new(Reason::Internal, format!("no thread for connections: {cause}"));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<Infallible>();
        let (over, when_over) = oneshot::channel::<Infallible>();
        thread::Builder::new()
            .name(format!("connections-{number}"))
            .spawn(move || {
                // The only thing that can come is the end.
                let _ = runtime.block_on(ended);
                runtime.shutdown_background();
                drop(over);
            })
            .map_err(failed)?;
        Ok((Lane { runtime: handle, load: Arc::new(()), _end: end }, when_over))
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
        let lanes = [0, 1].map(|number| Lane::start(number).unwrap().0);
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

    #[tokio::test]
    async fn its_tasks_end_with_it_and_are_gone_then() {
        let (lane, ended) = Lane::start(0).unwrap();
        let held = Arc::new(());
        let holds = Arc::clone(&held);
        lane.runtime().spawn(async move {
            std::future::pending::<()>().await;
            drop(holds);
        });
        assert_eq!(Arc::strong_count(&held), 2);
        drop(lane);
        LaneEnds(vec![ended]).wait().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
