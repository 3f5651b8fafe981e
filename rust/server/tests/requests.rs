//! What holds for every request: authorization, limits, deadlines, records.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::{ADMIN, APP, Backend, error, reason, sign};
use supacrypt_core::Reason;
use supacrypt_proto::v1::audit_service_client::AuditServiceClient;
use supacrypt_proto::v1::crypto_service_client::CryptoServiceClient;
use supacrypt_proto::v1::keyring_service_client::KeyringServiceClient;
use supacrypt_proto::{limits, v1};
use tonic::{Code, Request};

#[tokio::test]
async fn a_keyring_that_is_not_granted_looks_like_one_that_does_not_exist() {
    let backend = Backend::start().await;
    backend.make_keyring("other", &[]).await;
    let mut client = backend.keys(APP).await;
    let mut ask = async |keyring: &str| {
        let request = v1::ListKeysRequest { parent: keyring.into(), ..Default::default() };
        error(&client.list_keys(request).await.unwrap_err())
    };
    let (other, absent) = (ask("keyrings/other").await, ask("keyrings/absent").await);
    assert_eq!(other.reason(), Reason::KeyringNotGranted);
    assert_eq!(other.reason(), absent.reason());
    assert_eq!(other.message().replace("other", "absent"), absent.message());
    let entry = backend.recorded("ListKeys", "KEYRING_NOT_GRANTED").await;
    assert_eq!(entry.resource, "keyrings/other");
    let entry = backend.recorded("ListKeys", "KEYRING_NOT_FOUND").await;
    assert_eq!(entry.outcome(), v1::audit_entry::Outcome::Denied);
}

#[tokio::test]
async fn a_user_may_not_manage_and_nobody_but_administrators_reads_the_audit_log() {
    let backend = Backend::start().await;
    let request = v1::CreateKeyRequest {
        parent: "keyrings/dev".into(),
        key: Some(v1::Key { spec: v1::KeySpec::EcP256.into(), ..Default::default() }),
        ..Default::default()
    };
    let status = backend.keys(APP).await.create_key(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RoleInsufficient);
    backend.recorded("CreateKey", "ROLE_INSUFFICIENT").await;

    let mut audit = AuditServiceClient::new(backend.channel(APP).await);
    let status = audit.read_audit_log(v1::ReadAuditLogRequest::default()).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RoleInsufficient);
}

#[tokio::test]
async fn a_principal_lists_the_keyrings_it_has_a_role_in() {
    let backend = Backend::start().await;
    backend.make_keyring("other", &[]).await;
    let list = async |principal| {
        let mut client = KeyringServiceClient::new(backend.channel(principal).await);
        let answer = client.list_keyrings(v1::ListKeyringsRequest::default()).await.unwrap();
        let names = answer.into_inner().keyrings.into_iter().map(|keyring| keyring.name);
        names.collect::<Vec<_>>()
    };
    assert_eq!(list(APP).await, ["keyrings/dev"]);
    assert_eq!(list(ADMIN).await, ["keyrings/dev", "keyrings/other"]);
}

#[tokio::test]
async fn an_oversized_message_has_its_own_error_and_entry() {
    let backend = Backend::start().await;
    let mut request = sign("keyrings/dev/keys/k");
    request.input = vec![0; limits::MESSAGE + 1];
    let status = backend.crypto(APP).await.sign(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status)), (Code::OutOfRange, Reason::MessageTooLarge));
    let entry = backend.recorded("Request", "MESSAGE_TOO_LARGE").await;
    assert_eq!(entry.resource, "/supacrypt.v1.CryptoService/Sign");
    assert_eq!(entry.principal, APP);
}

#[tokio::test]
async fn an_oversized_input_names_its_field() {
    let backend = Backend::start().await;
    let mut request = sign("keyrings/dev/keys/k");
    request.input = vec![0; limits::INPUT + 1];
    let status = backend.crypto(APP).await.sign(request).await.unwrap_err();
    assert_eq!(error(&status).field(), Some("input"));
    backend.recorded("Sign", "INVALID_ARGUMENT").await;
}

/// A codec that sends bytes as they are.
#[derive(Default)]
struct Raw;

impl tonic::codec::Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl tonic::codec::Encoder for Raw {
    type Item = Vec<u8>;
    type Error = tonic::Status;

    fn encode(
        &mut self,
        item: Vec<u8>,
        buffer: &mut tonic::codec::EncodeBuf<'_>,
    ) -> Result<(), tonic::Status> {
        bytes::BufMut::put_slice(buffer, &item);
        Ok(())
    }
}

impl tonic::codec::Decoder for Raw {
    type Item = ();
    type Error = tonic::Status;

    fn decode(
        &mut self,
        _buffer: &mut tonic::codec::DecodeBuf<'_>,
    ) -> Result<Option<()>, tonic::Status> {
        Ok(Some(()))
    }
}

#[tokio::test]
async fn what_is_no_message_of_the_api_is_refused_and_recorded() {
    let backend = Backend::start().await;
    let mut client = tonic::client::Grpc::new(backend.channel(APP).await);
    client.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/supacrypt.v1.CryptoService/Sign");
    let status = client.unary(Request::new(vec![0xff; 20]), path, Raw).await.unwrap_err();
    assert_eq!(reason(&status), Reason::InvalidArgument);
    backend.recorded("Request", "INVALID_ARGUMENT").await;
}

