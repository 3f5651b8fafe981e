//! The log as the rest of the server sees it: append, and know that it is kept.
//!
//! There is no thread for writing. Whoever appends puts the records of its entries in the pending
//! group, then asks for the writer; who gets it writes everything pending with one call of the
//! system, and those who waited find their entries written. So the group grows by itself when the
//! disk or the processor is busy, and a lone caller waits for nobody.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_proto::v1::AuditFilter;
use tokio::sync::{Mutex as AsyncMutex, watch};

use super::entry::Entry;
use super::metrics::AuditMetrics;
use super::reader::{AuditReader, Start};
use super::writer::Writer;
use super::{record, unavailable};

/// How often the system is asked to bring what it was handed to the disk.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// When an entry counts as kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// When the system has its bytes: it survives the end of the process, however that comes. They
    /// reach the disk within about a second; a loss of power can take that second with it.
    #[default]
    Written,
    /// When its bytes are on the disk: it survives a loss of power.
    Synced,
}

/// How the log is kept.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// When an entry counts as kept.
    pub durability: Durability,
    /// Length at which a file is closed and the next begun, in bytes.
    pub segment_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { durability: Durability::default(), segment_bytes: 64 << 20 }
    }
}

/// The audit log. One per data directory.
#[derive(Debug)]
pub struct AuditLog {
    options: Options,
    pending: Mutex<Pending>,
    commit: Mutex<Commit>,
    /// Sequence number after the last entry the system has.
    written: watch::Sender<u64>,
    /// The same for the disk. Its lock is held while syncing, so that those who wait share one sync.
    synced: AsyncMutex<u64>,
    /// The last write failed.
    failing: AtomicBool,
    /// A sync failed: the system may have dropped what it was handed, and cannot say what. Until
    /// the log has been read again, at the next start, nothing more is promised.
    lost: OnceLock<Error>,
    metrics: AuditMetrics,
    dir: Box<Path>,
}

/// Entries that have a number and are not written yet.
#[derive(Debug)]
struct Pending {
    bytes: Vec<u8>,
    first: u64,
    next: u64,
    group: Arc<Group>,
}

/// How writing a group ended, for all who have entries in it.
type Group = OnceLock<Result<()>>;

#[derive(Debug)]
struct Commit {
    writer: Writer,
    /// The buffer that is not `Pending::bytes` at the moment; the two change places.
    spare: Vec<u8>,
}

impl AuditLog {
    /// Opens the log in `dir`, which is made if it does not exist, and cuts off what a crash left
    /// half-written. Must be called within a tokio runtime, where it keeps syncing until dropped.
    ///
    /// # Errors
    /// [`Reason::AuditUnavailable`] when files cannot be used or are damaged.
    pub fn open(dir: &Path, options: Options, metrics: AuditMetrics) -> Result<Arc<AuditLog>> {
        let (writer, next) = Writer::open(dir, options.segment_bytes)?;
        metrics.next_sequence.set(next as i64);
        let log = Arc::new(AuditLog {
            options,
            pending: Mutex::new(Pending {
                bytes: Vec::new(),
                first: next,
                next,
                group: Arc::default(),
            }),
            commit: Mutex::new(Commit { writer, spare: Vec::new() }),
            written: watch::Sender::new(next),
            synced: AsyncMutex::new(0),
            failing: AtomicBool::new(false),
            lost: OnceLock::new(),
            metrics,
            dir: dir.into(),
        });
        sync_periodically(&log);
        Ok(log)
    }

