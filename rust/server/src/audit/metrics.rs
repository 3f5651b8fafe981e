//! How the audit log is doing, in numbers.

use prometheus::{Histogram, HistogramOpts, IntGauge, Registry};

/// Metrics of the audit log. Cheap to clone; clones count together.
#[derive(Clone, Debug)]
pub struct AuditMetrics {
    /// Entries written with one call of the system.
    pub(super) group_entries: Histogram,
    /// Seconds from handing in entries until they are kept as durably as configured.
    pub(super) append_seconds: Histogram,
    /// Sequence number the next entry will get.
    pub(super) next_sequence: IntGauge,
    /// 1 while entries cannot be written and therefore nothing is performed.
    pub(super) unavailable: IntGauge,
}

impl AuditMetrics {
    /// Makes the metrics and registers them.
    ///
    /// # Panics
    /// When `registry` has them already.
    pub fn register(registry: &Registry) -> Self {
        let metrics = AuditMetrics {
            group_entries: Histogram::with_opts(
                HistogramOpts::new(
                    "supacrypt_audit_group_entries",
                    "Audit entries written together.",
                )
                .buckets(vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]),
            )
            .expect("invariant: the name and the buckets are valid"),
            append_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "supacrypt_audit_append_seconds",
                    "Time to keep a group of audit entries as durably as configured.",
                )
                .buckets(vec![5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 5e-3, 2e-2, 0.1, 1.0]),
            )
            .expect("invariant: the name and the buckets are valid"),
            next_sequence: gauge(
                "supacrypt_audit_next_sequence",
                "Sequence number the next audit entry will get.",
            ),
            unavailable: gauge(
                "supacrypt_audit_unavailable",
                "1 while audit entries cannot be written and nothing is performed.",
            ),
        };
        for collector in [
            Box::new(metrics.group_entries.clone()) as Box<dyn prometheus::core::Collector>,
            Box::new(metrics.append_seconds.clone()),
            Box::new(metrics.next_sequence.clone()),
            Box::new(metrics.unavailable.clone()),
        ] {
            registry.register(collector).expect("invariant: registered once per registry");
        }
        metrics
    }
}

fn gauge(name: &str, help: &str) -> IntGauge {
    IntGauge::new(name, help).expect("invariant: the name is valid")
}
