//! The files of the log: each named by the sequence number of its first entry.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use supacrypt_core::{Error, Reason, Result};

use super::record::{self, Next, Records};
use super::unavailable;

/// One file of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) first: u64,
    pub(super) path: PathBuf,
}

impl Segment {
    pub(super) fn new(dir: &Path, first: u64) -> Self {
        Segment { first, path: dir.join(format!("{first:020}.log")) }
    }

    /// Creates the file, for the server's account alone, and makes its name durable.
    ///
    /// An empty file of this name is left over from a creation that failed half-way, and is taken.
    pub(super) fn create(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.path)?;
        if file.metadata()?.len() > 0 {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "a segment of this name has entries already",
            ));
        }
        if let Some(dir) = self.path.parent() {
            File::open(dir)?.sync_all()?;
        }
        Ok(file)
    }
}

/// The segments in `dir`, oldest first.
pub(super) fn list(dir: &Path) -> Result<Vec<Segment>> {
    let failed = |cause: io::Error| unavailable("list", dir, &cause);
    let mut segments = Vec::new();
    for file in fs::read_dir(dir).map_err(failed)? {
        let name = file.map_err(failed)?.file_name();
        let first = name.to_str().and_then(|name| name.strip_suffix(".log")).filter(|digits| {
            digits.len() == 20 && digits.bytes().all(|digit| digit.is_ascii_digit())
        });
        if let Some(first) = first.and_then(|digits| digits.parse().ok()) {
            segments.push(Segment::new(dir, first));
        }
    }
    segments.sort_unstable_by_key(|segment| segment.first);
    Ok(segments)
}

/// Where a segment's entries end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct End {
    /// In bytes.
    pub(super) len: u64,
    /// The sequence number after the last entry.
    pub(super) next: u64,
}

/// Reads all of the last segment, and cuts off what a crash left half-written at its end.
///
/// # Errors
/// [`Reason::AuditUnavailable`] when the file cannot be read, or when intact entries follow broken
/// ones: a crash does not leave that behind, so a person has to look.
pub(super) fn recover(segment: &Segment) -> Result<End> {
    let failed = |cause: io::Error| unavailable("read", &segment.path, &cause);
    let mut file = OpenOptions::new().read(true).write(true).open(&segment.path).map_err(failed)?;
    let mut records = Records::new(BufReader::with_capacity(1 << 20, &file));
    let mut next = segment.first;
    let broken = loop {
        match records.next().map_err(failed)? {
            Next::Record(payload) if record::sequence(payload) == Ok(next) => next += 1,
            Next::Record(_) => return Err(corrupt(segment, next, "an entry is out of order")),
            Next::End => return Ok(End { len: records.offset(), next }),
            Next::Broken(what) => break what,
        }
    };

    let len = records.offset();
    let mut rest = Vec::new();
    file.seek(SeekFrom::Start(len)).map_err(failed)?;
    file.read_to_end(&mut rest).map_err(failed)?;
    if record::any_intact(&rest, next) {
        return Err(corrupt(segment, next, broken));
    }
    file.set_len(len).and_then(|()| file.sync_all()).map_err(failed)?;
    tracing::warn!(
        segment = %segment.path.display(),
        bytes = rest.len(),
        next_sequence = next,
        "cut off what an interrupted write left at the end of the audit log: {broken}"
    );
    Ok(End { len, next })
}

/// The error for a segment that is damaged where `sequence` should be.
pub(super) fn corrupt(segment: &Segment, sequence: u64, what: &str) -> Error {
    Error::new(
        Reason::AuditUnavailable,
        format!(
            "the audit log is damaged at entry {sequence} in {}: {what}; restore the file from a \
             backup, or move it out of the directory, as evidence, to go on without its entries",
            segment.path.display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::entry;
    use super::*;

    fn segment_with(first: u64, bytes: &[u8]) -> (tempfile::TempDir, Segment) {
        let dir = tempfile::tempdir().unwrap();
        let segment = Segment::new(dir.path(), first);
        fs::write(&segment.path, bytes).unwrap();
        (dir, segment)
    }

    fn records(sequences: impl IntoIterator<Item = u64>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for sequence in sequences {
            record::push(&entry("keyrings/a"), sequence, &mut bytes);
        }
        bytes
    }

    #[test]
    fn a_last_record_torn_at_any_byte_is_cut_off() {
        let kept = records(5..8).len();
        let whole = records(5..9);
        for torn_at in kept + 1..whole.len() {
            let (_dir, segment) = segment_with(5, &whole[..torn_at]);
            let end = End { len: kept as u64, next: 8 };
            assert_eq!(recover(&segment), Ok(end), "torn at {torn_at}");
            assert_eq!(fs::metadata(&segment.path).unwrap().len(), kept as u64);
        }
        let (_dir, segment) = segment_with(5, &whole);
        assert_eq!(recover(&segment), Ok(End { len: whole.len() as u64, next: 9 }));
    }

    #[test]
    fn blocks_of_zeros_at_the_end_are_cut_off() {
        let kept = records(0..3);
        let (_dir, segment) = segment_with(0, &[&kept[..], &[0; 4096]].concat());
        assert_eq!(recover(&segment), Ok(End { len: kept.len() as u64, next: 3 }));
    }

    #[test]
    fn damage_before_intact_entries_is_refused_and_left_as_it_is() {
        let mut bytes = records(0..3);
        bytes[12] ^= 1;
        let (_dir, segment) = segment_with(0, &bytes);
        let error = recover(&segment).unwrap_err();
        assert_eq!(error.reason(), Reason::AuditUnavailable);
        assert!(error.message().contains("entry 0"), "{error}");
        assert_eq!(fs::read(&segment.path).unwrap(), bytes);
    }

    #[test]
    fn an_entry_out_of_order_is_refused() {
        let (_dir, segment) = segment_with(0, &records([0, 1, 3]));
        let error = recover(&segment).unwrap_err();
        assert!(error.message().contains("entry 2"), "{error}");
    }

    #[test]
    fn segments_are_listed_by_number_and_other_files_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["00000000000000000010.log", "00000000000000000002.log", "notes.txt", "2.log"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let firsts: Vec<u64> = list(dir.path()).unwrap().iter().map(|s| s.first).collect();
        assert_eq!(firsts, [2, 10]);
    }
}
