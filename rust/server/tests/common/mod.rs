//! A real server in this process, with a PKI of its own, and plain clients for it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of this")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use supacrypt_core::{Error, Reason};
use supacrypt_pki::{Authority, Identity, Validity};
use supacrypt_proto::v1::audit_service_client::AuditServiceClient;
use supacrypt_proto::v1::crypto_service_client::CryptoServiceClient;
use supacrypt_proto::v1::key_service_client::KeyServiceClient;
use supacrypt_proto::v1::keyring_service_client::KeyringServiceClient;
use supacrypt_proto::{error_from_status, v1};
use supacrypt_server::config::Config;
use supacrypt_server::{Endpoints, Server};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

pub const ADMIN: &str = "spiffe://example.org/admin";
pub const APP: &str = "spiffe://example.org/app";

/// A running server.
pub struct Backend {
    pub dir: TempDir,
    pub authority: Authority,
    pub endpoints: Endpoints,
    shutdown: Option<oneshot::Sender<()>>,
    running: JoinHandle<supacrypt_core::Result<()>>,
}

impl Backend {
    pub async fn start() -> Backend {
        Backend::start_with("").await
    }

    /// Starts a server with more lines of configuration; one keyring `dev` is there, with [`APP`] as
    /// its user.
    pub async fn start_with(more: &str) -> Backend {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::new("test").unwrap();
        authority.write_certificate(&dir.path().join("ca.pem")).unwrap();
        let server = authority.issue_server(&["localhost"]).unwrap();
        server.write(&dir.path().join("server.pem"), &dir.path().join("server.key")).unwrap();
        let text = format!(
            "data_dir = \"data\"\n\
             {more}\n\
             [listen]\ngrpc = \"127.0.0.1:0\"\nmetrics = \"127.0.0.1:0\"\n\
             [tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\nclient_ca = \"ca.pem\"\n\
             [authorization]\nadmins = [\"{ADMIN}\"]\n"
        );
        let file = dir.path().join("supacryptd.toml");
        std::fs::write(&file, text).unwrap();
        let (endpoints, shutdown, running) = run(&file).await;
        let backend = Backend { dir, authority, endpoints, shutdown: Some(shutdown), running };
        backend.make_keyring("dev", &[(APP, v1::Role::User)]).await;
        backend
    }

    pub async fn make_keyring(&self, id: &str, grants: &[(&str, v1::Role)]) {
        let grants = grants
            .iter()
            .map(|(principal, role)| v1::Grant {
                principal: (*principal).into(),
                role: (*role).into(),
            })
            .collect();
        let request = v1::CreateKeyringRequest {
            keyring_id: id.into(),
            keyring: Some(v1::Keyring { grants, ..Default::default() }),
            ..Default::default()
        };
        KeyringServiceClient::new(self.channel(ADMIN).await).create_keyring(request).await.unwrap();
    }

    /// Makes a key in `dev` and returns the name of its version.
    pub async fn make_key(&self, id: &str, spec: v1::KeySpec) -> String {
        let request = v1::CreateKeyRequest {
            parent: "keyrings/dev".into(),
            key_id: id.into(),
            key: Some(v1::Key { spec: spec.into(), ..Default::default() }),
            ..Default::default()
        };
        let key = self.keys(ADMIN).await.create_key(request).await.unwrap().into_inner();
        key.primary.unwrap().name
    }

    pub async fn channel(&self, principal: &str) -> Channel {
        let tls = self.client(principal, Validity::days(1));
        self.channel_with(tls).await
    }

    pub async fn channel_with(&self, tls: ClientConfig) -> Channel {
        self.try_channel(tls).await.unwrap()
    }

    pub async fn try_channel(&self, tls: ClientConfig) -> Result<Channel, tonic::transport::Error> {
        let address = self.endpoints.grpc;
        let connector = TlsConnector::from(Arc::new(tls));
        let connect = tower::service_fn(move |_| {
            let connector = connector.clone();
            async move {
                let tcp = TcpStream::connect(address).await?;
                tcp.set_nodelay(true)?;
                let name = ServerName::try_from("localhost").unwrap();
                std::io::Result::Ok(TokioIo::new(connector.connect(name, tcp).await?))
            }
        });
        Endpoint::from_static("http://localhost").connect_with_connector(connect).await
    }

    pub async fn keys(&self, principal: &str) -> KeyServiceClient<Channel> {
        KeyServiceClient::new(self.channel(principal).await)
    }

    pub async fn crypto(&self, principal: &str) -> CryptoServiceClient<Channel> {
        CryptoServiceClient::new(self.channel(principal).await)
    }

