//! Prometheus metrics. Each handle of the hot path is looked up once, when the server starts.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use prometheus::{
    Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, Registry, TextEncoder,
    register_histogram_vec_with_registry, register_int_counter_vec_with_registry,
    register_int_counter_with_registry, register_int_gauge_vec_with_registry,
    register_int_gauge_with_registry,
};
use strum::IntoEnumIterator;
use supacrypt_core::Operation;

use super::CustodianMetrics;
use crate::audit::{AuditMetrics, Outcome};

/// Seconds: from what a symmetric operation takes to the default deadline of a request.
const DURATION_BUCKETS: [f64; 13] =
    [2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 2e-2, 0.1, 0.5, 2.0, 10.0];

/// All metrics of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Operations with keys.
    pub operations: Arc<OperationMetrics>,
    /// Every request, operations outside a stream included.
    pub requests: RequestMetrics,
    /// Connections of clients.
    pub connections: ConnectionMetrics,
    /// The cache of opened keys.
    pub key_cache: CacheMetrics,
    /// The audit log.
    pub audit: AuditMetrics,
    /// What custodians call.
    pub custodians: CustodianMetrics,
}

impl Metrics {
    /// Makes the metrics in a registry of their own.
    pub fn new() -> Arc<Metrics> {
        let registry = Registry::new();
        register_process(&registry);
        Arc::new(Metrics {
            operations: Arc::new(OperationMetrics::register(&registry)),
            requests: RequestMetrics::register(&registry),
            connections: ConnectionMetrics::register(&registry),
            key_cache: CacheMetrics::register(&registry),
            audit: AuditMetrics::register(&registry),
            custodians: CustodianMetrics::register(&registry),
            registry,
        })
    }

    /// The metrics in Prometheus's text format.
    pub fn render(&self) -> String {
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .expect("invariant: every registered metric has a valid name and a value")
    }
}

/// Operations with keys: how many, how they ended, how long they took.
#[derive(Debug)]
pub struct OperationMetrics {
    in_flight: IntGauge,
    /// By [`Operation`] as a number.
    by_operation: Vec<PerOperation>,
}

#[derive(Debug)]
struct PerOperation {
    /// By [`Outcome`] as a number.
    finished: Vec<IntCounter>,
    seconds: Histogram,
}

impl OperationMetrics {
    fn register(registry: &Registry) -> Self {
        let finished: IntCounterVec = register_int_counter_vec_with_registry!(
            "supacrypt_operations_total",
            "Operations with keys, by how they ended.",
            &["operation", "outcome"],
            registry
        )
        .expect(REGISTERED_ONCE);
        let seconds: HistogramVec = register_histogram_vec_with_registry!(
            "supacrypt_operation_duration_seconds",
            "Time from an operation's arrival until its audit entry is kept.",
            &["operation"],
            DURATION_BUCKETS.to_vec(),
            registry
        )
        .expect(REGISTERED_ONCE);
        let per_operation = |operation: Operation| {
            let operation = operation.to_string();
            let finished = |outcome: Outcome| {
                finished.with_label_values(&[operation.as_str(), outcome.into()])
            };
            PerOperation {
                finished: Outcome::iter().map(finished).collect(),
                seconds: seconds.with_label_values(&[operation.as_str()]),
            }
        };
        OperationMetrics {
            in_flight: gauge(
                registry,
                "supacrypt_operations_in_flight",
                "Operations with keys that have arrived and are not answered.",
            ),
            by_operation: Operation::iter().map(per_operation).collect(),
        }
    }

    /// Counts an operation that has arrived.
    pub fn start(self: &Arc<Self>, operation: Operation) -> RunningOperation {
        self.in_flight.inc();
        RunningOperation {
            metrics: Arc::clone(self),
            operation,
            arrived: Instant::now(),
            outcome: Outcome::Failed,
        }
    }
}

/// An operation on its way. Dropped without [`finish`](RunningOperation::finish), as when its
/// caller hangs up, it counts as failed.
#[derive(Debug)]
#[must_use]
pub struct RunningOperation {
    metrics: Arc<OperationMetrics>,
    operation: Operation,
    arrived: Instant,
    outcome: Outcome,
}

impl RunningOperation {
    /// Counts the end of the operation.
    pub fn finish(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for RunningOperation {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        let metrics = &self.metrics.by_operation[self.operation as usize];
        metrics.finished[self.outcome as usize].inc();
        metrics.seconds.observe(self.arrived.elapsed().as_secs_f64());
    }
}

/// Requests, by method.
#[derive(Debug)]
pub struct RequestMetrics(IntCounterVec);

impl RequestMetrics {
    fn register(registry: &Registry) -> Self {
        RequestMetrics(
            register_int_counter_vec_with_registry!(
                "supacrypt_requests_total",
                "Requests, by method and how they ended.",
                &["method", "outcome"],
                registry
            )
            .expect(REGISTERED_ONCE),
        )
    }