    /// Appends `entries`, in their order. Returns once they are kept as [`Options::durability`]
    /// demands; with [`Durability::Written`] that is at the first poll.
    ///
    /// # Errors
    /// [`Reason::AuditUnavailable`]: none of the entries counts, and what they record must neither
    /// be performed nor answered. The next call tries again.
    pub async fn append(&self, entries: &[Entry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let _timer = self.metrics.append_seconds.start_timer();
        let end = self.write(entries)?;
        if self.options.durability == Durability::Synced {
            self.sync_up_to(end).await?;
        }
        Ok(())
    }

    /// Brings everything appended so far to the disk.
    ///
    /// # Errors
    /// [`Reason::AuditUnavailable`], from then on for every call until the server is restarted.
    pub async fn sync(&self) -> Result<()> {
        let end = *self.written.borrow();
        self.sync_up_to(end).await
    }

    /// Whether entries can be appended; finds out when the last attempt failed.
    ///
    /// # Errors
    /// [`Reason::AuditUnavailable`].
    pub fn check(&self) -> Result<()> {
        self.refuse_if_lost()?;
        if self.failing.load(Ordering::Relaxed) {
            let mut commit = self.commit.lock();
            let probed = commit.writer.probe();
            self.report(probed.map_err(|cause| unavailable("write", commit.writer.path(), &cause)))
        } else {
            Ok(())
        }
    }

    /// Reads entries from `start` on that match `filter`, up to those now in the log or, with
    /// `follow`, for as long as the log lives.
    pub fn read(&self, start: Start, filter: AuditFilter, follow: bool) -> AuditReader {
        AuditReader::new(&self.dir, start, filter, follow, self.written.subscribe())
    }

    /// Gives entries their numbers and returns when the system has them, with the number after the
    /// last.
    fn write(&self, entries: &[Entry]) -> Result<u64> {
        self.refuse_if_lost()?;
        let (group, end) = {
            let pending = &mut *self.pending.lock();
            for entry in entries {
                record::push(entry, pending.next, &mut pending.bytes);
                pending.next += 1;
            }
            (Arc::clone(&pending.group), pending.next)
        };
        if group.get().is_none() {
            let commit = &mut *self.commit.lock();
            if group.get().is_none() {
                self.write_pending(commit);
            }
        }
        let outcome = group.get().expect("invariant: whoever holds the writer settles the group");
        outcome.clone().map(|()| end)
    }

    fn write_pending(&self, commit: &mut Commit) {
        let (first, next, group) = {
            let pending = &mut *self.pending.lock();
            std::mem::swap(&mut pending.bytes, &mut commit.spare);
            let first = std::mem::replace(&mut pending.first, pending.next);
            (first, pending.next, std::mem::take(&mut pending.group))
        };
        let written = commit.writer.append(first, &commit.spare);
        commit.spare.clear();
        let outcome = written.map_err(|cause| unavailable("write", commit.writer.path(), &cause));
        match &outcome {
            Ok(()) => {
                self.metrics.group_entries.observe((next - first) as f64);
                self.metrics.next_sequence.set(next as i64);
                self.written.send_replace(next);
            }
            Err(error) => self.take_back(first, error),
        }
        let settled = group.set(self.report(outcome));
        debug_assert!(settled.is_ok(), "a group is settled once");
    }

    /// Fails what was appended meanwhile too: its numbers follow those of a group that is not there.
    fn take_back(&self, first: u64, error: &Error) {
        let pending = &mut *self.pending.lock();
        pending.bytes.clear();
        pending.first = first;
        pending.next = first;
        let group = std::mem::take(&mut pending.group);
        let settled = group.set(Err(error.clone()));
        debug_assert!(settled.is_ok(), "a pending group is not settled");
    }

    async fn sync_up_to(&self, end: u64) -> Result<()> {
        let mut synced = self.synced.lock().await;
        self.refuse_if_lost()?;
        if *synced >= end {
            return Ok(());
        }
        let (file, path, reached) = {
            let commit = self.commit.lock();
            let reached = *self.written.borrow();
            (commit.writer.file(), commit.writer.path().to_owned(), reached)
        };
        let outcome = tokio::task::spawn_blocking(move || file.sync_data())
            .await
            .unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
        match outcome {
            Ok(()) => {
                *synced = reached;
                Ok(())
            }
            Err(cause) => {
                let error = Error::new(
                    Reason::AuditUnavailable,
                    format!(
                        "the disk did not take the audit log at {}: {cause}; nothing is performed \
                         any more: check the disk, then restart supacryptd",
                        path.display()
                    ),
                );
                let error = self.lost.get_or_init(|| error).clone();
                self.report(Err(error))
            }
        }
    }

    fn refuse_if_lost(&self) -> Result<()> {
        self.lost.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Makes a change between working and failing known, once.
    fn report(&self, outcome: Result<()>) -> Result<()> {
        let failing = outcome.is_err();
        if self.failing.load(Ordering::Relaxed) != failing {
            self.failing.store(failing, Ordering::Relaxed);
            self.metrics.unavailable.set(failing.into());
            match &outcome {
                Ok(()) => tracing::info!("the audit log can be written again"),
                Err(error) => tracing::error!("nothing is performed for now: {error}"),
            }
        }
        outcome
    }
}

fn sync_periodically(log: &Arc<AuditLog>) {
    let log = Arc::downgrade(log);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(SYNC_INTERVAL);
        loop {
            ticks.tick().await;
            let Some(log) = log.upgrade() else { return };
            // A failure is logged where it happens, and closes the log: no use in trying again.
            if log.sync().await.is_err() {
                return;
            }
        }
    });
}

#[cfg(test)]
mod tests;
