//! An HTTPS server in this process that answers as it is told, and spoils answers as it is told.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of this")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use supacrypt_pki::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// The path and the query.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The target without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, headers: Vec::new(), body: body.into() }
    }

    pub fn with(mut self, header: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((header, value.into()));
        self
    }

    fn head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} Told\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + &format!("content-length: {}\r\n\r\n", self.body.len())
    }
}

/// What goes wrong with a request that has come in whole.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing is done, and this is answered.
    Told(Answer),
    /// Nothing is done or answered.
    Hang,
    /// Nothing is done, and the connection is reset.
    Reset,
    /// It is done, and the connection is reset.
    Lost,
    /// It is done, and the connection ends in the middle of the body.
    Half,
}

type Serve = dyn Fn(&Request) -> Answer + Send + Sync;

struct Shared {
    serve: Box<Serve>,
    /// What goes wrong, and with how many requests more.
    fault: Mutex<Option<(Fault, usize)>>,
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
}

/// The server. It ends when it is dropped.
pub struct Https {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Https {
    /// Starts a server for `localhost`, whose certificate `authority` issues.
    pub async fn start(
        authority: &Authority,
        serve: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Https {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = acceptor(authority);
        let shared = Arc::new(Shared {
            serve: Box::new(serve),
            fault: Mutex::new(None),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let accepting = tokio::spawn(accept(listener, acceptor, Arc::clone(&shared)));
        Https { address, shared, accepting }
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// Has this go wrong with all requests from now on.
    pub fn spoil(&self, fault: Fault) {
        self.spoil_next(usize::MAX, fault);
    }

    /// Has this go wrong with so many requests.
    pub fn spoil_next(&self, count: usize, fault: Fault) {
        *self.shared.fault.lock() = Some((fault, count));
    }

    /// Answers all again.
    pub fn heal(&self) {
        *self.shared.fault.lock() = None;
    }

    /// Connections that were made.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// All that was asked since the last time.
    pub fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.shared.requests.lock())
    }
}

impl Drop for Https {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn acceptor(authority: &Authority) -> TlsAcceptor {
    let issued = authority.issue_server(&["localhost"]).unwrap();
    let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    // Its connections end with it.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((tcp, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::SeqCst);
        tcp.set_zero_linger().unwrap();
        let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
        connections.spawn(async move {
            if let Ok(mut stream) = acceptor.accept(tcp).await {
                while let Some(request) = receive(&mut stream).await {
                    if !reply(&mut stream, &shared, request).await {
                        return;
                    }
                }
            }
        });
    }
}

async fn receive(stream: &mut TlsStream<TcpStream>) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        stream.read_buf(&mut bytes).await.ok().filter(|read| *read > 0)?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut body = bytes.split_off(end + 4);
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ').map(str::to_owned);
    let (method, target) = (first.next()?, first.next()?);
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    while body.len() < length {
        stream.read_buf(&mut body).await.ok().filter(|read| *read > 0)?;
    }
    Some(Request { method, target, headers, body })
}

/// Answers, and tells whether the connection goes on.
async fn reply(stream: &mut TlsStream<TcpStream>, shared: &Shared, request: Request) -> bool {
    shared.requests.lock().push(request.clone());
    let fault = {
        let mut fault = shared.fault.lock();
        let now = fault.as_ref().map(|(fault, _)| fault.clone());
        *fault = fault.take().filter(|(_, left)| *left > 1).map(|(fault, left)| (fault, left - 1));
        now
    };
    let (answer, part) = match fault {
        None => ((shared.serve)(&request), None),
        Some(Fault::Told(answer)) => (answer, None),
        Some(Fault::Hang) => return std::future::pending().await,
        Some(Fault::Reset) => return false,
        Some(Fault::Lost) => {
            (shared.serve)(&request);
            return false;
        }
        Some(Fault::Half) => {
            let answer = (shared.serve)(&request);
            let half = answer.body.len() / 2;
            (answer, Some(half))
        }
    };
    let body = &answer.body[..part.unwrap_or(answer.body.len())];
    let bytes = [answer.head().as_bytes(), body].concat();
    let sent = stream.write_all(&bytes).await.is_ok() && stream.flush().await.is_ok();
    sent && part.is_none()
}
