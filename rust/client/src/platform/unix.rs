//! Unix: the XDG directories, and permission bits.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use supacrypt_core::Result;

use super::{not_private, unreadable};

/// Where a configuration is looked for, in this order.
pub(crate) fn config_files() -> Vec<PathBuf> {
    let user = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".config")));
    let user = user.map(|folder| folder.join("supacrypt/client.toml"));
    user.into_iter().chain([PathBuf::from("/etc/supacrypt/client.toml")]).collect()
}

/// Refuses a private key that others than its owner may read.
///
/// # Errors
/// [`Reason::Configuration`](supacrypt_core::Reason::Configuration), saying how to change it.
pub(crate) fn check_private(path: &Path) -> Result<()> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    let mode = metadata.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let who = format!("others than its owner (mode {:03o})", mode & 0o777);
    Err(not_private(path, &who, &format!("chmod 600 {}", path.display())))
}
