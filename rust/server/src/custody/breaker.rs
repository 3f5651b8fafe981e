//! A circuit breaker: who does not answer is left alone for a while.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Failures in a row that open it.
const FAILURES: u32 = 5;

/// How long it stays open before one call may try again; doubled each time that fails.
const COOLDOWN: Duration = Duration::from_secs(1);
const LONGEST_COOLDOWN: Duration = Duration::from_secs(30);

/// Whether an endpoint is called at all.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        cooldown: Duration,
    },
    /// One call is on its way to see.
    HalfOpen {
        cooldown: Duration,
    },
}

impl Default for State {
    fn default() -> Self {
        State::Closed { failures: 0 }
    }
}

/// What came of a call that was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// An answer, be it a refusal.
    Answer,
    /// Nothing, or that it cannot answer.
    Nothing,
    /// The call was given up before anything could be known.
    Unknown,
}

impl Breaker {
    /// Lets a call through, or says how long none will be.
    pub(super) fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.0.lock();
        match *state {
            State::Closed { .. } => Ok(()),
            State::Open { until, cooldown } if now >= until => {
                *state = State::HalfOpen { cooldown };
                Ok(())
            }
            State::Open { until, .. } => Err(until - now),
            State::HalfOpen { .. } => Err(COOLDOWN),
        }
    }

    /// Takes note of what came of a call that was let through. Tells whether it opened or closed by that.
    pub(super) fn note(&self, heard: Heard, now: Instant) -> Option<Turn> {
        let mut state = self.0.lock();
        let open = |cooldown| State::Open { until: now + cooldown, cooldown };
        let (next, turn) = match (&*state, heard) {
            (State::Closed { failures: 0 }, Heard::Answer)
            | (State::Closed { .. }, Heard::Unknown) => {
                return None;
            }
            (State::Closed { failures }, Heard::Nothing) if failures + 1 < FAILURES => {
                (State::Closed { failures: failures + 1 }, None)
            }
            (State::Closed { .. }, Heard::Nothing) => (open(COOLDOWN), Some(Turn::Opened)),
            (State::HalfOpen { cooldown }, Heard::Nothing) => {
                (open((*cooldown * 2).min(LONGEST_COOLDOWN)), None)
            }
            // The next call may see.
            (State::HalfOpen { cooldown }, Heard::Unknown) => {
                (State::Open { until: now, cooldown: *cooldown }, None)
            }
            // Calls that were let through before it opened.
            (State::Open { .. }, Heard::Nothing | Heard::Unknown) => return None,
            (State::Closed { .. }, Heard::Answer) => (State::default(), None),
            (State::Open { .. } | State::HalfOpen { .. }, Heard::Answer) => {
                (State::default(), Some(Turn::Closed))
            }
        };
        *state = next;
        turn
    }

    /// Whether the last calls were answered.
    pub(super) fn is_closed(&self) -> bool {
        matches!(*self.0.lock(), State::Closed { .. })
    }

    /// Whether a call would be refused now.
    pub(super) fn refuses(&self, now: Instant) -> bool {
        match *self.0.lock() {
            State::Closed { .. } => false,
            State::Open { until, .. } => now < until,
            State::HalfOpen { .. } => true,
        }
    }
}

/// What a breaker has just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Opened,
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Breaker {
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            assert_eq!(breaker.note(Heard::Nothing, now), None);
            assert!(breaker.admit(now).is_ok());
        }
        assert_eq!(breaker.note(Heard::Nothing, now), Some(Turn::Opened));
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_an_answer_starts_the_count_anew() {
        let now = Instant::now();
        let breaker = Breaker::default();
        for _ in 1..FAILURES {
            breaker.note(Heard::Nothing, now);
        }
        breaker.note(Heard::Answer, now);
        breaker.note(Heard::Nothing, now);
        assert!(!breaker.refuses(now));
        let breaker = opened(now);
        assert!(breaker.refuses(now));
        assert!(!breaker.refuses(now + COOLDOWN), "the next call sees");
        assert!(!breaker.is_closed(), "it has not seen yet");
        assert_eq!(breaker.admit(now), Err(COOLDOWN));
    }

    #[test]
    fn one_call_sees_whether_it_may_close() {
        let now = Instant::now();
        let breaker = opened(now);
        let later = now + COOLDOWN;
        assert_eq!(breaker.admit(later), Ok(()));
        assert!(breaker.admit(later).is_err(), "one is enough");
        assert_eq!(breaker.note(Heard::Answer, later), Some(Turn::Closed));
        assert_eq!(breaker.admit(later), Ok(()));
        assert!(!breaker.refuses(later));
    }

    #[test]
    fn each_call_that_fails_to_close_it_makes_the_wait_longer_up_to_a_limit() {
        let mut now = Instant::now();
        let breaker = opened(now);
        let mut cooldown = COOLDOWN;
        for _ in 0..8 {
            now += cooldown;
            assert_eq!(breaker.admit(now), Ok(()));
            breaker.note(Heard::Nothing, now);
            cooldown = (cooldown * 2).min(LONGEST_COOLDOWN);
            assert_eq!(breaker.admit(now), Err(cooldown));
        }
        assert_eq!(cooldown, LONGEST_COOLDOWN);
    }

    #[test]
    fn a_call_that_is_given_up_leaves_the_trial_to_the_next() {
        let now = Instant::now();
        let breaker = opened(now);
        let later = now + COOLDOWN;
        assert_eq!(breaker.admit(later), Ok(()));
        breaker.note(Heard::Unknown, later);
        assert_eq!(breaker.admit(later), Ok(()));
    }
}
