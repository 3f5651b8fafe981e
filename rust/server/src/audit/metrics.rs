//! How the audit log is doing, in numbers.

use prometheus::{
    Histogram, IntGauge, Registry, histogram_opts, register_histogram_with_registry,
    register_int_gauge_with_registry,
};

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
        AuditMetrics {
            group_entries: histogram(
                registry,
                "supacrypt_audit_group_entries",
                "Audit entries written together.",
                &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0],
            ),
            append_seconds: histogram(
                registry,
                "supacrypt_audit_append_seconds",
                "Time to keep a group of audit entries as durably as configured.",
                &[5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2.5e-4, 1e-3, 5e-3, 2e-2, 0.1, 1.0],
            ),
            next_sequence: gauge(
                registry,
                "supacrypt_audit_next_sequence",
                "Sequence number the next audit entry will get.",
            ),
            unavailable: gauge(
                registry,
                "supacrypt_audit_unavailable",
                "1 while audit entries cannot be written and nothing is performed.",
            ),
        }
    }
}

const REGISTERED_ONCE: &str = "invariant: valid, and registered once per registry";

fn histogram(registry: &Registry, name: &str, help: &str, buckets: &[f64]) -> Histogram {
    let options = histogram_opts!(name, help, buckets.to_vec());
    register_histogram_with_registry!(options, registry).expect(REGISTERED_ONCE)
}

fn gauge(registry: &Registry, name: &str, help: &str) -> IntGauge {
    register_int_gauge_with_registry!(name, help, registry).expect(REGISTERED_ONCE)
}
