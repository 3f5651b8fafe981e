//! The gRPC server: its services and its limits.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use supacrypt_core::{Error, Reason, Result};
use supacrypt_proto::v1::audit_service_server::AuditServiceServer;
use supacrypt_proto::v1::crypto_service_server::CryptoServiceServer;
use supacrypt_proto::v1::custodian_service_server::CustodianServiceServer;
use supacrypt_proto::v1::key_service_server::KeyServiceServer;
use supacrypt_proto::v1::keyring_service_server::KeyringServiceServer;
use supacrypt_proto::v1::object_service_server::ObjectServiceServer;
use supacrypt_proto::v1::seal_service_server::SealServiceServer;
use supacrypt_proto::{limits, v1};
use tokio::task::JoinSet;
use tonic::transport::Server;
use tonic_health::ServingStatus;

use super::audit::Audit;
use super::crypto::Crypto;
use super::custodian::Custodians;
use super::key::Keys;
use super::keyring::Keyrings;
use super::object::Objects;
use super::refused::RefusedLayer;
use super::seal::Seals;
use crate::config::Limits;
use crate::service::Service;
use crate::transport::Connections;

/// How much a client may send ahead, in bytes: on a stream one full message, so that it never waits
/// for permission to send the rest of one; on a connection a few of them.
const STREAM_WINDOW: u32 = limits::MESSAGE as u32;
const CONNECTION_WINDOW: u32 = 4 * STREAM_WINDOW;

/// When nothing came from a client for the first time span, it is asked whether it still lives; when
/// it does not answer within the second, its connection is closed.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Names of the services whose health is told; the empty one is the server as a whole.
const SERVICES: [&str; 8] = [
    "",
    "supacrypt.v1.AuditService",
    "supacrypt.v1.CryptoService",
    "supacrypt.v1.CustodianService",
    "supacrypt.v1.KeyService",
    "supacrypt.v1.KeyringService",
    "supacrypt.v1.ObjectService",
    "supacrypt.v1.SealService",
];

/// Serves `lanes` until the service drains and all requests have ended.
///
/// # Errors
/// [`Reason::Internal`] when the server fails as a whole.
pub async fn serve(service: Arc<Service>, lanes: Vec<Connections>, config: &Limits) -> Result<()> {
    let internal = |error: &dyn std::error::Error| {
        Error::new(Reason::Internal, format!("the gRPC server failed: {error}"))
    };
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(|error| internal(&error))?;
    let (health, health_server) = tonic_health::server::health_reporter();
    for name in SERVICES {
        health.set_service_status(name, ServingStatus::Serving).await;
    }
    let draining = service.draining().clone();
    let audit = AuditServiceServer::new(Audit(Arc::clone(&service)));
    let crypto = CryptoServiceServer::new(Crypto(Arc::clone(&service)));
    let custodians = CustodianServiceServer::new(Custodians(Arc::clone(&service)));
    let keys = KeyServiceServer::new(Keys(Arc::clone(&service)));
    let keyrings = KeyringServiceServer::new(Keyrings(Arc::clone(&service)));
    let objects = ObjectServiceServer::new(Objects(Arc::clone(&service)));
    let seals = SealServiceServer::new(Seals(Arc::clone(&service)));
    let server = Server::builder()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(config.max_streams_per_connection.get())
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .layer(RefusedLayer(service))
        .add_service(audit.max_decoding_message_size(limits::MESSAGE))
        .add_service(crypto.max_decoding_message_size(limits::MESSAGE))
        .add_service(custodians.max_decoding_message_size(limits::MESSAGE))
        .add_service(keys.max_decoding_message_size(limits::MESSAGE))
        .add_service(keyrings.max_decoding_message_size(limits::MESSAGE))
        .add_service(objects.max_decoding_message_size(limits::MESSAGE))
        .add_service(seals.max_decoding_message_size(limits::MESSAGE))
        .add_service(health_server)
        .add_service(reflection);

    let mut serving = JoinSet::new();
    for connections in lanes {
        let (lane, accepted) = connections.split();
        let drained = draining.clone().cancelled_owned();
        let serve = server.clone().serve_with_incoming_shutdown(accepted, drained);
        let runtime = lane.runtime().clone();
        serving.spawn_on(serve.inspect(move |_| drop(lane)), &runtime);
    }
    let drain = async {
        draining.cancelled().await;
        for name in SERVICES {
            health.set_service_status(name, ServingStatus::NotServing).await;
        }
        Ok(())
    };
    let serve = async {
        while let Some(ended) = serving.join_next().await {
            ended.map_err(|error| internal(&error))?.map_err(|error| internal(&error))?;
        }
        Ok(())
    };
    tokio::try_join!(drain, serve).map(|_| ())
}
