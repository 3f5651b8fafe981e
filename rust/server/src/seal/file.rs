//! A seal whose secret is a file: for development and single machines with an encrypted disk.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;

use super::{CONTEXT, Seal};
use crate::secret_file;

/// A seal by the 32 bytes of a file that only its owner can read.
pub struct FileSeal {
    path: PathBuf,
    key: EnvelopeKey,
}

impl FileSeal {
    /// Reads the file, or makes it when `create` is set and it does not exist.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when the file is missing, readable by others or of the wrong
    /// length.
    pub fn open(path: &Path, create: bool) -> Result<FileSeal> {
        let configuration = |text: String| Error::new(Reason::Configuration, text);
        let shown = path.display();
        if create && !path.exists() {
            create_secret(path).map_err(|error| {
                configuration(format!("the seal file {shown} cannot be made: {error}"))
            })?;
        }
        let missing =
            "Without it the keys in the store cannot be opened; restore it from your backup";
        let bytes = secret_file::read(path, "the seal file", missing)?;
        let key = EnvelopeKey::from_bytes(&bytes)
            .map_err(|error| configuration(format!("the seal file {shown}: {error}")))?;
        Ok(FileSeal { path: path.to_path_buf(), key })
    }
}

#[async_trait]
impl Seal for FileSeal {
    fn id(&self) -> &str {
        "file"
    }

    async fn wrap(&self, key: &EnvelopeKey) -> Result<Vec<u8>> {
        self.key.seal(CONTEXT, key.as_bytes())
    }

    async fn unwrap(&self, wrapped: &[u8]) -> Result<EnvelopeKey> {
        let bytes = self.key.open(CONTEXT, wrapped).map_err(|_| {
            Error::new(
                Reason::SealUnavailable,
                format!(
                    "the seal file {} does not belong to this store; restore the one that was \
                     there when the store was made",
                    self.path.display()
                ),
            )
        })?;
        EnvelopeKey::from_bytes(&bytes)
    }
}

/// Writes a new secret beside its place and links it there, so that the file is whole or missing
/// and never replaces another.
fn create_secret(path: &Path) -> io::Result<()> {
    let key = EnvelopeKey::generate().map_err(io::Error::other)?;
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let result = (|| {
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(key.as_bytes())?;
        file.sync_all()?;
        fs::hard_link(&temporary, path)?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        fs::File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    })();
    let removed = fs::remove_file(&temporary);
    result.and(removed)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn wraps_for_itself_across_restarts_and_for_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("seal.key");
        let key = EnvelopeKey::generate().unwrap();
        let wrapped = FileSeal::open(&path, true).unwrap().wrap(&key).await.unwrap();

        let again = FileSeal::open(&path, true).unwrap();
        assert_eq!(again.unwrap(&wrapped).await.unwrap().as_bytes(), key.as_bytes());

        let other = FileSeal::open(&dir.path().join("other.key"), true).unwrap();
        let error = other.unwrap(&wrapped).await.unwrap_err();
        assert_eq!(error.reason(), Reason::SealUnavailable);
        assert!(error.message().contains("other.key"), "{error}");
    }

    #[test]
    fn a_file_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("seal.key");
        FileSeal::open(&path, true).unwrap();
        for mode in [0o640, 0o604] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = FileSeal::open(&path, true).err().unwrap();
            assert!(error.message().contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_not_made_for_a_store_that_has_keys() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("seal.key");
        let error = FileSeal::open(&path, false).err().unwrap();
        assert_eq!(error.reason(), Reason::Configuration);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_of_another_length_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("seal.key");
        fs::write(&path, [0; 31]).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(FileSeal::open(&path, true).err().unwrap().message().contains("32 bytes"));
    }
}
