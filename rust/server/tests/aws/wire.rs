//! A KMS of ours that answers as it is told, over TLS, and remembers what it was asked.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use supacrypt_pki::Authority;
use supacrypt_server::config::AwsSettings;
use supacrypt_server::custody::AwsCustodian;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::place;

pub(crate) const STORE: &str = "store";
pub(crate) const ARN: &str = "arn:aws:kms:eu-central-1:111122223333:key/made";

/// What a request is answered by.
pub(crate) enum Answer {
    /// A status and JSON.
    Json(u16, Value),
    /// A refusal with this code.
    Refused(u16, &'static str, &'static str),
    /// The same, and when to ask again, in seconds.
    Later(u16, &'static str, u64),
    /// Something that is not of KMS.
    Other(u16),
    /// The connection is closed halfway through the answer.
    Half,
    /// The connection is closed.
    Nothing,
    /// An answer that waits.
    After(Arc<Notify>, Box<Answer>),
    /// None, ever.
    Never,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Answer {
        Answer::Json(200, body)
    }
}

/// A request: what is to be done, such as `Sign`, and with what.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) action: String,
    pub(crate) body: Value,
}

type Answers = dyn Fn(&Request, usize) -> Answer + Send + Sync;

struct State {
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    answers: Box<Answers>,
}

/// Ends with the test.
pub(crate) struct Kms {
    state: Arc<State>,
    dir: TempDir,
    port: u16,
    serving: JoinHandle<()>,
}

impl Drop for Kms {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Kms {
    /// One that answers what `answers` says, which is told how many requests for the same came before.
    pub(crate) async fn start(
        answers: impl Fn(&Request, usize) -> Answer + Send + Sync + 'static,
    ) -> Kms {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::new("kms").unwrap();
        authority.write_certificate(&dir.path().join("ca.pem")).unwrap();
        let issued = authority.issue_server(&["localhost"]).unwrap();
        let chain = vec![CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            answers: Box::new(answers),
        });
        let serving =
            tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(tls)), Arc::clone(&state)));
        Kms { state, dir, port, serving }
    }

    /// One that always answers the same.
    pub(crate) async fn always(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Kms {
        Kms::start(move |_, _| answer()).await
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    pub(crate) fn settings(&self) -> AwsSettings {
        let endpoint = format!("https://localhost:{}", self.port);
        let settings = place::settings("eu-central-1", Some(&endpoint));
        AwsSettings { ca: Some(self.ca()), ..settings }
    }

    pub(crate) async fn open(&self) -> AwsCustodian {
        place::open(&self.settings(), STORE).await.unwrap()
    }

    /// What was asked for, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().clone()
    }

    pub(crate) fn actions(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.action).collect()
    }

    /// Waits until as many requests came.
    pub(crate) async fn asked(&self, count: usize) {
        let enough = async {
            while self.requests().len() < count {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(10), enough).await;
        assert!(waited.is_ok(), "{:?}", self.actions());
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, state: Arc<State>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (tls, state) = (tls.clone(), Arc::clone(&state));
        // A client that goes away ends its connection, and nothing else.
        tokio::spawn(async move { converse(stream, tls, &state).await.ok() });
    }
}

async fn converse(stream: TcpStream, tls: TlsAcceptor, state: &State) -> std::io::Result<()> {
    let mut stream = BufReader::new(tls.accept(stream).await?);
    state.connections.fetch_add(1, Ordering::SeqCst);
    while let Some(request) = read(&mut stream).await? {
        let before = {
            let mut requests = state.requests.lock();
            let same = |earlier: &&Request| earlier.action == request.action;
            let before = requests.iter().filter(same).count();
            requests.push(request.clone());
            before
        };
        let mut answer = (state.answers)(&request, before);
        while let Answer::After(when, then) = answer {
            when.notified().await;
            answer = *then;
        }
        let refusal =
            |code: &str, text: &str| json!({ "__type": code, "message": text }).to_string();
        let (head, body) = match answer {
            Answer::Json(status, body) => (format!("{status} x\r\n"), body.to_string()),
            Answer::Refused(status, code, text) => (format!("{status} x\r\n"), refusal(code, text)),
            Answer::Later(status, code, seconds) => {
                (format!("{status} x\r\nretry-after: {seconds}\r\n"), refusal(code, ""))
            }
            Answer::Other(status) => (format!("{status} x\r\n"), "<html>no</html>".into()),
            Answer::Half => {
                stream.write_all(b"HTTP/1.1 200 x\r\ncontent-length: 50\r\n\r\n{\"Sig").await?;
                return stream.shutdown().await;
            }
            Answer::Nothing => return Ok(()),
            Answer::Never => std::future::pending().await,
            Answer::After(..) => unreachable!("waited for above"),
        };
        let length = body.len();
        let text = format!("HTTP/1.1 {head}content-length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).await?;
    }
    Ok(())
}

async fn read(stream: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Option<Request>> {
    let (mut action, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(": ") else { continue };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => action = value.trim_start_matches("TrentService.").into(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Request { action, body: serde_json::from_slice(&body).unwrap() }))
}