    /// Counts a request that has been decided; `method` is the audit entry's action.
    pub fn decided(&self, method: &'static str, outcome: Outcome) {
        self.0.with_label_values(&[method, outcome.into()]).inc();
    }
}

/// Connections of clients.
#[derive(Debug)]
pub struct ConnectionMetrics {
    open: IntGauge,
    accepted: IntCounter,
    refused: IntCounterVec,
}

impl ConnectionMetrics {
    fn register(registry: &Registry) -> Self {
        ConnectionMetrics {
            open: gauge(registry, "supacrypt_connections_open", "Connections that are open."),
            accepted: counter(
                registry,
                "supacrypt_connections_total",
                "Connections whose client was identified.",
            ),
            refused: register_int_counter_vec_with_registry!(
                "supacrypt_connections_refused_total",
                "Connections that were refused, by reason.",
                &["reason"],
                registry
            )
            .expect(REGISTERED_ONCE),
        }
    }

    /// Counts a connection whose handshake is done, open until the guard is dropped.
    pub fn opened(&self) -> OpenConnection {
        self.accepted.inc();
        self.open.inc();
        OpenConnection(self.open.clone())
    }

    /// Counts a connection that was refused. `reason` is one of a few fixed words, such as
    /// `certificate_expired`: each makes a time series.
    pub fn refused(&self, reason: &'static str) {
        self.refused.with_label_values(&[reason]).inc();
    }
}

/// A connection that counts as open.
#[derive(Debug)]
#[must_use]
pub struct OpenConnection(IntGauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A cache. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct CacheMetrics {
    /// Lookups answered from the cache.
    pub hits: IntCounter,
    /// Lookups that had to go to the store.
    pub misses: IntCounter,
}

impl CacheMetrics {
    fn register(registry: &Registry) -> Self {
        CacheMetrics {
            hits: counter(
                registry,
                "supacrypt_key_cache_hits_total",
                "Lookups of a key answered from memory.",
            ),
            misses: counter(
                registry,
                "supacrypt_key_cache_misses_total",
                "Lookups of a key that went to the store.",
            ),
        }
    }
}

/// What dashboards join on and compute uptime from.
fn register_process(registry: &Registry) {
    register_int_gauge_vec_with_registry!(
        "supacrypt_build_info",
        "1, with the version of the server.",
        &["version"],
        registry
    )
    .expect(REGISTERED_ONCE)
    .with_label_values(&[env!("CARGO_PKG_VERSION")])
    .set(1);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    gauge(registry, "supacrypt_start_time_seconds", "When the server started, in Unix time.")
        .set(now.as_secs() as i64);
}

pub(super) const REGISTERED_ONCE: &str = "invariant: valid, and registered once per registry";

fn gauge(registry: &Registry, name: &str, help: &str) -> IntGauge {
    register_int_gauge_with_registry!(name, help, registry).expect(REGISTERED_ONCE)
}

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    register_int_counter_with_registry!(name, help, registry).expect(REGISTERED_ONCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(metrics: &Metrics, line: &str) -> bool {
        metrics.render().lines().any(|found| found == line)
    }

    #[test]
    fn an_operation_is_counted_under_its_name_and_outcome() {
        let metrics = Metrics::new();
        for operation in Operation::iter() {
            let running = metrics.operations.start(operation);
            assert!(has(&metrics, "supacrypt_operations_in_flight 1"));
            running.finish(Outcome::Denied);
            let count = format!(
                "supacrypt_operations_total{{operation=\"{operation}\",outcome=\"denied\"}} 1"
            );
            assert!(has(&metrics, &count), "{count}");
            let duration = format!(
                "supacrypt_operation_duration_seconds_count{{operation=\"{operation}\"}} 1"
            );
            assert!(has(&metrics, &duration), "{duration}");
        }
        assert!(has(&metrics, "supacrypt_operations_in_flight 0"));
    }

    #[test]
    fn an_abandoned_operation_counts_as_failed() {
        let metrics = Metrics::new();
        drop(metrics.operations.start(Operation::Sign));
        assert!(has(
            &metrics,
            "supacrypt_operations_total{operation=\"sign\",outcome=\"failed\"} 1"
        ));
    }

    #[test]
    fn a_connection_is_open_until_its_guard_is_dropped() {
        let metrics = Metrics::new();
        let connection = metrics.connections.opened();
        metrics.connections.refused("certificate_expired");
        assert!(has(&metrics, "supacrypt_connections_open 1"));
        drop(connection);
        assert!(has(&metrics, "supacrypt_connections_open 0"));
        assert!(has(&metrics, "supacrypt_connections_total 1"));
        assert!(has(
            &metrics,
            "supacrypt_connections_refused_total{reason=\"certificate_expired\"} 1"
        ));
    }

    #[test]
    fn requests_are_counted_by_method() {
        let metrics = Metrics::new();
        metrics.requests.decided("CreateKey", Outcome::Succeeded);
        assert!(has(
            &metrics,
            "supacrypt_requests_total{method=\"CreateKey\",outcome=\"succeeded\"} 1"
        ));
    }
}
