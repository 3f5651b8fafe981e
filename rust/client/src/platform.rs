//! Everything that differs between operating systems.

use std::path::{Path, PathBuf};

use supacrypt_core::{Error, Reason, Result};

/// The number of this process. It changes when a process forks, which is how a child notices that
/// it is one. A system call of some tens of nanoseconds; a handler registered for forks would have
/// to outlive the library, and misses processes made by `clone` alone.
pub(crate) fn process_id() -> u32 {
    std::process::id()
}

/// Where a configuration is looked for, in this order.
#[cfg(unix)]
pub(crate) fn config_files() -> Vec<PathBuf> {
    let user = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".config")));
    let user = user.map(|folder| folder.join("supacrypt/client.toml"));
    user.into_iter().chain([PathBuf::from("/etc/supacrypt/client.toml")]).collect()
}

/// Where a configuration is looked for, in this order.
#[cfg(windows)]
pub(crate) fn config_files() -> Vec<PathBuf> {
    ["APPDATA", "ProgramData"]
        .into_iter()
        .filter_map(std::env::var_os)
        .map(|folder| PathBuf::from(folder).join("Supacrypt").join("client.toml"))
        .collect()
}

/// What is true of a file that [`check_private`] accepts.
#[cfg(unix)]
pub(crate) const CHECKED_PRIVATE: &str = "is readable by its owner only";

/// What is true of a file that [`check_private`] accepts.
#[cfg(windows)]
pub(crate) const CHECKED_PRIVATE: &str =
    "can be read; its access control list says who else may, and is not checked";

/// Refuses a private key that others than its owner may read.
///
/// # Errors
/// [`Reason::Configuration`], saying how to change it.
#[cfg(unix)]
pub(crate) fn check_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    let mode = metadata.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::new(
        Reason::Configuration,
        format!(
            "the private key {0} can be read by others than its owner (mode {1:03o}); \
             run `chmod 600 {0}`",
            path.display(),
            mode & 0o777
        ),
    )
    .in_field("tls.key"))
}

/// Access is governed by the folder's access control list, which an installer sets.
#[cfg(windows)]
pub(crate) fn check_private(path: &Path) -> Result<()> {
    std::fs::metadata(path).map(drop).map_err(|error| unreadable(path, &error))
}

/// What is told of a file that cannot be read.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Reason::Configuration, format!("{} cannot be read: {error}", path.display()))
}
