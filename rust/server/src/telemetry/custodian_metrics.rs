//! Metrics of the endpoints that custodians call.

use std::time::Duration;

use prometheus::{
    Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry,
    register_histogram_vec_with_registry, register_int_counter_vec_with_registry,
    register_int_gauge_vec_with_registry,
};
use strum::IntoEnumIterator;

use super::metrics::REGISTERED_ONCE;

/// Seconds: from a token in the same machine to the default deadline of a request.
const DURATION_BUCKETS: [f64; 10] = [1e-4, 1e-3, 5e-3, 2e-2, 5e-2, 0.1, 0.25, 1.0, 5.0, 10.0];

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum CallOutcome {
    /// What was asked for.
    Succeeded,
    /// The endpoint will not do it.
    Refused,
    /// The endpoint takes no more calls for now: its quota is used up.
    Throttled,
    /// No answer, none in time, or that the endpoint has a fault.
    Unanswered,
    /// Whoever asked did not wait.
    Abandoned,
}

/// Calls to the endpoints of all custodians.
#[derive(Debug)]
pub struct CustodianMetrics {
    finished: IntCounterVec,
    seconds: HistogramVec,
    in_flight: IntGaugeVec,
    open: IntGaugeVec,
}

/// Calls to one endpoint.
#[derive(Debug)]
pub struct EndpointMetrics {
    /// By [`CallOutcome`] as a number.
    finished: Vec<IntCounter>,
    seconds: Histogram,
    /// Calls on their way.
    pub in_flight: IntGauge,
    /// 1 from when the endpoint is left alone until it answers again.
    pub open: IntGauge,
}

impl CustodianMetrics {
    pub(super) fn register(registry: &Registry) -> Self {
        let gauge = |name: &str, help: &str| {
            register_int_gauge_vec_with_registry!(name, help, &["custodian", "endpoint"], registry)
                .expect(REGISTERED_ONCE)
        };
        CustodianMetrics {
            finished: register_int_counter_vec_with_registry!(
                "supacrypt_custodian_calls_total",
                "Calls to the endpoints of custodians, by what came of them.",
                &["custodian", "endpoint", "outcome"],
                registry
            )
            .expect(REGISTERED_ONCE),
            seconds: register_histogram_vec_with_registry!(
                "supacrypt_custodian_call_duration_seconds",
                "Time that calls to the endpoints of custodians took.",
                &["custodian", "endpoint"],
                DURATION_BUCKETS.to_vec(),
                registry
            )
            .expect(REGISTERED_ONCE),
            in_flight: gauge(
                "supacrypt_custodian_calls_in_flight",
                "Calls to the endpoints of custodians that are not answered.",
            ),
            open: gauge(
                "supacrypt_custodian_breaker_open",
                "1 from when an endpoint is left alone until it answers again.",
            ),
        }
    }

    /// Those of one endpoint.
    pub fn endpoint(&self, custodian: &str, endpoint: &str) -> EndpointMetrics {
        let labels = [custodian, endpoint];
        let finished = |outcome: CallOutcome| {
            self.finished.with_label_values(&[custodian, endpoint, outcome.into()])
        };
        EndpointMetrics {
            finished: CallOutcome::iter().map(finished).collect(),
            seconds: self.seconds.with_label_values(&labels),
            in_flight: self.in_flight.with_label_values(&labels),
            open: self.open.with_label_values(&labels),
        }
    }
}

impl EndpointMetrics {
    /// Counts a call that has ended.
    pub fn finished(&self, outcome: CallOutcome, took: Duration) {
        self.finished[outcome as usize].inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Metrics;

    #[test]
    fn calls_are_counted_by_endpoint_and_outcome() {
        let metrics = Metrics::new();
        let endpoint = metrics.custodians.endpoint("hsm", "token");
        endpoint.finished(CallOutcome::Throttled, Duration::from_millis(3));
        let labels = "custodian=\"hsm\",endpoint=\"token\"";
        let text = metrics.render();
        for line in [
            format!("supacrypt_custodian_calls_total{{{labels},outcome=\"throttled\"}} 1"),
            format!("supacrypt_custodian_calls_total{{{labels},outcome=\"succeeded\"}} 0"),
            format!("supacrypt_custodian_call_duration_seconds_count{{{labels}}} 1"),
            format!("supacrypt_custodian_breaker_open{{{labels}}} 0"),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }
}
