//! Gives entries back, in their order.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::Path;

use prost::Message;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_proto::v1::{AuditEntry, AuditFilter};
use tokio::sync::watch;

use super::record::{Next, Records};
use super::segment::{self, Segment};
use super::unavailable;

/// Most entries in one batch.
const BATCH_ENTRIES: usize = 256;
/// Most entries looked at in one go on a blocking thread, so that a reader who hangs up is noticed.
const SCAN_ENTRIES: usize = 16 * 1024;
const READ_BYTES: usize = 128 * 1024;

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With this sequence number, or the first after it that is still kept.
    At(u64),
    /// So many entries before the end.
    Last(u64),
}

impl From<i64> for Start {
    /// As in the API: negative numbers count from the end.
    fn from(start: i64) -> Self {
        if start < 0 { Start::Last(start.unsigned_abs()) } else { Start::At(start as u64) }
    }
}

/// Reads the log while it is being written.
#[derive(Debug)]
pub struct AuditReader {
    /// `None` only while a blocking thread has it.
    cursor: Option<Cursor>,
    /// Number after the last entry to read.
    end: u64,
    follow: bool,
    written: watch::Receiver<u64>,
}

impl AuditReader {
    pub(super) fn new(
        dir: &Path,
        start: Start,
        filter: AuditFilter,
        follow: bool,
        mut written: watch::Receiver<u64>,
    ) -> Self {
        let end = *written.borrow_and_update();
        let position = match start {
            Start::At(sequence) => sequence,
            Start::Last(count) => end.saturating_sub(count),
        };
        let cursor = Cursor { dir: dir.into(), filter, position, place: None };
        AuditReader { cursor: Some(cursor), end, follow, written }
    }

    /// The next entries, at least one; `None` after the last. When following, waits for more; the
    /// log's end is then the end of the server.
    ///
    /// # Errors
    /// [`Reason::AuditUnavailable`] when the log is damaged or cannot be read. Reading ends there.
    pub async fn next(&mut self) -> Result<Option<Vec<AuditEntry>>> {
        loop {
            let Some(mut cursor) = self.cursor.take() else { return Ok(None) };
            if cursor.position >= self.end {
                if !self.follow || self.written.changed().await.is_err() {
                    return Ok(None);
                }
                self.end = *self.written.borrow_and_update();
                self.cursor = Some(cursor);
                continue;
            }
            let end = self.end;
            let (cursor, batch) = tokio::task::spawn_blocking(move || {
                let batch = cursor.scan(end);
                (cursor, batch)
            })
            .await
            .map_err(|panic| {
                Error::new(Reason::Internal, format!("reading the audit log stopped: {panic}"))
            })?;
            let batch = batch?;
            self.cursor = Some(cursor);
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
    }
}

/// What is read next, and what of it is wanted.
#[derive(Debug)]
struct Cursor {
    dir: Box<Path>,
    filter: AuditFilter,
    /// Number of the next entry to give.
    position: u64,
    place: Option<Place>,
}

/// A record in a file.
#[derive(Debug)]
struct Place {
    segment: Segment,
    file: File,
    /// Where the record begins, in bytes.
    offset: u64,
    /// The number its entry should have.
    next: u64,
}

impl Cursor {
    /// Matching entries before `end`. May be none when there are more to look at.
    fn scan(&mut self, end: u64) -> Result<Vec<AuditEntry>> {
        let mut place = match self.place.take() {
            Some(place) => place,
            None => self.find()?,
        };
        let path = place.segment.path.clone();
        let failed = |cause| unavailable("read", &path, &cause);
        place.file.seek(SeekFrom::Start(place.offset)).map_err(failed)?;
        // A buffer of its own for each scan: past `end` it can hold a write that is then taken back.
        let mut records = Records::new(BufReader::with_capacity(READ_BYTES, &place.file));
        let mut batch = Vec::new();
        for _ in 0..SCAN_ENTRIES {
            if place.next >= end || batch.len() == BATCH_ENTRIES {
                break;
            }
            match records.next().map_err(failed)? {
                Next::Record(payload) => {
                    if place.next >= self.position {
                        let entry = decode(&place.segment, place.next, payload)?;
                        if matches(&self.filter, &entry) {
                            batch.push(entry);
                        }
                        self.position = place.next + 1;
                    }
                    place.next += 1;
                }
                Next::End => {
                    self.place = Some(self.follow(&place)?);
                    return Ok(batch);
                }
                Next::Broken(what) => {
                    return Err(segment::corrupt(&place.segment, place.next, what));
                }
            }
        }
        place.offset += records.offset();
        self.place = Some(place);
        Ok(batch)
    }

    /// The start of the segment that has the entry at `position`, or of the first segment when
    /// earlier ones have been taken away.
    fn find(&mut self) -> Result<Place> {
        let segments = segment::list(&self.dir)?;
        let after = segments.partition_point(|segment| segment.first <= self.position);
        match segments.into_iter().nth(after.saturating_sub(1)) {
            Some(segment) => self.open(segment),
            None => Err(Error::new(
                Reason::AuditUnavailable,
                format!("the audit log at {} has no files any more", self.dir.display()),
            )),
        }
    }

    /// The start of the segment after the one that ends at `place`.
    fn follow(&mut self, place: &Place) -> Result<Place> {
        let later = segment::list(&self.dir)?.into_iter().find(|later| later.first >= place.next);
        match later {
            Some(segment) => self.open(segment),
            None => Err(segment::corrupt(&place.segment, place.next, "the file ends too early")),
        }
    }

    fn open(&mut self, segment: Segment) -> Result<Place> {
        let file = File::open(&segment.path)
            .map_err(|cause| unavailable("read", &segment.path, &cause))?;
        self.position = self.position.max(segment.first);
        Ok(Place { file, offset: 0, next: segment.first, segment })
    }
}

fn decode(segment: &Segment, sequence: u64, payload: &[u8]) -> Result<AuditEntry> {
    AuditEntry::decode(payload)
        .ok()
        .filter(|entry| entry.sequence == sequence)
        .ok_or_else(|| segment::corrupt(segment, sequence, "it is not the entry it should be"))
}

fn matches(filter: &AuditFilter, entry: &AuditEntry) -> bool {
    let is = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
    let is_or_contains = |parent: &str, found: &str| {
        found
            .strip_prefix(parent)
            .is_some_and(|rest| parent.is_empty() || rest.is_empty() || rest.starts_with('/'))
    };
    is(&filter.principal, &entry.principal)
        && is(&filter.action, &entry.action)
        && (is_or_contains(&filter.resource, &entry.resource)
            || is_or_contains(&filter.resource, &entry.wrapping_key))
}

#[cfg(test)]
mod tests;
