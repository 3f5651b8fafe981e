//! What is checked, and with what.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The module to check, and what the checks may use of it.
#[derive(Serialize, Deserialize)]
pub struct Target {
    /// The module's file.
    pub module: PathBuf,
    /// The token's label; else the first token is taken.
    pub token: Option<String>,
    /// The user's PIN; without it no check logs in.
    pub pin: Option<Zeroizing<String>>,
    /// The label of a private key to sign with, in place of keys that the checks make.
    pub key: Option<String>,
    /// The label of all keys that the checks make.
    pub label: String,
    /// The command for a shell that restarts what is behind the module.
    pub restart_command: Option<String>,
    /// How long a check may take.
    pub deadline: Duration,
}
