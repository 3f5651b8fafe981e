//! Shutting down: what runs is finished, what is new is refused.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{ADMIN, APP, Backend, reason, sign, sign_rsa};
use supacrypt_core::Reason;
use supacrypt_proto::v1;
use supacrypt_proto::v1::perform_operation::Operation;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

#[tokio::test]
async fn operations_in_flight_are_answered_and_the_stream_ends() {
    let mut backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::Rsa4096).await;
    let mut client = backend.crypto(APP).await;
    let (send, requests) = mpsc::channel(1);
    let mut stream = client.perform(ReceiverStream::new(requests)).await.unwrap().into_inner();
    let operations = (0..16)
        .map(|id| v1::PerformOperation { id, operation: Some(Operation::Sign(sign_rsa(&name))) })
        .collect();
    send.send(v1::PerformRequest { operations }).await.unwrap();
    // The first answer tells that all of them have arrived.
    let mut answered = stream.message().await.unwrap().unwrap().outcomes.len();
    backend.begin_shutdown();
    while let Some(message) = stream.message().await.unwrap() {
        answered += message.outcomes.len();
    }
    assert_eq!(answered, 16);
    backend.ended().await;
    assert!(TcpStream::connect(backend.endpoints.grpc).await.is_err());
}

#[tokio::test]
async fn watchers_learn_that_the_server_goes() {
    let mut backend = Backend::start().await;
    let request = v1::WatchKeysRequest { parent: "keyrings/dev".into() };
    let mut watch = backend.keys(APP).await.watch_keys(request).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().key, "");
    backend.begin_shutdown();
    let status = watch.message().await.unwrap_err();
    assert_eq!(reason(&status), Reason::Draining);
    backend.ended().await;
}

#[tokio::test]
async fn a_stream_that_stays_open_does_not_keep_the_server_from_ending() {
    let mut backend = Backend::start_with("drain_timeout = \"200ms\"").await;
    let mut health = tonic_health::pb::health_client::HealthClient::new(backend.channel(APP).await);
    let request = tonic_health::pb::HealthCheckRequest { service: String::new() };
    let mut watch = health.watch(request).await.unwrap().into_inner();
    watch.message().await.unwrap().unwrap();
    backend.begin_shutdown();
    backend.ended().await;
}

#[tokio::test]
async fn a_restarted_server_has_everything_that_was_acknowledged() {
    let mut backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::EcP256).await;
    backend.crypto(APP).await.sign(sign(&name)).await.unwrap();
    let entries = backend.audit().await.len();
    assert!(backend.data_dir().join("endpoints.json").exists());
    backend.begin_shutdown();
    backend.ended().await;
    assert!(!backend.data_dir().join("endpoints.json").exists());

    backend.restart().await;
    backend.crypto(APP).await.sign(sign(&name)).await.unwrap();
    let request = v1::GetKeyRequest { name: "keyrings/dev/keys/k".into() };
    backend.keys(ADMIN).await.get_key(request).await.unwrap();
    assert!(backend.audit().await.len() > entries);
}
