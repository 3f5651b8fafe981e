//! The log file, if the configuration wants one.

use std::{
    fs::OpenOptions,
    sync::{Mutex, Once},
};

use supacrypt_client::Log;
use supacrypt_core::{Error, Reason, Result};
use tracing_subscriber::{filter::Targets, fmt, prelude::*};

/// Begins to log; the first call in a process decides where to.
///
/// # Errors
/// [`Reason::Configuration`] when the file cannot be opened or the level is not one.
pub(crate) fn begin(log: &Log) -> Result<()> {
    let Some(path) = &log.file else { return Ok(()) };
    let wrong = |text: String| Error::new(Reason::Configuration, text);
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| wrong(format!("log.file {}: {error}", path.display())))?;
    let filter: Targets = log
        .level
        .as_deref()
        .unwrap_or("warn")
        .parse()
        .map_err(|error| wrong(format!("log.level: {error}")))?;
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        let lines = fmt::layer().with_ansi(false).with_writer(Mutex::new(file));
        let subscriber = tracing_subscriber::registry().with(filter).with(lines);
        // Fails only where one is set already, and nobody else can: the module has a `tracing` of its own.
        let _ = tracing::subscriber::set_global_default(subscriber);
    });
    Ok(())
}
