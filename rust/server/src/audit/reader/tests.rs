use std::fs;
use std::sync::Arc;

use prometheus::Registry;

use super::super::entry::{Entry, tests::entry};
use super::super::{AuditLog, AuditMetrics, Options};
use super::*;

/// A log of `count` entries on `keyrings/a`, `keyrings/b`, `keyrings/a` …, in several files.
async fn log_of(dir: &Path, count: u64) -> Arc<AuditLog> {
    let options = Options { segment_bytes: 2048, ..Options::default() };
    let log = AuditLog::open(dir, options, AuditMetrics::register(&Registry::new())).unwrap();
    for number in 0..count {
        append(&log, if number % 2 == 0 { "keyrings/a" } else { "keyrings/b" }).await;
    }
    log
}

async fn append(log: &AuditLog, resource: &str) {
    log.append(&[entry(resource)]).await.unwrap();
}

async fn sequences(mut reader: AuditReader) -> Vec<u64> {
    let mut sequences = Vec::new();
    while let Some(batch) = reader.next().await.unwrap() {
        sequences.extend(batch.iter().map(|entry| entry.sequence));
    }
    sequences
}

#[tokio::test]
async fn reading_begins_where_it_is_told_to() {
    let dir = tempfile::tempdir().unwrap();
    let log = log_of(dir.path(), 700).await;
    let from = |start: i64| sequences(log.read(start.into(), AuditFilter::default(), false));
    assert_eq!(from(0).await, (0..700).collect::<Vec<_>>());
    assert_eq!(from(345).await, (345..700).collect::<Vec<_>>());
    assert_eq!(from(-3).await, [697, 698, 699]);
    assert_eq!(from(-1000).await.len(), 700);
    assert_eq!(from(i64::MIN).await.len(), 700);
    assert_eq!(from(700).await, [] as [u64; 0]);
    assert_eq!(from(i64::MAX).await, [] as [u64; 0]);
}

#[tokio::test]
async fn every_set_field_of_a_filter_must_match() {
    let dir = tempfile::tempdir().unwrap();
    let log = log_of(dir.path(), 4).await;
    append(&log, "keyrings/a/keys/k/versions/1").await;
    append(&log, "keyrings/abc").await;
    let found = async |principal: &str, action: &str, resource: &str| {
        let filter = AuditFilter {
            principal: principal.into(),
            action: action.into(),
            resource: resource.into(),
        };
        sequences(log.read(Start::At(0), filter, false)).await
    };
    assert_eq!(found("", "", "keyrings/a").await, [0, 2, 4]);
    assert_eq!(found("", "", "keyrings/a/keys/k").await, [4]);
    assert_eq!(found("spiffe://example.org/signer", "Sign", "keyrings/b").await, [1, 3]);
    assert_eq!(found("spiffe://example.org", "", "").await, [] as [u64; 0]);
    assert_eq!(found("", "Verify", "keyrings/b").await, [] as [u64; 0]);
}

#[tokio::test]
async fn a_filter_finds_what_a_key_wrapped() {
    let dir = tempfile::tempdir().unwrap();
    let log = log_of(dir.path(), 2).await;
    let wrapping_key = Some("keyrings/b/keys/kek/versions/2".into());
    log.append(&[Entry { wrapping_key, ..entry("keyrings/b/keys/k") }]).await.unwrap();
    for (resource, expected) in [
        ("keyrings/b/keys/kek", &[2][..]),
        ("keyrings/b/keys/k", &[2]),
        ("keyrings/b/keys/ke", &[]),
    ] {
        let filter = AuditFilter { resource: resource.into(), ..AuditFilter::default() };
        assert_eq!(sequences(log.read(Start::At(0), filter, false)).await, expected, "{resource}");
    }
}

#[tokio::test]
async fn following_gives_new_entries_as_they_come() {
    let dir = tempfile::tempdir().unwrap();
    let log = log_of(dir.path(), 3).await;
    let filter = AuditFilter { resource: "keyrings/a".into(), ..AuditFilter::default() };
    let mut reader = log.read(Start::Last(1), filter, true);
    let follower = tokio::spawn(async move {
        let mut seen = Vec::new();
        while let Some(batch) = reader.next().await.unwrap() {
            seen.extend(batch.iter().map(|entry| entry.sequence));
        }
        seen
    });
    for number in 0..50 {
        append(&log, if number % 2 == 0 { "keyrings/a" } else { "keyrings/b" }).await;
        tokio::task::yield_now().await;
    }
    drop(log);
    let expected: Vec<u64> = [2].into_iter().chain((3..53).step_by(2)).collect();
    assert_eq!(follower.await.unwrap(), expected);
}

#[tokio::test]
async fn files_that_were_taken_away_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let log = log_of(dir.path(), 100).await;
    let segments = segment::list(dir.path()).unwrap();
    fs::remove_file(&segments[0].path).unwrap();
    fs::remove_file(&segments[2].path).unwrap();
    let kept = (segments[1].first..segments[2].first).chain(segments[3].first..100);
    let read = sequences(log.read(Start::At(0), AuditFilter::default(), false)).await;
    assert_eq!(read, kept.collect::<Vec<_>>());
}

#[tokio::test]
async fn damage_is_an_error_that_names_the_entry_and_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let log = log_of(dir.path(), 100).await;
    let segment = segment::list(dir.path()).unwrap().swap_remove(1);
    let mut bytes = fs::read(&segment.path).unwrap();
    bytes[20] ^= 1;
    fs::write(&segment.path, bytes).unwrap();

    let mut reader = log.read(Start::At(segment.first), AuditFilter::default(), false);
    let error = reader.next().await.unwrap_err();
    assert_eq!(error.reason(), Reason::AuditUnavailable);
    assert!(error.message().contains(&format!("entry {}", segment.first)), "{error}");
    assert!(error.message().contains(&segment.path.display().to_string()), "{error}");
    assert_eq!(reader.next().await, Ok(None));
}