    /// How a client of this principal speaks TLS.
    pub fn client(&self, principal: &str, validity: Validity) -> ClientConfig {
        self.client_of(&self.authority, principal, validity)
    }

    /// The same with a certificate from any authority.
    pub fn client_of(
        &self,
        authority: &Authority,
        principal: &str,
        validity: Validity,
    ) -> ClientConfig {
        let issued = authority.issue_client(&Identity::Spiffe(principal.into()), validity).unwrap();
        let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
        let mut config =
            self.client_builder().with_client_auth_cert(vec![certificate], key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }

    pub fn client_without_certificate(&self) -> ClientConfig {
        let mut config = self.client_builder().with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        config
    }

    fn client_builder(
        &self,
    ) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
        let mut roots = RootCertStore::empty();
        let pem = self.authority.certificate().as_bytes();
        roots.add(CertificateDer::from_pem_slice(pem).unwrap()).unwrap();
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
    }

    /// Asks the server to shut down.
    pub fn begin_shutdown(&mut self) {
        let _ = self.shutdown.take().unwrap().send(());
    }

    /// Waits for its end.
    pub async fn ended(&mut self) {
        (&mut self.running).await.unwrap().unwrap();
    }

    /// Ends the server and waits for that. Without it the server ends when the test does, or after it.
    pub async fn end(mut self) {
        self.begin_shutdown();
        self.ended().await;
    }

    /// Starts a server again, on what the last one left.
    pub async fn restart(&mut self) {
        let (endpoints, shutdown, running) = run(&self.dir.path().join("supacryptd.toml")).await;
        (self.endpoints, self.shutdown, self.running) = (endpoints, Some(shutdown), running);
    }

    /// The configuration of the server.
    pub fn config(&self) -> Config {
        Config::load(&self.dir.path().join("supacryptd.toml")).unwrap()
    }

    /// All entries of the audit log so far.
    pub async fn audit(&self) -> Vec<v1::AuditEntry> {
        let mut client = AuditServiceClient::new(self.channel(ADMIN).await);
        let request = v1::ReadAuditLogRequest::default();
        let mut stream = client.read_audit_log(request).await.unwrap().into_inner();
        let mut entries = Vec::new();
        while let Some(message) = stream.message().await.unwrap() {
            entries.extend(message.entries);
        }
        entries
    }

    /// Waits for an entry like this, with a reason or without.
    pub async fn recorded(&self, action: &str, reason: &str) -> v1::AuditEntry {
        let wait = async {
            loop {
                let found = self
                    .audit()
                    .await
                    .into_iter()
                    .find(|entry| entry.action == action && entry.reason == reason);
                match found {
                    Some(entry) => return entry,
                    None => tokio::task::yield_now().await,
                }
            }
        };
        match tokio::time::timeout(Duration::from_secs(10), wait).await {
            Ok(entry) => entry,
            Err(_) => panic!("no entry {action} {reason} in {:#?}", self.audit().await),
        }
    }

    pub async fn metrics(&self) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = TcpStream::connect(self.endpoints.metrics).await.unwrap();
        let request = b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    pub fn data_dir(&self) -> std::path::PathBuf {
        Path::new(self.dir.path()).join("data")
    }
}

async fn run(
    config: &Path,
) -> (Endpoints, oneshot::Sender<()>, JoinHandle<supacrypt_core::Result<()>>) {
    let server = Server::build(Config::load(config).unwrap()).await.unwrap();
    let endpoints = server.endpoints();
    let (shutdown, signal) = oneshot::channel();
    let running = tokio::spawn(server.run(async {
        let _ = signal.await;
    }));
    (endpoints, shutdown, running)
}

/// The error of the API inside a status.
pub fn error(status: &tonic::Status) -> Error {
    error_from_status(status)
}

pub fn reason(status: &tonic::Status) -> Reason {
    error(status).reason()
}

/// A request for an ECDSA signature of 32 bytes.
pub fn sign(name: &str) -> v1::SignRequest {
    let mut scheme = v1::SignatureScheme::default();
    scheme.set_type(v1::signature_scheme::Type::Ecdsa);
    v1::SignRequest {
        name: name.into(),
        scheme: Some(scheme),
        input: vec![7; 32],
        ..Default::default()
    }
}

/// A request for an RSA signature over a SHA-256 digest.
pub fn sign_rsa(name: &str) -> v1::SignRequest {
    let mut scheme = v1::SignatureScheme::default();
    scheme.set_type(v1::signature_scheme::Type::RsaPkcs1);
    scheme.set_digest(v1::Digest::Sha256);
    v1::SignRequest {
        name: name.into(),
        scheme: Some(scheme),
        input: vec![7; 32],
        ..Default::default()
    }
}
