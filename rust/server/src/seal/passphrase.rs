//! A seal whose secret is a passphrase: the store opens for whoever knows it, on whatever machine.

use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::envelope::EnvelopeKey;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::{CONTEXT, Seal};
use crate::secret_file;

/// Shorter ones are guessed by whoever has a copy of the store.
const MIN_LEN: usize = 12;

/// The form of what is stored: this byte, three parameters of Argon2 as big-endian `u32`, the salt, and
/// the sealed key.
const FORM: u8 = 1;
const SALT_LEN: usize = 16;
const HEADER_LEN: usize = 1 + 3 * 4 + SALT_LEN;

/// How costly a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    /// Memory, KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

/// What RFC 9106, section 4, has for machines with little memory to spare: 64 MiB.
const COST: Cost = Cost { memory: 64 * 1024, passes: 3, lanes: 4 };

/// What a store may ask for: an altered one shall not take all memory.
const MOST: Cost = Cost { memory: 2 * 1024 * 1024, passes: 64, lanes: 64 };

/// A seal by a key that Argon2id (RFC 9106) makes of a passphrase.
pub struct PassphraseSeal {
    path: PathBuf,
    passphrase: Zeroizing<Vec<u8>>,
}

impl PassphraseSeal {
    /// Reads the passphrase from a file, which may be a pipe. The end of its line is no part of it.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when the file is missing or readable by others, or the passphrase is
    /// shorter than 12 bytes.
    pub fn open(path: &Path) -> Result<PassphraseSeal> {
        let missing = "Write the store's passphrase to it";
        let passphrase = secret_file::read_line(path, "the passphrase file", missing)?;
        if passphrase.len() < MIN_LEN {
            let message = format!(
                "the passphrase in {} is shorter than {MIN_LEN} bytes, and would be guessed by whoever \
                 copies the store; choose a longer one",
                path.display()
            );
            return Err(Error::new(Reason::Configuration, message));
        }
        Ok(PassphraseSeal { path: path.to_path_buf(), passphrase })
    }

    /// The key that the passphrase makes. It takes part of a second, which holds up nobody.
    async fn key(&self, cost: Cost, salt: [u8; SALT_LEN]) -> Result<EnvelopeKey> {
        let passphrase = self.passphrase.clone();
        let derive = move || {
            let params = Params::new(cost.memory, cost.passes, cost.lanes, None)?;
            let mut key = Zeroizing::new([0; Params::DEFAULT_OUTPUT_LEN]);
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
                &passphrase,
                &salt,
                &mut *key,
            )?;
            Ok::<_, argon2::Error>(key)
        };
        match spawn_blocking(derive).await {
            Ok(Ok(key)) => EnvelopeKey::from_bytes(&*key),
            Ok(Err(cause)) => Err(Error::new(
                Reason::SealUnavailable,
                format!("the passphrase made no key: {cause}"),
            )),
            Err(_) => Err(Error::new(Reason::Internal, "the passphrase's key was interrupted")),
        }
    }
}

#[async_trait]
impl Seal for PassphraseSeal {
    fn id(&self) -> &str {
        "passphrase"
    }

    async fn wrap(&self, key: &EnvelopeKey) -> Result<Vec<u8>> {
        let mut salt = [0; SALT_LEN];
        supacrypt_crypto::random(&mut salt)?;
        let sealed = self.key(COST, salt).await?.seal(CONTEXT, key.as_bytes())?;
        let mut wrapped = vec![FORM];
        for number in [COST.memory, COST.passes, COST.lanes] {
            wrapped.extend_from_slice(&number.to_be_bytes());
        }
        wrapped.extend_from_slice(&salt);
        wrapped.extend_from_slice(&sealed);
        Ok(wrapped)
    }

