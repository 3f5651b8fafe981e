//! The PIN of a token, from its file.

use std::path::Path;

use supacrypt_core::{Error, Reason, Result};
use zeroize::Zeroizing;

use crate::secret_file;

/// Reads a PIN. The line break that editors leave at the end is no part of it.
///
/// # Errors
/// [`Reason::Configuration`] when the file is missing, readable by others, empty, or not text.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>> {
    let missing = "Make it for the server's account, with the PIN of the token's user";
    let bytes = secret_file::read_line(path, "the PIN file", missing)?;
    let refuse = |what: &str| {
        let message = format!("the PIN file {} {what}", path.display());
        Error::new(Reason::Configuration, message)
    };
    let pin = std::str::from_utf8(&bytes).map_err(|_| refuse("is not text in UTF-8"))?;
    if pin.is_empty() {
        return Err(refuse("is empty; write the PIN of the token's user to it"));
    }
    Ok(Zeroizing::new(pin.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

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
