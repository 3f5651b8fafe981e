//! The client: one configuration, and what this process has of it.

use std::{
    cell::Cell,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use backon::{BackoffBuilder, ExponentialBuilder};
use supacrypt_core::{Error, Reason, Result};
use tokio::time::{sleep, timeout};

use crate::{
    call::Retry,
    config::Config,
    connection::Connection,
    failure::Failure,
    process::{self, Process},
    tls,
};

/// The first pause before a repetition, and the longest; each is varied at random.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// One attempt at an operation.
type Attempt<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + 'a>>;

/// Talks to the backend. Cheap to clone, usable from any thread and after a fork.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    config: Config,
    tls: tls::Files,
    /// `None` until the first call.
    process: ArcSwapOption<Process>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(process) = self.process.swap(None).filter(|process| !process.is_current()) {
            process::abandon(process);
        }
    }
}

impl Client {
    /// Makes a client and checks the files of its configuration. Nothing is sent before the first
    /// call.
    ///
    /// # Errors
    /// [`Reason::Configuration`].
    pub fn new(config: Config) -> Result<Client> {
        supacrypt_crypto::watch_forks();
        let tls = tls::Files::open(&config.tls)?;
        Ok(Client(Arc::new(Inner { config, tls, process: ArcSwapOption::empty() })))
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// What belongs to this process; made anew after a fork.
    pub(crate) fn process(&self) -> Result<Arc<Process>> {
        loop {
            let current = self.0.process.load();
            if let Some(process) = &*current {
                if process.is_current() {
                    return Ok(Arc::clone(process));
                }
                process::abandon(Arc::clone(process));
            }
            let fresh = Arc::new(Process::new(&self.0.config)?);
            self.0.process.compare_and_swap(&*current, Some(fresh));
        }
    }

    /// Runs `operation` on a connection until it succeeds, fails for good, or time is up.
    pub(crate) fn attempt<T>(
        &self,
        retry: Retry,
        operation: impl AsyncFn(&Connection, Duration) -> Result<T, Failure>,
    ) -> Result<T> {
        let output = Cell::new(None);
        self.repeat(retry, &|connection, left| {
            let (operation, output) = (&operation, &output);
            Box::pin(async move {
                output.set(Some(operation(&connection, left).await?));
                Ok(())
            })
        })?;
        Ok(output.take().expect("an operation that succeeded left its output"))
    }

    /// As [`attempt`](Self::attempt), with `begin` to start the operation. It is compiled once, not
    /// for each kind of operation, which would make the library larger.
    fn repeat<'a>(
        &self,
        retry: Retry,
        begin: &dyn Fn(Arc<Connection>, Duration) -> Attempt<'a>,
    ) -> Result<()> {
        let process = self.process()?;
        let limit = self.0.config.timeouts.operation;
        let deadline = Instant::now() + limit;
        let mut pauses = None;
        loop {
            let mut retired = false;
            let failure = match self.connection(&process, deadline) {
                Err(failure) => failure,
                Ok(connection) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    let answer = process
                        .run(async { timeout(left, begin(Arc::clone(&connection), left)).await });
                    match answer {
                        Ok(Ok(())) => {
                            self.worked(&process, &connection);
                            return Ok(());
                        }
                        Ok(Err(failure)) => {
                            // The next connection shows the certificate that is in the file by
                            // now, or is refused as a whole.
                            retired = outlived_certificate(&failure);
                            if retired {
                                connection.retire();
                            }
                            failure
                        }
                        Err(_) => return Err(late(limit)),
                    }
                }
            };
            let again = retired
                || failure.error.reason().is_safe_to_retry()
                    && (!failure.lost || retry == Retry::Safe);
            let pause = pauses.get_or_insert_with(backoff).next().unwrap_or(LONGEST_PAUSE);
            if !again || Instant::now() + pause >= deadline {
                return Err(failure.error);
            }
            tracing::debug!(error = %failure.error, ?pause, "trying again");
            // A timer is made inside the runtime, so the block must not be left out.
            process.run(async { sleep(pause).await });
        }
    }

    /// An open connection to the first endpoint that has or gives one.
    pub(crate) fn connection(
        &self,
        process: &Process,
        deadline: Instant,
    ) -> Result<Arc<Connection>, Failure> {
        let mut first_error = None;
        let mut tried = false;
        for endpoint in &process.endpoints {
            if let Some(connection) = endpoint.live() {
                return Ok(connection);
            }
            if !endpoint.breaker.permits(Instant::now()) {
                continue;
            }
            tried = true;
            let left = deadline.saturating_duration_since(Instant::now());
            let opened = endpoint.url().resolve().and_then(|addresses| {
                let limit = left.min(self.0.config.timeouts.connect);
                process.run(endpoint.connect(&addresses, &self.0.tls, limit))
            });
            match opened {
                Ok(connection) => return Ok(connection),
                Err(error) => {
                    tracing::debug!(%error, "an endpoint does not answer");
                    first_error.get_or_insert(error);
                }
            }
        }
        Err(match first_error {
            Some(error) if tried => Failure::answered(error),
            _ => self.nothing_to_try(process),
        })
    }

    /// No breaker lets an attempt pass. That is final once the outage is longer than any operation
    /// would have waited for it.
    fn nothing_to_try(&self, process: &Process) -> Failure {
        let now = Instant::now();
        let outages = process.endpoints.iter().filter_map(|endpoint| endpoint.breaker.outage(now));
        match outages.min_by_key(|(duration, _)| *duration) {
            Some((duration, last)) if duration > self.0.config.timeouts.operation => {
                Failure::lost(Error::new(
                    last.reason(),
                    format!("{last} (no endpoint has answered for {} s)", duration.as_secs()),
                ))
            }
            Some((_, last)) => Failure::answered(last),
            None => Failure::answered(Error::new(Reason::Unreachable, "no endpoint answers")),
        }
    }

    /// Notes an answer, which is what tells that an endpoint works: with TLS 1.3 a server refuses
    /// a client only after the connection seems to be open.
    fn worked(&self, process: &Process, connection: &Connection) {
        if connection.first_answer() {
            for endpoint in &process.endpoints {
                if endpoint.live().is_some_and(|live| std::ptr::eq(&*live, connection)) {
                    endpoint.breaker.succeeded();
                }
            }
        }
    }
}

/// Whether the certificate that the connection was opened with has expired since. Nothing was
/// performed then.
fn outlived_certificate(failure: &Failure) -> bool {
    !failure.lost && failure.error.reason() == Reason::ClientCertificateExpired
}

fn backoff() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times()
        .build()
}

/// Time is up.
pub(crate) fn late(limit: Duration) -> Error {
    Error::new(Reason::DeadlineExceeded, format!("no answer within {limit:?} (timeouts.operation)"))
}
