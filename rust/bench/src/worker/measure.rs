//! Runs something over and over, in several threads, and counts.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::protocol::{Figures, Span};

/// Something that can be done over and over, by one thread.
pub(super) trait Work {
    fn once(&mut self) -> anyhow::Result<()>;
}

/// What has been measured so far.
pub(super) struct Tally {
    nanoseconds: Histogram<u64>,
    measured: Duration,
}

impl Default for Tally {
    fn default() -> Self {
        Tally {
            nanoseconds: Histogram::new(3).expect("invariant: 3 digits are supported"),
            measured: Duration::ZERO,
        }
    }
}

impl Tally {
    pub(super) fn figures(&self) -> Figures {
        let operations = self.nanoseconds.len();
        let quantile_us = |quantile| self.nanoseconds.value_at_quantile(quantile) as f64 / 1e3;
        Figures {
            operations,
            per_second: operations as f64 / self.measured.as_secs_f64(),
            p50_us: quantile_us(0.5),
            p99_us: quantile_us(0.99),
        }
    }
}

/// Adds to `tally` what `threads` threads do at once. `start` is called on each of them.
pub(super) fn measure<W: Work>(
    tally: &mut Tally,
    threads: usize,
    span: Span,
    start: impl Fn() -> anyhow::Result<W> + Sync,
) -> anyhow::Result<()> {
    let ready = Barrier::new(threads);
    let counted = std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| run(start(), &ready, span))).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("invariant: a worker returns its errors"))
            .collect::<anyhow::Result<Vec<_>>>()
    })?;
    for nanoseconds in counted {
        tally.nanoseconds.add(nanoseconds)?;
    }
    tally.measured += span.measure;
    Ok(())
}

fn run(
    work: anyhow::Result<impl Work>,
    ready: &Barrier,
    span: Span,
) -> anyhow::Result<Histogram<u64>> {
    // Past the barrier even after an error: the others wait for everyone.
    ready.wait();
    let mut work = work?;
    let begin = Instant::now() + span.warm_up;
    let end = begin + span.measure;
    let mut nanoseconds = Histogram::new(3)?;
    let mut before = Instant::now();
    while before < end {
        work.once()?;
        let after = Instant::now();
        if before >= begin && after <= end {
            nanoseconds.record((after - before).as_nanos() as u64)?;
        }
        before = after;
    }
    Ok(nanoseconds)
}
