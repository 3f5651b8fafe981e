//! Structured logs on standard error.

use std::io::IsTerminal;

use supacrypt_core::{Error, Reason, Result};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    filter::{ParseError, Targets, filter_fn},
    fmt::{self, MakeWriter},
    prelude::*,
};

/// What a line of the log looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people, in colour on a terminal.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Sends the logs of this process to standard error, panics included.
///
/// `level` is `error`, `warn`, `info`, `debug` or `trace`, and may go on with levels for single
/// modules: `info,sqlx=warn`.
///
/// # Errors
/// [`Reason::Configuration`] when `level` cannot be read or the process logs elsewhere already.
pub fn init_logs(format: LogFormat, level: &str) -> Result<()> {
    let subscriber = subscriber(format, level, std::io::stderr().is_terminal(), std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| {
        Error::new(Reason::Configuration, "this process has set up its logs already")
    })?;
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        tracing::error!(thread = thread.name(), "a fault of ours: {panic}");
    }));
    Ok(())
}

fn subscriber(
    format: LogFormat,
    level: &str,
    colour: bool,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> Result<Box<dyn Subscriber + Send + Sync>> {
    let filter: Targets = level.parse().map_err(|error: ParseError| {
        let message = format!(
            "log.level is {level:?}: {error}; use error, warn, info, debug or trace, such as \
             \"info\" or \"info,sqlx=warn\""
        );
        Error::new(Reason::Configuration, message).in_field("log.level")
    })?;
    let told = filter_fn(|event| !is_secret(event));
    let filtered = tracing_subscriber::registry().with(filter).with(told);
    let lines = fmt::layer().with_writer(writer);
    Ok(match format {
        LogFormat::Text => Box::new(filtered.with(lines.with_ansi(colour))),
        LogFormat::Json => Box::new(filtered.with(lines.json().flatten_event(true))),
    })
}

/// What the SDK of AWS says at the finest level: whole requests, and so what they have encrypted.
fn is_secret(event: &Metadata<'_>) -> bool {
    event.target().starts_with("aws_") && *event.level() == Level::TRACE
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: &str) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(format, level, false, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(principal = "alice", "connected");
            tracing::debug!("a detail");
            tracing::debug!(target: "aws_sigv4::sign", "a request");
            tracing::trace!(target: "aws_sigv4::sign", "all of a request");
        });
        String::from_utf8(lines.0.lock().clone()).unwrap()
    }

    #[test]
    fn a_json_line_is_one_object_with_the_fields_of_the_event() {
        let lines = logged(LogFormat::Json, "info");
        let line: serde_json::Value = serde_json::from_str(lines.trim()).unwrap();
        assert_eq!(line["message"], "connected");
        assert_eq!(line["principal"], "alice");
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn the_level_decides_what_is_logged() {
        assert_eq!(logged(LogFormat::Text, "warn"), "");
        assert_eq!(logged(LogFormat::Text, "info").lines().count(), 1);
        assert_eq!(logged(LogFormat::Text, "warn,supacrypt_server=debug").lines().count(), 2);
    }

    #[test]
    fn whole_requests_are_not_logged_at_any_level() {
        for level in ["trace", "info,aws_sigv4=trace", "aws_sigv4::sign=trace"] {
            let lines = logged(LogFormat::Text, level);
            assert!(lines.contains("a request"), "{level}");
            assert!(!lines.contains("all of a request"), "{level}");
        }
    }

    #[test]
    fn a_level_that_cannot_be_read_is_explained() {
        let error = init_logs(LogFormat::Text, "info,loud=very").unwrap_err();
        assert_eq!((error.reason(), error.field()), (Reason::Configuration, Some("log.level")));
        assert!(error.message().contains("\"info,loud=very\""), "{error}");
    }
}
