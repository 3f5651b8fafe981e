//! What recording a decision costs: the share of each operation that nothing can go round.
#![allow(missing_docs)]

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use supacrypt_core::{Algorithm, Principal, SignatureScheme};
use supacrypt_server::audit::{AuditLog, Durability, Entry, Options, Outcome};
use supacrypt_server::telemetry::Metrics;
use tokio::runtime::Runtime;

fn entry() -> Entry {
    Entry {
        time: SystemTime::now(),
        principal: Some(Principal::new("spiffe://example.org/signer")),
        action: "Sign",
        resource: "keyrings/dev/keys/code-signing/versions/1".into(),
        algorithm: Some(Algorithm::Signature(SignatureScheme::Ecdsa)),
        outcome: Outcome::Succeeded,
        reason: None,
        peer: "127.0.0.1:40000".into(),
        wrapping_key: None,
    }
}

/// Appends groups of `size` from `tasks` tasks at once, `times` groups in all.
fn append(runtime: &Runtime, log: &Arc<AuditLog>, tasks: u64, size: usize, times: u64) -> Duration {
    let group = vec![entry(); size];
    runtime.block_on(async {
        let started = Instant::now();
        let running: Vec<_> = (0..tasks)
            .map(|task| {
                let (log, group) = (Arc::clone(log), group.clone());
                let share = times / tasks + u64::from(task < times % tasks);
                tokio::spawn(async move {
                    for _ in 0..share {
                        log.append(&group).await.expect("a disk with room");
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        for task in running {
            task.await.expect("a task that appends");
        }
        started.elapsed()
    })
}

fn benchmark(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    for durability in [Durability::Written, Durability::Synced] {
        let dir = tempfile::tempdir().expect("a directory");
        let options = Options { durability, ..Options::default() };
        let _guard = runtime.enter();
        let log = AuditLog::open(dir.path(), options, Metrics::new().audit.clone()).expect("a log");
        let mut group = criterion.benchmark_group(format!("audit/{durability:?}"));
        for (tasks, size) in [(1, 1), (1, 32), (8, 1), (8, 32)] {
            group.throughput(Throughput::Elements(size as u64));
            let id = BenchmarkId::from_parameter(format!("{tasks} tasks, {size} entries"));
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|times| append(&runtime, &log, tasks, size, times));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