    async fn unwrap(&self, wrapped: &[u8]) -> Result<EnvelopeKey> {
        let Some((cost, salt, sealed)) = read(wrapped) else {
            return Err(Error::new(
                Reason::SealUnavailable,
                "what the store has of its wrapping key is not what the passphrase seal wrote; \
                 restore the store from your backup",
            ));
        };
        let bytes = self.key(cost, salt).await?.open(CONTEXT, sealed).map_err(|_| {
            Error::new(
                Reason::SealUnavailable,
                format!(
                    "the passphrase in {} is not that of this store; give the one it was made with",
                    self.path.display()
                ),
            )
        })?;
        EnvelopeKey::from_bytes(&bytes)
    }
}

/// The parts of what was stored.
fn read(wrapped: &[u8]) -> Option<(Cost, [u8; SALT_LEN], &[u8])> {
    let (header, sealed) = wrapped.split_at_checked(HEADER_LEN)?;
    let (numbers, salt) = header.strip_prefix(&[FORM])?.split_at_checked(3 * 4)?;
    let number = |index: usize| {
        let bytes = numbers.get(4 * index..)?.first_chunk()?;
        Some(u32::from_be_bytes(*bytes))
    };
    let cost = Cost { memory: number(0)?, passes: number(1)?, lanes: number(2)? };
    let bearable =
        cost.memory <= MOST.memory && cost.passes <= MOST.passes && cost.lanes <= MOST.lanes;
    bearable.then_some((cost, salt.try_into().ok()?, sealed))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    fn file(dir: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    #[tokio::test]
    async fn the_passphrase_opens_it_and_no_other_does() {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir, "passphrase", "correct horse battery staple\n");
        let seal = PassphraseSeal::open(&path).unwrap();
        let key = EnvelopeKey::generate().unwrap();
        let wrapped = seal.wrap(&key).await.unwrap();
        assert_ne!(wrapped, seal.wrap(&key).await.unwrap(), "another salt each time");

        // The end of the line is no part of it, and the place is of no account.
        let moved = PassphraseSeal::open(&file(&dir, "moved", "correct horse battery staple"));
        assert_eq!(moved.unwrap().unwrap(&wrapped).await.unwrap().as_bytes(), key.as_bytes());

        let other = PassphraseSeal::open(&file(&dir, "other", "correct horse battery stable"));
        let error = other.unwrap().unwrap(&wrapped).await.unwrap_err();
        assert_eq!(error.reason(), Reason::SealUnavailable);
        assert!(error.message().contains("other is not that of this store"), "{error}");
    }

    #[tokio::test]
    async fn an_altered_store_costs_no_more_than_is_bearable() {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir, "passphrase", "correct horse battery staple");
        let seal = PassphraseSeal::open(&path).unwrap();
        let wrapped = seal.wrap(&EnvelopeKey::generate().unwrap()).await.unwrap();
        assert_eq!(read(&wrapped).unwrap().0, COST);
        let with = |index: usize, value: u32| {
            let mut altered = wrapped.clone();
            altered[1 + 4 * index..][..4].copy_from_slice(&value.to_be_bytes());
            altered
        };
        let form = [&[9][..], &wrapped[1..]].concat();
        for altered in [
            form,
            wrapped[..20].to_vec(),
            Vec::new(),
            with(0, u32::MAX),
            with(1, u32::MAX),
            with(2, u32::MAX),
            with(0, 0),
            with(1, 0),
            with(2, 0),
            with(1, 2),
        ] {
            let error = seal.unwrap(&altered).await.unwrap_err();
            assert_eq!(error.reason(), Reason::SealUnavailable, "{error}");
        }
    }

    #[test]
    fn what_is_easily_guessed_or_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let refusal = |path: &Path| PassphraseSeal::open(path).err().unwrap().message().to_owned();
        assert!(refusal(&file(&dir, "short", "elevenchars\n\n")).contains("shorter than 12"));
        assert!(refusal(&dir.path().join("absent")).contains("Write the store's passphrase"));
        let open = file(&dir, "open", "correct horse battery staple");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(refusal(&open).contains("chmod 600"));
    }
}
