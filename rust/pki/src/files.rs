//! Writing PEM files, keys readable by their owner only.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Creates `path` with `content`; refuses to replace a file that is there.
pub(crate) fn create(path: &Path, content: &str, secret: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if secret { 0o600 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = secret;
    let written = options.open(path).and_then(|mut file| {
        file.write_all(content.as_bytes())?;
        file.sync_all()
    });
    if let Err(error) = &written
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        // Half a file would be taken for a broken key later on.
        let _ = fs::remove_file(path);
    }
    written
}
