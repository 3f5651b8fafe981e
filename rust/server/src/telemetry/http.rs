//! `/metrics`, `/healthz` and `/readyz`, on an address of their own.
//!
//! Plain HTTP, as scrapers and probes expect. Nothing here takes input or knows a key; who may
//! reach it is decided by the address, which is on the loopback interface unless configured.

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::{Metrics, Readiness};

/// Answers on `listener` until `shutdown` completes.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/metrics", get(show_metrics).with_state(metrics))
        .route("/readyz", get(show_readiness).with_state(readiness))
        .route("/healthz", get(async || "ok\n"));
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn show_metrics(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, prometheus::TEXT_FORMAT)], metrics.render())
}

async fn show_readiness(State(readiness): State<Arc<Readiness>>) -> Response {
    let report = readiness.report().await;
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut body = serde_json::to_string_pretty(&report)
        .expect("invariant: a report is plain text and booleans");
    body.push('\n');
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body)
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicBool, Ordering};

    use supacrypt_core::{Error, Reason};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;

    use super::*;

    async fn fetch(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        response
    }

    #[tokio::test]
    async fn probes_and_scrapers_get_their_answers_until_shutdown() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let works = Arc::new(AtomicBool::new(true));
        let readiness = Readiness::new().with("store", {
            let works = Arc::clone(&works);
            move || {
                let works = works.load(Ordering::Relaxed);
                async move {
                    let down = || Error::new(Reason::StoreUnavailable, "the disk is gone");
                    works.then_some(()).ok_or_else(down)
                }
            }
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, Metrics::new(), Arc::new(readiness), async {
            stopped.await.unwrap();
        }));

        let metrics = fetch(address, "/metrics").await;
        assert!(metrics.starts_with("HTTP/1.1 200"), "{metrics}");
        assert!(metrics.contains("\nsupacrypt_operations_in_flight 0\n"), "{metrics}");
        assert!(fetch(address, "/healthz").await.starts_with("HTTP/1.1 200"));
        assert!(fetch(address, "/readyz").await.starts_with("HTTP/1.1 200"));
        assert!(fetch(address, "/keys").await.starts_with("HTTP/1.1 404"));

        works.store(false, Ordering::Relaxed);
        let unready = fetch(address, "/readyz").await;
        assert!(unready.starts_with("HTTP/1.1 503"), "{unready}");
        assert!(unready.contains("the disk is gone"), "{unready}");
        assert!(fetch(address, "/healthz").await.starts_with("HTTP/1.1 200"));

        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
    }
}
