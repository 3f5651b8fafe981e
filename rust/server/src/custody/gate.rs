//! The way to one endpoint of a custodian: how many calls are on it, how long each may take, which are
//! repeated, and when none is let through.
//!
//! Each endpoint has its own, so that one that is slow or away takes nothing from the others.

use std::future::Future;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use parking_lot::Mutex;
use supacrypt_core::{Error, Reason, Result};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::retry::budget::{Budget, TpsBudget};

use super::breaker::{Breaker, Heard, Turn};
use crate::telemetry::{CallOutcome, EndpointMetrics};

/// Pause before the first repetition; doubled for each that follows.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Most repetitions of one call.
const REPETITIONS: usize = 3;

/// Repetitions for each call, all calls of ten seconds together, beside one in each second.
const REPETITION_SHARE: f32 = 0.2;

/// What a call does at the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing that doing it twice would do twice. It is repeated where that may help.
    Repeatable,
    /// It may leave something behind, and what that is has to be known: it is done once, for as long as
    /// its caller waits.
    Lasting,
}

/// How a call failed.
#[derive(Debug)]
pub(super) struct Refusal {
    error: Error,
    /// When the endpoint wants to be asked again.
    retry_after: Option<Duration>,
    why: Why,
}

/// What a refusal tells of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// What the reason of its error says.
    Reason,
    /// It was not called.
    LeftAlone,
    /// It answers, and what it says is of no use.
    Useless,
}

impl Refusal {
    /// One that says when to ask again.
    pub(super) fn until(error: Error, retry_after: Option<Duration>) -> Refusal {
        Refusal { error, retry_after, why: Why::Reason }
    }

    /// An answer that is of no use: asking again would bring the same.
    pub(super) fn useless(error: Error) -> Refusal {
        Refusal { error, retry_after: None, why: Why::Useless }
    }

    /// What it tells of the endpoint.
    fn outcome(&self) -> CallOutcome {
        match self.error.reason() {
            _ if self.why == Why::Useless => CallOutcome::Refused,
            Reason::CustodianThrottled => CallOutcome::Throttled,
            Reason::CustodianUnavailable | Reason::DeadlineExceeded => CallOutcome::Unanswered,
            _ => CallOutcome::Refused,
        }
    }

    /// Whether it may be another's turn soon, so that asking again may help.
    fn passes(&self) -> bool {
        self.why == Why::Reason
            && matches!(
                self.error.reason(),
                Reason::CustodianUnavailable | Reason::CustodianThrottled
            )
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::until(error, None)
    }
}

/// What an operator sees of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateStatus {
    /// The endpoint, such as its URL.
    pub endpoint: String,
    /// Whether it did not answer the last calls: it is left alone but for a call now and then that sees
    /// whether it does again.
    pub open: bool,
    /// Calls that it is busy with.
    pub in_flight: usize,
}

/// The way to one endpoint.
pub struct Gate {
    custodian: String,
    endpoint: String,
    patience: Duration,
    concurrency: usize,
    permits: Semaphore,
    breaker: Breaker,
    budget: TpsBudget,
    metrics: EndpointMetrics,
}

impl Gate {
    /// The way to `endpoint` of `custodian`, for `concurrency` calls at once, each of which is waited for
    /// as long as `patience`.
    pub(super) fn new(
        custodian: &str,
        endpoint: &str,
        patience: Duration,
        concurrency: NonZeroUsize,
        metrics: EndpointMetrics,
    ) -> Gate {
        let concurrency = concurrency.get().min(Semaphore::MAX_PERMITS);
        Gate {
            custodian: custodian.to_owned(),
            endpoint: endpoint.to_owned(),
            patience,
            concurrency,
            permits: Semaphore::new(concurrency),
            breaker: Breaker::default(),
            budget: TpsBudget::new(Duration::from_secs(10), 1, REPETITION_SHARE),
            metrics,
        }
    }

