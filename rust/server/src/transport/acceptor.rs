//! Lets clients in, or tells them and us why not.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::Stream;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::identity::Identity;
use super::lane::{Lane, LaneEnds, Load};
use super::peer::Peer;
use super::plaintext::Protocol;
use super::refusal::Refusal;
use super::stream::PeerStream;
use super::tls::ALPN_H2;
use crate::audit::{AuditLog, Entry, Outcome};
use crate::config::Limits;
use crate::telemetry::Metrics;

/// How long a refused client may take to read why, and how much of what it goes on sending is
/// discarded meanwhile, in bytes. Closing at once with bytes unread would make the system reset the
/// connection, and the explanation be lost with it.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 64 * 1024;

/// How long to wait when the system has no descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The accepted connections of one lane, for the gRPC server.
#[derive(Debug)]
pub struct Connections {
    lane: Arc<Lane>,
    accepted: ReceiverStream<Accepted>,
}

type Accepted = Result<PeerStream, Infallible>;

impl Connections {
    /// The lane that they must be served on, and the connections as they come.
    pub fn split(self) -> (Arc<Lane>, impl Stream<Item = Accepted> + Send) {
        (self.lane, self.accepted)
    }
}

/// Where a lane gets its connections from.
struct Inlet {
    lane: Arc<Lane>,
    ready: mpsc::Sender<Accepted>,
}

/// Accepts connections and carries out their handshakes.
#[derive(Clone)]
pub struct Acceptor {
    tls: TlsAcceptor,
    handshake_timeout: Duration,
    slots: Arc<Semaphore>,
    audit: Arc<AuditLog>,
    metrics: Arc<Metrics>,
}

impl Acceptor {
    /// An acceptor within `limits`; refused connections are recorded in `audit`.
    pub fn new(
        tls: Arc<ServerConfig>,
        limits: &Limits,
        audit: Arc<AuditLog>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Acceptor {
            tls: tls.into(),
            handshake_timeout: limits.handshake_timeout,
            slots: Arc::new(Semaphore::new(limits.max_connections.get())),
            audit,
            metrics,
        }
    }

    /// Accepts from `listener` until `end`, and spreads what comes over lanes. They end when their connections
    /// have.
    ///
    /// # Errors
    /// [`Reason::Internal`] when the system has no threads left.
    ///
    /// [`Reason::Internal`]: supacrypt_core::Reason::Internal
    pub fn accept(
        self,
        listener: TcpListener,
        end: CancellationToken,
    ) -> supacrypt_core::Result<(Vec<Connections>, LaneEnds)> {
        let (mut inlets, mut outlets) = (Vec::new(), Vec::new());
        let (lanes, ends) = Lane::start_all()?;
        for lane in lanes {
            let (ready, accepted) = mpsc::channel(1);
            outlets.push(Connections { lane: Arc::clone(&lane), accepted: accepted.into() });
            inlets.push(Inlet { lane, ready });
        }
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = end.cancelled() => return,
                };
                match accepted {
                    Ok((tcp, address)) => {
                        let (inlet, load) = Lane::least_loaded(&inlets, |inlet| &inlet.lane);
                        self.admit(tcp, address, inlet, load);
                    }
                    Err(cause) => {
                        tracing::warn!("a connection could not be accepted: {cause}");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        });
        Ok((outlets, ends))
    }

    /// Goes on in a task of its own: a client that takes its time keeps nobody else waiting.
    fn admit(&self, tcp: TcpStream, address: SocketAddr, inlet: &Inlet, load: Load) {
        let (acceptor, ready) = (self.clone(), inlet.ready.clone());
        let slot = Arc::clone(&self.slots).try_acquire_owned();
        inlet.lane.runtime().spawn(async move {
            let Ok(slot) = slot else {
                return acceptor.refuse(address, Refusal::connection_limit()).await;
            };
            let limit = acceptor.handshake_timeout;
            let greeted = tokio::time::timeout(limit, acceptor.greet(tcp, address, slot, load))
                .await
                .unwrap_or_else(|_| Err(Refusal::timeout(limit)));
            match greeted {
                // When nobody wants the connection any more, the server is shutting down.
                Ok(Some(stream)) => drop(ready.send(Ok(stream)).await),
                Ok(None) => tracing::debug!(peer = %address, "closed without a word"),
                Err(refusal) => acceptor.refuse(address, refusal).await,
            }
        });
    }

    /// The handshake; `None` for a peer that hung up without sending anything, as probes of load
    /// balancers do.
    async fn greet(
        &self,
        tcp: TcpStream,
        address: SocketAddr,
        slot: OwnedSemaphorePermit,
        load: Load,
    ) -> Result<Option<PeerStream>, Refusal> {
        // It was accepted by another runtime.
        let Ok(mut tcp) = tcp.into_std().and_then(TcpStream::from_std) else { return Ok(None) };
        let mut first = [0; 4];
        let protocol = match tcp.peek(&mut first).await {
            Ok(0) | Err(_) => return Ok(None),
            Ok(length) => Protocol::of(&first[..length]),
        };
        if protocol != Protocol::Tls {
            // Whether the peer still listens changes nothing.
            let _ = protocol.explain(&mut tcp).await;
            linger(tcp);
            return Err(match protocol {
                Protocol::Unknown => Refusal::not_tls(),
                _ => Refusal::plaintext_http(),
            });
        }
        // Answers are small and whole; waiting to fill a packet would only delay them.
        let _ = tcp.set_nodelay(true);
        let tls = self.tls.accept(tcp).into_fallible().await.map_err(|(cause, tcp)| {
            linger(tcp);
            Refusal::of_handshake(&cause)
        })?;
        let peer = Peer::new(identify(&tls)?, address);
        let counted = self.metrics.connections.opened();
        tracing::debug!(principal = %peer.principal(), peer = %address, "connected");
        Ok(Some(PeerStream { tls, peer, _load: load, _slot: slot, _counted: counted }))
    }

    async fn refuse(&self, address: SocketAddr, refusal: Refusal) {
        let Refusal { word, error } = refusal;
        self.metrics.connections.refused(word);
        tracing::warn!(peer = %address, reason = word, "connection refused: {error}");
        let entry = Entry {
            time: SystemTime::now(),
            principal: None,
            action: "Connect",
            resource: "".into(),
            algorithm: None,
            outcome: Outcome::Denied,
            reason: Some(error.reason()),
            peer: address.to_string().into(),
            wrapping_key: None,
        };
        if let Err(error) = self.audit.append(&[entry]).await {
            tracing::error!(peer = %address, "the refused connection is not recorded: {error}");
        }
    }
}

fn identify(tls: &TlsStream<TcpStream>) -> Result<Identity, Refusal> {
    let (_, session) = tls.get_ref();
    if session.alpn_protocol() != Some(ALPN_H2) {
        return Err(Refusal::not_http2());
    }
    let certificate = session
        .peer_certificates()
        .and_then(<[_]>::first)
        .expect("invariant: a handshake without a client certificate fails");
    Identity::of(certificate).map_err(Refusal::no_identity)
}

/// Lets the peer read what it was told before the connection is closed.
fn linger(mut tcp: TcpStream) {
    tokio::spawn(tokio::time::timeout(LINGER, async move {
        tcp.shutdown().await?;
        tokio::io::copy(&mut tcp.take(LINGER_BYTES), &mut tokio::io::sink()).await?;
        io::Result::Ok(())
    }));
}
