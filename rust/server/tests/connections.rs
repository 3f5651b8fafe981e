//! Who is let in, and what the others learn.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::{APP, Backend, reason, sign};
use rustls::ClientConfig;
use supacrypt_core::Reason;
use supacrypt_pki::{Authority, Validity};
use supacrypt_proto::v1::crypto_service_client::CryptoServiceClient;
use supacrypt_proto::v1::{self, audit_entry::Outcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What the TLS library of a refused client says. Under TLS 1.3 it learns of the refusal when it
/// reads for the first time.
async fn refusal(backend: &Backend, tls: ClientConfig) -> String {
    let tcp = TcpStream::connect(backend.endpoints.grpc).await.unwrap();
    let name = "localhost".try_into().unwrap();
    match tokio_rustls::TlsConnector::from(std::sync::Arc::new(tls)).connect(name, tcp).await {
        Err(error) => error.to_string(),
        Ok(mut stream) => {
            // Like a client that speaks at once: what it sends must not cost it the explanation.
            let _ = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
            stream.read(&mut [0; 64]).await.unwrap_err().to_string()
        }
    }
}

async fn says(backend: &Backend, bytes: &[u8]) -> Vec<u8> {
    let mut tcp = TcpStream::connect(backend.endpoints.grpc).await.unwrap();
    tcp.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer).await.unwrap();
    answer
}

async fn refused(backend: &Backend, reason: Reason, word: &str) {
    let entry = backend.recorded("Connect", reason.as_str()).await;
    assert_eq!(entry.outcome(), Outcome::Denied);
    assert_eq!(entry.principal, "");
    assert!(entry.peer.starts_with("127.0.0.1:"), "{}", entry.peer);
    let line = format!("supacrypt_connections_refused_total{{reason=\"{word}\"}} 1");
    let metrics = backend.metrics().await;
    assert!(metrics.contains(&line), "no {line} in {metrics}");
}

#[tokio::test]
async fn a_client_without_a_certificate_is_told_that_one_is_required() {
    let backend = Backend::start().await;
    let message = refusal(&backend, backend.client_without_certificate()).await;
    assert!(message.contains("CertificateRequired"), "{message}");
    refused(&backend, Reason::ClientCertificateMissing, "certificate_missing").await;
}

#[tokio::test]
async fn a_client_with_an_expired_certificate_is_told_so() {
    let backend = Backend::start().await;
    let message = refusal(&backend, backend.client(APP, Validity::expired())).await;
    assert!(message.contains("CertificateExpired"), "{message}");
    refused(&backend, Reason::ClientCertificateExpired, "certificate_expired").await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let backend = Backend::start().await;
    let other = Authority::new("other").unwrap();
    let client = backend.client_of(&other, APP, Validity::days(1));
    let message = refusal(&backend, client).await;
    assert!(message.contains("UnknownCA"), "{message}");
    refused(&backend, Reason::ClientCertificateRejected, "unknown_issuer").await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_with_the_same_name_is_refused() {
    let backend = Backend::start().await;
    let twin = Authority::new("test").unwrap();
    let client = backend.client_of(&twin, APP, Validity::days(1));
    refusal(&backend, client).await;
    refused(&backend, Reason::ClientCertificateRejected, "unknown_issuer").await;
}

#[tokio::test]
async fn plaintext_http_is_told_to_use_tls() {
    let backend = Backend::start().await;
    let answer = says(&backend, b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("gRPC over TLS 1.3"), "{answer}");
    refused(&backend, Reason::Protocol, "plaintext_http").await;
}

#[tokio::test]
async fn plaintext_grpc_is_told_to_use_tls() {
    let backend = Backend::start().await;
    let endpoint = format!("http://{}", backend.endpoints.grpc);
    let channel = tonic::transport::Endpoint::from_shared(endpoint).unwrap().connect().await;
    let status = match channel {
        Ok(channel) => {
            CryptoServiceClient::new(channel).sign(v1::SignRequest::default()).await.unwrap_err()
        }
        Err(error) => tonic::Status::from_error(error.into()),
    };
    let text = format!("{status:?}");
    assert!(text.contains("INADEQUATE_SECURITY") || text.contains("TLS 1.3"), "{text}");
    refused(&backend, Reason::Protocol, "plaintext_http").await;
}

#[tokio::test]
async fn garbage_gets_no_answer_and_harms_nobody() {
    let backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::EcP256).await;
    assert_eq!(says(&backend, b"\x00\x01garbage\xff\xff").await, b"");
    refused(&backend, Reason::Protocol, "not_tls").await;
    // A handshake record that is none.
    says(&backend, &[0x16, 3, 1, 0, 4, 1, 2, 3, 4]).await;
    backend.crypto(APP).await.sign(sign(&name)).await.unwrap();
}

