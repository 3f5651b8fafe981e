//! Puts groups of records at the end of the last segment.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use supacrypt_core::Result;

use super::segment::{self, Segment};
use super::unavailable;

/// The end of the log. A group is in the file as a whole or, as far as a reader can tell, not at all.
#[derive(Debug)]
pub(super) struct Writer {
    dir: PathBuf,
    path: PathBuf,
    file: Arc<File>,
    /// Length of the file up to the last complete group.
    len: u64,
    /// The file may have bytes after `len`, of a group whose write failed.
    torn: bool,
    segment_bytes: u64,
}

impl Writer {
    /// Opens the log in `dir`, after recovering from a crash. Returns it with the sequence number
    /// the next entry has.
    pub(super) fn open(dir: &Path, segment_bytes: u64) -> Result<(Writer, u64)> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(dir).map_err(|cause| unavailable("create", dir, &cause))?;

        let (path, file, len, next) = match segment::list(dir)?.pop() {
            Some(last) => {
                let end = segment::recover(&last)?;
                let file = OpenOptions::new().append(true).open(&last.path);
                (last.path, file, end.len, end.next)
            }
            None => {
                let first = Segment::new(dir, 0);
                let file = first.create();
                (first.path, file, 0, 0)
            }
        };
        let file = Arc::new(file.map_err(|cause| unavailable("open", &path, &cause))?);
        let writer = Writer { dir: dir.into(), path, file, len, torn: false, segment_bytes };
        Ok((writer, next))
    }

    /// The file that has the last entries. All earlier files are on the disk already.
    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Hands `group`, whose first entry has the number `first`, to the system.
    ///
    /// After an error nothing of the group is in the log, and the next call starts by making sure
    /// of that.
    pub(super) fn append(&mut self, first: u64, group: &[u8]) -> io::Result<()> {
        self.mend()?;
        if self.len > 0 && self.len + group.len() as u64 > self.segment_bytes {
            self.rotate(first)?;
        }
        self.torn = true;
        if let Err(error) = (&*self.file).write_all(group) {
            if let Err(error) = self.mend() {
                tracing::error!("cannot take back a failed write of the audit log: {error}");
            }
            return Err(error);
        }
        self.torn = false;
        self.len += group.len() as u64;
        Ok(())
    }

    /// Finds out whether a group could be written now, leaving the log as it is.
    pub(super) fn probe(&mut self) -> io::Result<()> {
        self.mend()?;
        self.torn = true;
        // Zeros are never a record: should the process end here, recovery cuts them off.
        let written = (&*self.file).write_all(&[0; 4096]);
        self.mend().and(written)
    }

    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.len)?;
            self.torn = false;
        }
        Ok(())
    }

    fn rotate(&mut self, first: u64) -> io::Result<()> {
        // Before the next segment exists this one is on the disk, so that only the last can be torn.
        self.file.sync_data()?;
        let segment = Segment::new(&self.dir, first);
        self.file = Arc::new(segment.create()?);
        self.path = segment.path;
        self.len = 0;
        Ok(())
    }

    /// Exchanges the open file, to see what a failing disk does.
    #[cfg(test)]
    pub(super) fn replace_file(&mut self, file: Arc<File>) -> Arc<File> {
        std::mem::replace(&mut self.file, file)
    }
}
