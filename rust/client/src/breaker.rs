//! A circuit breaker: what has failed for a while is asked only now and then.

use std::time::{Duration, Instant};

use supacrypt_core::Error;

use crate::lock::Mutex;

/// The breaker of one endpoint.
///
/// Closed, everything passes. It opens once all attempts have failed for `patience`; then one
/// attempt in each `pause` passes, and the first success closes it.
pub(crate) struct Breaker {
    patience: Duration,
    pause: Duration,
    failing: Mutex<Option<Failing>>,
}

struct Failing {
    since: Instant,
    next_attempt: Instant,
    last: Error,
}

impl Breaker {
    pub(crate) fn new(patience: Duration, pause: Duration) -> Self {
        Breaker { patience, pause, failing: Mutex::default() }
    }

    /// Whether an attempt may be made now. One that may is expected to be made.
    pub(crate) fn permits(&self, now: Instant) -> bool {
        let mut failing = self.failing.lock();
        let Some(failing) = &mut *failing else { return true };
        if now.duration_since(failing.since) < self.patience {
            return true;
        }
        if now < failing.next_attempt {
            return false;
        }
        failing.next_attempt = now + self.pause;
        true
    }

    pub(crate) fn succeeded(&self) {
        *self.failing.lock() = None;
    }

    pub(crate) fn failed(&self, now: Instant, error: &Error) {
        let mut failing = self.failing.lock();
        let since = failing.as_ref().map_or(now, |failing| failing.since);
        *failing = Some(Failing { since, next_attempt: now + self.pause, last: error.clone() });
    }

    /// For how long all attempts have failed, and with what the last one did.
    pub(crate) fn outage(&self, now: Instant) -> Option<(Duration, Error)> {
        let failing = self.failing.lock();
        failing.as_ref().map(|failing| (now.duration_since(failing.since), failing.last.clone()))
    }
}

#[cfg(test)]
mod tests {
    use supacrypt_core::Reason;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);
    const PAUSE: Duration = Duration::from_secs(1);

    fn failing_since(start: Instant, until: Duration) -> Breaker {
        let breaker = Breaker::new(PATIENCE, PAUSE);
        let error = Error::new(Reason::Unreachable, "refused");
        breaker.failed(start, &error);
        breaker.failed(start + until, &error);
        breaker
    }

    #[test]
    fn everything_passes_until_patience_ends() {
        let start = Instant::now();
        let breaker = failing_since(start, Duration::from_secs(9));
        assert!(breaker.permits(start + Duration::from_millis(9_500)));
    }

    #[test]
    fn then_one_attempt_passes_in_each_pause() {
        let start = Instant::now();
        let breaker = failing_since(start, PATIENCE);
        assert!(!breaker.permits(start + PATIENCE + PAUSE / 2));
        assert!(breaker.permits(start + PATIENCE + PAUSE));
        assert!(!breaker.permits(start + PATIENCE + PAUSE));
        assert!(breaker.permits(start + PATIENCE + PAUSE * 2));
    }

    #[test]
    fn a_success_closes_it() {
        let start = Instant::now();
        let breaker = failing_since(start, PATIENCE);
        assert_eq!(breaker.outage(start + PATIENCE).unwrap().0, PATIENCE);
        breaker.succeeded();
        assert!(breaker.permits(start + PATIENCE));
        assert!(breaker.outage(start + PATIENCE).is_none());
    }
}