#[tokio::test]
async fn a_client_that_stalls_in_the_handshake_is_cut_off_and_holds_up_nobody() {
    let backend = Backend::start_with("[limits]\nhandshake_timeout = \"300ms\"").await;
    let mut stalled = TcpStream::connect(backend.endpoints.grpc).await.unwrap();
    stalled.write_all(&[0x16, 3, 1]).await.unwrap();
    backend
        .crypto(APP)
        .await
        .generate_random(v1::GenerateRandomRequest { length: 1 })
        .await
        .unwrap();
    assert_eq!(stalled.read(&mut [0; 8]).await.unwrap(), 0);
    refused(&backend, Reason::DeadlineExceeded, "timeout").await;
}

#[tokio::test]
async fn a_connection_over_the_limit_is_refused() {
    let backend = Backend::start_with("[limits]\nmax_connections = 3").await;
    let open = [backend.channel(APP).await, backend.channel(APP).await];
    let mut clients: Vec<_> = open.into_iter().map(CryptoServiceClient::new).collect();
    let mut denied = 0;
    for _ in 0..4 {
        match backend.try_channel(backend.client(APP, Validity::days(1))).await {
            Ok(channel) => clients.push(CryptoServiceClient::new(channel)),
            Err(_) => denied += 1,
        }
    }
    assert!(denied >= 3, "{denied}");
    for client in clients {
        client.clone().generate_random(v1::GenerateRandomRequest { length: 1 }).await.unwrap();
    }
    let metrics = backend.metrics().await;
    assert!(metrics.contains("reason=\"connection_limit\""), "{metrics}");
}

#[tokio::test]
async fn a_certificate_that_expires_while_the_connection_is_open_is_noticed() {
    let backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::EcP256).await;
    // A certificate counts in whole seconds: at least one of them is left.
    let tls = backend.client(APP, Validity::lasting(Duration::from_secs(2)));
    let mut client = CryptoServiceClient::new(backend.channel_with(tls).await);
    client.sign(sign(&name)).await.unwrap();
    let status = loop {
        match client.sign(sign(&name)).await {
            Ok(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(status) => break status,
        }
    };
    assert_eq!(reason(&status), Reason::ClientCertificateExpired);
    let entry = backend.recorded("Sign", "CLIENT_CERTIFICATE_EXPIRED").await;
    assert_eq!((entry.outcome(), entry.principal.as_str()), (Outcome::Denied, APP));
}

#[tokio::test]
async fn the_key_exchange_is_hybrid_and_no_session_is_resumed() {
    let backend = Backend::start().await;
    let tls = backend.client(APP, Validity::days(1));
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(tls));
    for _ in 0..2 {
        let tcp = TcpStream::connect(backend.endpoints.grpc).await.unwrap();
        let stream = connector.connect("localhost".try_into().unwrap(), tcp).await.unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!(session.handshake_kind(), Some(rustls::HandshakeKind::Full));
        let group = session.negotiated_key_exchange_group().unwrap().name();
        assert_eq!(group, rustls::NamedGroup::X25519MLKEM768);
    }
}