#[tokio::test]
async fn a_method_that_does_not_exist_is_recorded() {
    let backend = Backend::start().await;
    let mut client = tonic::client::Grpc::new(backend.channel(APP).await);
    client.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/supacrypt.v1.CryptoService/Guess");
    let status = client.unary(Request::new(Vec::new()), path, Raw).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    let entry = backend.recorded("Request", "PROTOCOL").await;
    assert_eq!(entry.resource, "/supacrypt.v1.CryptoService/Guess");
}

/// Keeps the store from being written until it is dropped.
async fn lock_store(backend: &Backend) -> sqlx::Transaction<'static, sqlx::Sqlite> {
    let file = backend.data_dir().join("supacrypt.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    pool.begin_with("BEGIN IMMEDIATE").await.unwrap()
}

fn create_key() -> Request<v1::CreateKeyRequest> {
    Request::new(v1::CreateKeyRequest {
        parent: "keyrings/dev".into(),
        key: Some(v1::Key { spec: v1::KeySpec::EcP256.into(), ..Default::default() }),
        ..Default::default()
    })
}

#[tokio::test]
async fn work_past_its_deadline_is_given_up_and_recorded() {
    let backend = Backend::start_with("[limits]\noperation_deadline = \"500ms\"").await;
    let _locked = lock_store(&backend).await;
    let status = backend.keys(ADMIN).await.create_key(create_key()).await.unwrap_err();
    assert_eq!(reason(&status), Reason::DeadlineExceeded);
    backend.recorded("CreateKey", "DEADLINE_EXCEEDED").await;
}

#[tokio::test]
async fn a_caller_may_ask_for_less_time_than_the_server_allows() {
    let backend = Backend::start().await;
    let _locked = lock_store(&backend).await;
    let mut request = create_key();
    request.set_timeout(Duration::from_millis(300));
    let status = backend.keys(ADMIN).await.create_key(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::DeadlineExceeded);
    backend.recorded("CreateKey", "DEADLINE_EXCEEDED").await;
}

#[tokio::test]
async fn requests_over_the_limit_of_the_server_are_turned_away() {
    let backend = Backend::start_with("[limits]\nmax_concurrent_operations = 1").await;
    let channel = backend.channel(ADMIN).await;
    let create = |number: usize| {
        let mut client = v1::key_service_client::KeyServiceClient::new(channel.clone());
        let request = v1::CreateKeyRequest {
            parent: "keyrings/dev".into(),
            key_id: format!("k{number}"),
            key: Some(v1::Key { spec: v1::KeySpec::Rsa3072.into(), ..Default::default() }),
            ..Default::default()
        };
        async move { client.create_key(request).await }
    };
    let results = futures_util::future::join_all((0..8).map(create)).await;
    let overloaded = results.iter().filter_map(|result| result.as_ref().err());
    let reasons: Vec<_> = overloaded.map(reason).collect();
    assert!(!reasons.is_empty() && reasons.len() < 8, "{reasons:?}");
    assert!(reasons.iter().all(|reason| *reason == Reason::Overloaded), "{reasons:?}");
}

#[tokio::test]
async fn nothing_is_answered_that_cannot_be_recorded() {
    let backend = Backend::start().await;
    let name = backend.make_key("k", v1::KeySpec::EcP256).await;
    let mut client = backend.crypto(APP).await;
    let signatures = async |client: &mut CryptoServiceClient<_>| {
        let mut made = 0;
        for _ in 0..50 {
            client.sign(sign(&name)).await.unwrap();
            made += 1;
        }
        made
    };
    let answered = signatures(&mut client).await;
    // Straight from the files, as after a crash: what was answered is there already.
    let mut stored = Vec::new();
    for file in std::fs::read_dir(backend.data_dir().join("audit")).unwrap() {
        stored.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let needle = b"Sign";
    let found = stored.windows(needle.len()).filter(|window| window == needle).count();
    assert_eq!(found, answered);
}

#[tokio::test]
async fn health_and_reflection_answer() {
    let backend = Backend::start().await;
    let mut health = tonic_health::pb::health_client::HealthClient::new(backend.channel(APP).await);
    let request =
        tonic_health::pb::HealthCheckRequest { service: "supacrypt.v1.CryptoService".into() };
    let status = health.check(request).await.unwrap().into_inner().status();
    assert_eq!(status, tonic_health::pb::health_check_response::ServingStatus::Serving);

    use tonic_reflection::pb::v1 as reflection;
    let mut client = reflection::server_reflection_client::ServerReflectionClient::new(
        backend.channel(APP).await,
    );
    let ask = reflection::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(
            reflection::server_reflection_request::MessageRequest::FileContainingSymbol(
                "supacrypt.v1.CryptoService".into(),
            ),
        ),
    };
    let answer = client.server_reflection_info(tokio_stream::once(ask)).await.unwrap();
    let answer = answer.into_inner().message().await.unwrap().unwrap();
    use reflection::server_reflection_response::MessageResponse;
    assert!(matches!(answer.message_response, Some(MessageResponse::FileDescriptorResponse(_))));
}

#[tokio::test]
async fn an_import_is_repeated_with_the_same_material_only() {
    let backend = Backend::start().await;
    let import = |material: &[u8]| v1::ImportKeyRequest {
        parent: "keyrings/dev".into(),
        key: Some(v1::Key { spec: v1::KeySpec::GenericSecret.into(), ..Default::default() }),
        material: material.to_vec(),
        request_id: "once".into(),
        ..Default::default()
    };
    let mut keys = backend.keys(ADMIN).await;
    let made = keys.import_key(import(&[7; 32])).await.unwrap().into_inner();
    let again = keys.import_key(import(&[7; 32])).await.unwrap().into_inner();
    assert_eq!(made.name, again.name);
    let status = keys.import_key(import(&[7; 33])).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RequestIdReused);
}
