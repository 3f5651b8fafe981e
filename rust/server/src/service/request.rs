//! One request, one answer.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use supacrypt_core::{Algorithm, Error, Reason, Result};

use super::{Failure, Service};
use crate::audit::{Entry, Outcome};
use crate::transport::Peer;

/// What a request is about, for the record.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The method's name.
    pub action: &'static str,
    /// The resource, in the caller's words.
    pub resource: Arc<str>,
    /// The algorithm of an operation with a key.
    pub algorithm: Option<Algorithm>,
    /// What a key is to be wrapped with.
    pub wrapping_key: Option<Arc<str>>,
}

impl Subject {
    /// A request that is not an operation with a key.
    pub fn new(action: &'static str, resource: &str) -> Self {
        Subject { action, resource: resource.into(), algorithm: None, wrapping_key: None }
    }

    /// The audit entry for how it ended.
    pub(super) fn entry(&self, peer: &Peer, time: SystemTime, failure: Option<&Failure>) -> Entry {
        Entry {
            time,
            principal: Some(peer.principal().clone()),
            action: self.action,
            resource: Arc::clone(&self.resource),
            algorithm: self.algorithm,
            outcome: failure.map_or(Outcome::Succeeded, Failure::outcome),
            reason: failure.map(|failure| failure.recorded),
            peer: Arc::clone(peer.address()),
            wrapping_key: self.wrapping_key.clone(),
        }
    }
}

impl Service {
    /// Does `work` for a request and records how it ended; then its outcome may be told.
    ///
    /// The work goes on in a task of its own, to its end or the deadline, even when the caller hangs
    /// up: what has begun is recorded.
    ///
    /// # Errors
    /// Those of `work`; [`Reason::Draining`], [`Reason::Overloaded`], [`Reason::DeadlineExceeded`],
    /// [`Reason::ClientCertificateExpired`], [`Reason::AuditUnavailable`]; [`Reason::Internal`] when
    /// the work panics.
    pub async fn decide<T: Send + 'static>(
        self: &Arc<Self>,
        peer: &Peer,
        subject: Subject,
        timeout: Option<Duration>,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T> {
        let (service, peer) = (Arc::clone(self), peer.clone());
        let task = self.workers.spawn(async move {
            let now = SystemTime::now();
            let result = match service.enter(&peer, now) {
                Ok(_slot) => within(service.limit(timeout), work).await,
                Err(error) => Err(error.into()),
            };
            let entry = subject.entry(&peer, now, result.as_ref().err());
            service.metrics.requests.decided(subject.action, entry.outcome);
            service.audit.append(std::slice::from_ref(&entry)).await?;
            result.map_err(|failure| failure.error)
        });
        task.await.unwrap_or_else(|_| Err(internal()))
    }

    /// Records a request that was refused before it could be read.
    pub async fn refused(&self, peer: &Peer, subject: &Subject, error: &Error) {
        tracing::warn!(
            principal = %peer.principal(), peer = %peer.address(), action = subject.action,
            "request refused: {error}"
        );
        let failure = Failure::from(error.clone());
        let entry = subject.entry(peer, SystemTime::now(), Some(&failure));
        self.metrics.requests.decided(subject.action, entry.outcome);
        if let Err(error) = self.audit.append(&[entry]).await {
            tracing::error!("the refused request is not recorded: {error}");
        }
    }

    /// Checks what has to hold before any work is begun.
    fn enter(&self, peer: &Peer, now: SystemTime) -> Result<tokio::sync::OwnedSemaphorePermit> {
        self.refuse_when_draining()?;
        peer.check_validity(now)?;
        self.slot()
    }

    /// The time a request may take: what its caller grants, within the server's limit.
    fn limit(&self, timeout: Option<Duration>) -> Duration {
        timeout.map_or(self.deadline, |timeout| timeout.min(self.deadline))
    }
}

/// Runs `work`, which may neither take longer nor take the server down with it.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let guarded = AssertUnwindSafe(work).catch_unwind();
    match tokio::time::timeout(limit, guarded).await {
        Ok(Ok(result)) => result,
        Ok(Err(_panic)) => Err(internal().into()),
        Err(_elapsed) => Err(Error::new(
            Reason::DeadlineExceeded,
            format!("not done within {limit:?}; allow more time, or look at the server's load"),
        )
        .into()),
    }
}

/// What the caller learns of a panic; the log has the rest.
pub(crate) fn internal() -> Error {
    Error::new(Reason::Internal, "a fault in the server; its log has the details")
}
