//! Reading inputs and writing results.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
};

use supacrypt_core::{Error, Reason, Result};
use zeroize::Zeroizing;

/// The whole of a file, or of standard input for `-`; at most `limit` bytes.
///
/// # Errors
/// [`Reason::InvalidArgument`] when it cannot be read, [`Reason::InputLength`] when it is longer.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut content = Zeroizing::new(Vec::new());
    open(path)?
        .take(limit as u64 + 1)
        .read_to_end(&mut content)
        .map_err(|error| failed("read", path, &error))?;
    if content.len() > limit {
        let message = format!("{} has more than {limit} bytes", path.display());
        return Err(Error::new(Reason::InputLength, message));
    }
    Ok(content)
}

/// Hands a file, or standard input for `-`, to `take` in pieces.
///
/// # Errors
/// [`Reason::InvalidArgument`] when it cannot be read.
pub(crate) fn read_pieces(path: &Path, mut take: impl FnMut(&[u8])) -> Result<()> {
    let mut reader = open(path)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => take(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed("read", path, &error)),
        }
    }
}

/// Writes a file as a whole: after a failure the old one is still there.
///
/// # Errors
/// [`Reason::InvalidArgument`] when it cannot be written.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "changed on Unix only"))]
    let mut draft = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The umask still applies.
        draft.permissions(fs::Permissions::from_mode(0o666));
    }
    replace(path, content, &draft)
}

/// [`write`] for what may be secret: on Unix nobody else may read the file.
pub(crate) fn write_secret(path: &Path, content: &[u8]) -> Result<()> {
    replace(path, content, &tempfile::Builder::new())
}

fn replace(path: &Path, content: &[u8], draft: &tempfile::Builder<'_, '_>) -> Result<()> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let written = (|| {
        let mut file = draft.tempfile_in(dir.unwrap_or(Path::new(".")))?;
        file.write_all(content)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    })();
    written.map_err(|error| failed("write", path, &error))
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = fs::File::open(path).map_err(|error| failed("read", path, &error))?;
    Ok(Box::new(file))
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(Reason::InvalidArgument, format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("input");
        write(&path, b"1234").unwrap();
        assert_eq!(**read(&path, 4).unwrap(), *b"1234");
        assert_eq!(read(&path, 3).unwrap_err().reason(), Reason::InputLength);
    }

    #[test]
    fn writing_into_a_missing_directory_names_the_file() {
        let error = write(Path::new("/nonexistent/file"), b"x").unwrap_err();
        assert!(error.message().contains("/nonexistent/file"), "{error}");
    }
}
