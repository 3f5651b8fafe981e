//! A connection to one backend.

use std::{
    error::Error as StdError,
    future::{Future, poll_fn},
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls_pki_types::ServerName;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_crypto::undivided;
use supacrypt_proto::error_from_status;
use tokio::{net::TcpStream, sync::Notify};
use tokio_rustls::TlsConnector;

use crate::{
    endpoint::Url,
    failure::{self, Failure},
    observed::Observed,
    perform::Performer,
    tls,
    transport::Transport,
};

/// Flow control must never be what an operation waits for.
const WINDOW: u32 = 4 * 1024 * 1024;
/// How often a busy connection is asked whether it is alive, and how long the answer may take.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a failed call waits to learn why its connection ended.
const CAUSE_TIMEOUT: Duration = Duration::from_millis(500);

/// An open connection with its stream of operations.
pub(crate) struct Connection {
    transport: Transport,
    pub(crate) performer: Performer,
    ended: Ended,
    answered: AtomicBool,
    retired: AtomicBool,
}

impl Connection {
    /// Connects to the first of `addresses` that answers. Call inside the runtime.
    pub(crate) async fn open(
        url: &Url,
        addresses: &[SocketAddr],
        tls: &tls::Files,
    ) -> Result<Self> {
        let config = tls.read()?;
        let name = tls.tls().server_name.clone().unwrap_or_else(|| url.host().to_owned());
        let name = ServerName::try_from(name.clone()).map_err(|_| {
            Error::new(Reason::Configuration, format!("{name:?} is not a server's name"))
        })?;
        let tcp = TcpStream::connect(addresses).await.map_err(|error| {
            Error::new(Reason::Unreachable, format!("{url} cannot be reached: {error}"))
        })?;
        // Operations are small and somebody waits for each.
        tcp.set_nodelay(true).map_err(|error| failure::of_network(&error))?;
        let mut handshake = pin!(TlsConnector::from(config).connect(name, tcp));
        let stream = poll_fn(|cx| {
            let _whole = undivided();
            handshake.as_mut().poll(cx)
        })
        .await
        .map_err(|error| at(url, &failure::of_network(&error)))?;
        let ended = Ended::default();
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .handshake(TokioIo::new(Observed::new(stream, ended.clone())))
            .await
            .map_err(|error| at(url, &failure::of_network(&error)))?;
        let noting = ended.clone();
        tokio::spawn(async move {
            match connection.await {
                Ok(()) => noting.closed(),
                Err(error) => noting.note(&error),
            }
        });
        let transport = Transport::new(sender, url.authority().into(), ended.clone());
        let performer = Performer::start(transport.clone(), ended.clone());
        let (answered, retired) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Connection { transport, performer, ended, answered, retired })
    }

    pub(crate) fn transport(&self) -> Transport {
        self.transport.clone()
    }

    /// The answer of a call, or what its failure means.
    pub(crate) async fn answer<T>(
        &self,
        result: Result<tonic::Response<T>, tonic::Status>,
    ) -> Result<T, Failure> {
        match result {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(self.failure(&status).await),
        }
    }

    /// What a failed call means.
    pub(crate) async fn failure(&self, status: &tonic::Status) -> Failure {
        self.ended.failure(status).await
    }

    /// Whether an answer is the first one here.
    pub(crate) fn first_answer(&self) -> bool {
        !self.answered.load(Ordering::Relaxed) && !self.answered.swap(true, Ordering::Relaxed)
    }

    /// Begins nothing more on it; what runs goes on.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Whether another one is needed for what begins now.
    pub(crate) fn is_closed(&self) -> bool {
        self.retired.load(Ordering::Relaxed)
            || self.transport.is_closed()
            || self.performer.is_closed()
    }
}

/// Why a connection ended, once it has.
#[derive(Clone, Default)]
pub(crate) struct Ended(Arc<EndedInner>);

#[derive(Default)]
struct EndedInner {
    cause: OnceLock<Error>,
    noted: Notify,
}

impl Ended {
    /// Notes a failure. The first one counts: the others follow from it.
    pub(crate) fn note(&self, error: &(dyn StdError + 'static)) {
        self.set(failure::of_network(error));
    }

    fn closed(&self) {
        self.set(Error::new(Reason::Unreachable, "the server closed the connection"));
    }

    fn set(&self, cause: Error) {
        tracing::debug!(%cause, "a connection ended");
        // It stays as it is when it is set already.
        let _ = self.0.cause.set(cause);
        self.0.noted.notify_waiters();
    }

    /// The cause of `symptom`, a failure that somebody saw on this connection.
    pub(crate) async fn cause(&self, symptom: &(dyn StdError + Send + Sync + 'static)) -> Error {
        let noted = self.0.noted.notified();
        if self.0.cause.get().is_none() {
            let _ = tokio::time::timeout(CAUSE_TIMEOUT, noted).await;
        }
        self.0.cause.get().cloned().unwrap_or_else(|| failure::of_network(symptom))
    }

    /// What a failed call means: an answer of the server, or the end of the connection.
    pub(crate) async fn failure(&self, status: &tonic::Status) -> Failure {
        if let Some(cause) = status.source().and_then(|source| source.downcast_ref::<Error>()) {
            return Failure::lost(cause.clone());
        }
        if status.source().is_some() {
            return Failure::lost(self.cause(status).await);
        }
        Failure::answered(error_from_status(status))
    }
}

fn at(url: &Url, error: &Error) -> Error {
    Error::new(error.reason(), format!("{url}: {error}"))
}
