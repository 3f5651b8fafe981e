//! The PIN of a token, from its file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use supacrypt_core::{Error, Reason, Result};
use zeroize::Zeroizing;

/// Reads a PIN. The line break that editors leave at the end is no part of it.
///
/// # Errors
/// [`Reason::Configuration`] when the file is missing, readable by others, empty, or not text.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>> {
    let shown = path.display();
    let refuse =
        |what: String| Error::new(Reason::Configuration, format!("the PIN file {shown} {what}"));
    let unread =
        |cause| refuse(format!("cannot be read: {cause}; make it for the server's account"));
    let mode = fs::metadata(path).map_err(unread)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(refuse(format!(
            "can be read by others than its owner (mode {:03o}); run `chmod 600 {shown}`, and \
             change the PIN if someone may have read it",
            mode & 0o777
        )));
    }
    let bytes = fs::read(path).map(Zeroizing::new).map_err(unread)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse("is not text in UTF-8".into()))?;
    let pin = text.trim_end_matches(['\r', '\n']);
    if pin.is_empty() {
        return Err(refuse("is empty; write the PIN of the token's user to it".into()));
    }
    Ok(Zeroizing::new(pin.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(text: &[u8], mode: u32) -> Result<Zeroizing<String>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pin");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        read(&path)
    }

    #[test]
    fn the_line_break_at_the_end_is_no_part_of_the_pin() {
        assert_eq!(*read_of(b"12 34\r\n", 0o600).unwrap(), "12 34");
        assert_eq!(*read_of(b"1234", 0o400).unwrap(), "1234");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_and_so_is_an_empty_one() {
        for (text, mode, said) in [
            (&b"1234"[..], 0o640, "chmod 600"),
            (b"1234", 0o604, "chmod 600"),
            (b"\n", 0o600, "is empty"),
            (b"\xff", 0o600, "UTF-8"),
        ] {
            let error = read_of(text, mode).unwrap_err();
            assert_eq!(error.reason(), Reason::Configuration);
            assert!(error.message().contains(said), "{error}");
        }
        let error = read(Path::new("/nonexistent/pin")).unwrap_err();
        assert!(error.message().contains("/nonexistent/pin"), "{error}");
    }
}
