use std::fs::{self, File, OpenOptions};
use std::io::Write;

use prometheus::Registry;
use supacrypt_proto::v1::AuditEntry;

use super::super::entry::tests::entry;
use super::*;

fn open(dir: &Path, options: Options) -> Arc<AuditLog> {
    AuditLog::open(dir, options, AuditMetrics::register(&Registry::new())).unwrap()
}

fn small_segments() -> Options {
    Options { segment_bytes: 2048, ..Options::default() }
}

async fn entries(log: &AuditLog) -> Vec<AuditEntry> {
    let mut reader = log.read(Start::At(0), AuditFilter::default(), false);
    let mut entries = Vec::new();
    while let Some(batch) = reader.next().await.unwrap() {
        entries.extend(batch);
    }
    entries
}

async fn append(log: &AuditLog, resource: &str) -> Result<()> {
    log.append(&[entry(resource)]).await
}

fn device(path: &str) -> Arc<File> {
    Arc::new(OpenOptions::new().append(true).open(path).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_many_tasks_append_at_once_is_all_there_without_gaps() {
    for durability in [Durability::Written, Durability::Synced] {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path(), Options { durability, ..small_segments() });
        let tasks: Vec<_> = (0..16)
            .map(|task| {
                let log = Arc::clone(&log);
                tokio::spawn(async move {
                    for turn in 0..20 {
                        let name = |part| entry(&format!("keyrings/{task}/{turn}/{part}"));
                        log.append(&[name(0), name(1)]).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }

        let entries = entries(&log).await;
        let sequences: Vec<u64> = entries.iter().map(|entry| entry.sequence).collect();
        assert_eq!(sequences, (0..640).collect::<Vec<u64>>());
        let position = |name: String| {
            entries.iter().position(|entry| entry.resource == name).expect("appended")
        };
        for task in 0..16 {
            let mut last = None;
            for (turn, part) in (0..20).flat_map(|turn| [(turn, 0), (turn, 1)]) {
                let at = position(format!("keyrings/{task}/{turn}/{part}"));
                assert!(last < Some(at), "the entries of one task keep their order");
                last = Some(at);
            }
        }
        assert!(segment_count(dir.path()) > 10, "files are rotated");
    }
}

fn segment_count(dir: &Path) -> usize {
    fs::read_dir(dir).unwrap().count()
}

#[tokio::test]
async fn a_log_goes_on_where_it_ended() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let log = open(dir.path(), small_segments());
        for turn in 0..10 {
            append(&log, &format!("keyrings/{round}/{turn}")).await.unwrap();
        }
    }
    let entries = entries(&open(dir.path(), small_segments())).await;
    assert_eq!(entries.len(), 50);
    for (sequence, entry) in entries.iter().enumerate() {
        assert_eq!(entry.sequence, sequence as u64);
        assert_eq!(entry.resource, format!("keyrings/{}/{}", sequence / 10, sequence % 10));
    }
}

#[tokio::test]
async fn a_torn_end_is_written_over() {
    let dir = tempfile::tempdir().unwrap();
    append(&open(dir.path(), Options::default()), "keyrings/kept").await.unwrap();
    let path = dir.path().join("00000000000000000000.log");
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(b"half of a rec").unwrap();

    let log = open(dir.path(), Options::default());
    append(&log, "keyrings/next").await.unwrap();
    let resources: Vec<String> = entries(&log).await.into_iter().map(|e| e.resource).collect();
    assert_eq!(resources, ["keyrings/kept", "keyrings/next"]);
}

#[tokio::test]
async fn a_full_disk_refuses_entries_until_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path(), Options::default());
    append(&log, "keyrings/before").await.unwrap();

    let real = log.commit.lock().writer.replace_file(device("/dev/full"));
    for _ in 0..2 {
        let error = append(&log, "keyrings/lost").await.unwrap_err();
        assert_eq!(error.reason(), Reason::AuditUnavailable);
        assert!(log.check().is_err(), "not ready while the disk is full");
    }
    assert_eq!(log.metrics.unavailable.get(), 1);

    // What a partial write would have left.
    (&*real).write_all(b"half of a rec").unwrap();
    log.commit.lock().writer.replace_file(real);
    assert_eq!(log.check(), Ok(()));
    append(&log, "keyrings/after").await.unwrap();
    assert_eq!(log.metrics.unavailable.get(), 0);

    let found: Vec<_> =
        entries(&log).await.into_iter().map(|entry| (entry.sequence, entry.resource)).collect();
    assert_eq!(found, [(0, "keyrings/before".into()), (1, "keyrings/after".into())]);
}

#[tokio::test]
async fn everyone_in_a_failed_group_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path(), Options::default());
    log.commit.lock().writer.replace_file(device("/dev/full"));
    // Two appends that have their numbers while somebody else has the writer.
    let held = log.commit.lock();
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || log.write(&[entry("keyrings/lost")]))
        })
        .collect();
    while log.pending.lock().next < 2 {
        std::thread::yield_now();
    }
    drop(held);
    for thread in waiting {
        assert_eq!(thread.join().unwrap().unwrap_err().reason(), Reason::AuditUnavailable);
    }
    assert_eq!(log.pending.lock().next, 0, "the numbers are free again");
}

#[tokio::test]
async fn a_segment_that_cannot_be_made_refuses_entries_until_it_can() {
    let dir = tempfile::tempdir().unwrap();
    let audit = dir.path().join("audit");
    let log = open(&audit, Options { segment_bytes: 1, ..Options::default() });
    append(&log, "keyrings/before").await.unwrap();

    fs::rename(&audit, dir.path().join("away")).unwrap();
    assert!(append(&log, "keyrings/lost").await.is_err());
    fs::rename(dir.path().join("away"), &audit).unwrap();
    append(&log, "keyrings/after").await.unwrap();

    let found: Vec<_> = entries(&log).await.into_iter().map(|entry| entry.resource).collect();
    assert_eq!(found, ["keyrings/before", "keyrings/after"]);
    assert_eq!(segment_count(&audit), 2);
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_promised_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let synced = Options { durability: Durability::Synced, ..Options::default() };
    let log = open(dir.path(), synced);
    // Takes every byte, and refuses to sync.
    let real = log.commit.lock().writer.replace_file(device("/dev/null"));
    assert!(append(&log, "keyrings/lost").await.is_err());
    log.commit.lock().writer.replace_file(real);
    for outcome in [append(&log, "keyrings/later").await, log.sync().await, log.check()] {
        assert!(outcome.unwrap_err().message().contains("restart supacryptd"));
    }
}

#[tokio::test]
async fn groups_and_their_number_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path(), Options::default());
    log.append(&[entry("keyrings/a"), entry("keyrings/b")]).await.unwrap();
    log.append(&[]).await.unwrap();
    assert_eq!(log.metrics.group_entries.get_sample_count(), 1);
    assert_eq!(log.metrics.group_entries.get_sample_sum(), 2.0);
    assert_eq!(log.metrics.next_sequence.get(), 2);
}