    /// Calls the endpoint.
    ///
    /// # Errors
    /// Those of the call; [`Reason::DeadlineExceeded`] when it takes too long;
    /// [`Reason::CustodianThrottled`] when too many wait; [`Reason::CustodianUnavailable`] while the
    /// endpoint is left alone.
    pub(super) async fn pass<T, F>(&self, effect: Effect, call: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T, Refusal>>,
    {
        let begun = Instant::now();
        self.budget.deposit();
        let repeats = |refusal: &Refusal| {
            effect == Effect::Repeatable && refusal.passes() && self.budget.withdraw()
        };
        let pauses = ExponentialBuilder::default()
            .with_min_delay(FIRST_PAUSE)
            .with_max_times(REPETITIONS)
            .with_jitter();
        // A pause that would outlast the patience is not begun.
        let fits = |refusal: &Refusal, pause: Option<Duration>| {
            pause
                .map(|pause| refusal.retry_after.map_or(pause, |after| after.max(pause)))
                .filter(|pause| begun.elapsed() + *pause < self.patience)
        };
        let attempt = || self.attempt(effect, &call);
        let last = Mutex::new(None);
        let note = |refusal: &Refusal, _| *last.lock() = Some(refusal.error.clone());
        let done = attempt.retry(pauses).when(repeats).adjust(fits).notify(note).await;
        done.map_err(|refusal| match last.into_inner() {
            // Why it is left alone matters more.
            Some(reason) if refusal.why == Why::LeftAlone => reason,
            _ => refusal.error,
        })
    }

    /// One call.
    async fn attempt<T, F>(&self, effect: Effect, call: &impl Fn() -> F) -> Result<T, Refusal>
    where
        F: Future<Output = Result<T, Refusal>>,
    {
        let waiting = timeout(self.patience, self.permits.acquire()).await;
        let _permit = waiting.map_err(|_| self.too_many())?.map_err(|_| self.too_many())?;
        self.breaker.admit(Instant::now()).map_err(|wait| self.left_alone(wait))?;
        let mut trip = Trip::begin(self);
        let done = match effect {
            Effect::Repeatable => match timeout(self.patience, call()).await {
                Ok(done) => done,
                Err(_) => Err(self.too_slow().into()),
            },
            Effect::Lasting => call().await,
        };
        trip.outcome = match &done {
            Ok(_) => CallOutcome::Succeeded,
            Err(refusal) => refusal.outcome(),
        };
        done
    }

    /// What an operator sees of it.
    pub fn status(&self) -> GateStatus {
        GateStatus {
            endpoint: self.endpoint.clone(),
            open: !self.breaker.is_closed(),
            in_flight: self.concurrency - self.permits.available_permits(),
        }
    }

    /// Whether a call would be let through now.
    pub(super) fn admits(&self) -> bool {
        !self.breaker.refuses(Instant::now())
    }

    /// Who is called, for messages.
    pub(super) fn name(&self) -> String {
        format!("the custodian {} ({})", self.custodian, self.endpoint)
    }

    fn too_slow(&self) -> Error {
        let message = format!(
            "{} did not answer within {:?}; look at its load and the way to it, or raise `timeout`",
            self.name(),
            self.patience
        );
        Error::new(Reason::DeadlineExceeded, message)
    }

    fn too_many(&self) -> Error {
        let message = format!(
            "{} is busy with {} calls and took no other within {:?}; try again later, or raise \
             `concurrency`",
            self.name(),
            self.concurrency,
            self.patience
        );
        Error::new(Reason::CustodianThrottled, message)
    }

    fn left_alone(&self, wait: Duration) -> Refusal {
        let message = format!(
            "{} did not answer the last calls and is left alone for {:.1} s; see that it runs and can \
             be reached",
            self.name(),
            wait.as_secs_f64()
        );
        let error = Error::new(Reason::CustodianUnavailable, message);
        Refusal { error, retry_after: None, why: Why::LeftAlone }
    }
}

/// A call on its way. What it came to is noted when it is dropped, as when its caller gives up.
struct Trip<'a> {
    gate: &'a Gate,
    begun: Instant,
    outcome: CallOutcome,
}

impl Trip<'_> {
    fn begin(gate: &Gate) -> Trip<'_> {
        gate.metrics.in_flight.inc();
        Trip { gate, begun: Instant::now(), outcome: CallOutcome::Abandoned }
    }
}

impl Drop for Trip<'_> {
    fn drop(&mut self) {
        let Gate { custodian, endpoint, metrics, breaker, .. } = self.gate;
        metrics.in_flight.dec();
        metrics.finished(self.outcome, self.begun.elapsed());
        let heard = match self.outcome {
            CallOutcome::Succeeded | CallOutcome::Throttled | CallOutcome::Refused => Heard::Answer,
            CallOutcome::Unanswered => Heard::Nothing,
            CallOutcome::Abandoned => Heard::Unknown,
        };
        match breaker.note(heard, Instant::now()) {
            Some(Turn::Opened) => {
                metrics.open.set(1);
                tracing::warn!(
                    custodian,
                    endpoint,
                    "does not answer, and is left alone for a while"
                );
            }
            Some(Turn::Closed) => {
                metrics.open.set(0);
                tracing::info!(custodian, endpoint, "answers again");
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests;
