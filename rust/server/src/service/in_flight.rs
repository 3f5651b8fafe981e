//! The operations of one stream, from their arrival until they may be answered.

use std::sync::Arc;
use std::time::SystemTime;

use supacrypt_core::{Error, Result};
use tokio::task::JoinSet;

use super::operation::Attempt;
use super::{Failure, KeyOperation, Service, Subject};
use crate::audit::Entry;
use crate::telemetry::RunningOperation;
use crate::transport::Peer;

/// Operations that are being performed, and those that are done and wait to be recorded.
///
/// Light ones are done when [`start`](Self::start) returns. The others run as tasks, so that they
/// share all cores and keep no light one waiting.
pub struct InFlight<K: KeyOperation> {
    service: Arc<Service>,
    peer: Peer,
    running: JoinSet<Finished<K::Answer>>,
    finished: Vec<Finished<K::Answer>>,
}

struct Finished<A> {
    id: u64,
    result: Result<A, Failure>,
    entry: Entry,
    /// `None` for what is not an operation with a key.
    running: Option<RunningOperation>,
}

impl<K: KeyOperation> InFlight<K> {
    /// No operation yet.
    pub fn new(service: Arc<Service>, peer: Peer) -> Self {
        InFlight { service, peer, running: JoinSet::new(), finished: Vec::new() }
    }

    /// Starts an operation; its caller knows it by `id`.
    pub fn start(&mut self, id: u64, operation: K) {
        let now = SystemTime::now();
        let running = self.service.metrics.operations.start(operation.kind());
        // Checked each time, because the certificate may expire while the stream is open.
        if let Err(error) = self.peer.check_validity(now) {
            let result = Err(error.into());
            return self.finish(id, &Subject::of(&operation), now, result, Some(running));
        }
        match self.service.attempt(&self.peer, operation) {
            Attempt::Done(subject, result) => {
                self.finish(id, &subject, now, result, Some(running));
            }
            Attempt::TakesLonger(operation) => self.run_aside(id, operation, now, running),
        }
    }

    /// Adds something that is done already and is not an operation with a key.
    pub fn done(&mut self, id: u64, subject: &Subject, result: Result<K::Answer>) {
        let now = SystemTime::now();
        let result = self.peer.check_validity(now).and(result).map_err(Failure::from);
        self.finish(id, subject, now, result, None);
    }

    /// How many run in tasks.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Waits until one of those in tasks is done; forever when there is none.
    pub async fn progress(&mut self) {
        match self.running.join_next().await {
            Some(finished) => self.finished.push(finished.expect(NOT_ENDED_EARLY)),
            None => std::future::pending().await,
        }
    }

    /// Records everything that is done by now, and returns what may then be answered.
    ///
    /// When it cannot be recorded, that is the answer to all of it.
    pub async fn settle(&mut self) -> Vec<(u64, Result<K::Answer>)> {
        while let Some(finished) = self.running.try_join_next() {
            self.finished.push(finished.expect(NOT_ENDED_EARLY));
        }
        settle(&self.service, std::mem::take(&mut self.finished)).await
    }

    fn finish(
        &mut self,
        id: u64,
        subject: &Subject,
        time: SystemTime,
        result: Result<K::Answer, Failure>,
        running: Option<RunningOperation>,
    ) {
        let entry = subject.entry(&self.peer, time, result.as_ref().err());
        self.finished.push(Finished { id, result, entry, running });
    }

    fn run_aside(&mut self, id: u64, operation: K, time: SystemTime, running: RunningOperation) {
        let (service, peer) = (Arc::clone(&self.service), self.peer.clone());
        let work = async move {
            let subject = Subject::of(&operation);
            let result = service.perform_aside(&peer, operation).await;
            let entry = subject.entry(&peer, time, result.as_ref().err());
            Finished { id, result, entry, running: Some(running) }
        };
        self.running.spawn_on(work, &self.service.workers);
    }
}

const NOT_ENDED_EARLY: &str = "invariant: the tasks catch panics and are never aborted";

async fn settle<A>(service: &Service, finished: Vec<Finished<A>>) -> Vec<(u64, Result<A>)> {
    if finished.is_empty() {
        return Vec::new();
    }
    let mut entries = Vec::with_capacity(finished.len());
    let mut answers = Vec::with_capacity(finished.len());
    let mut timers = Vec::with_capacity(finished.len());
    for Finished { id, result, entry, running } in finished {
        timers.push(running.map(|running| (running, entry.outcome)));
        entries.push(entry);
        answers.push((id, result.map_err(|failure| failure.error)));
    }
    let recorded = service.audit.append(&entries).await;
    for (running, outcome) in timers.into_iter().flatten() {
        running.finish(outcome);
    }
    match recorded {
        Ok(()) => answers,
        Err(error) => {
            let unanswered = |(id, _)| (id, Err::<A, Error>(error.clone()));
            answers.into_iter().map(unanswered).collect()
        }
    }
}

/// The caller may have hung up. What has begun goes on to its end and is recorded all the same.
impl<K: KeyOperation> Drop for InFlight<K> {
    fn drop(&mut self) {
        if self.running.is_empty() && self.finished.is_empty() {
            return;
        }
        let service = Arc::clone(&self.service);
        let mut running = std::mem::take(&mut self.running);
        let mut finished = std::mem::take(&mut self.finished);
        self.service.workers.spawn(async move {
            while let Some(one) = running.join_next().await {
                finished.extend(one);
            }
            settle(&service, finished).await;
        });
    }
}
