//! One HTTP/2 connection as the transport of generated gRPC clients.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderValue, Request, Response, Uri, uri::PathAndQuery};
use hyper::{body::Incoming, client::conn::http2::SendRequest};
use tonic::body::Body;
use tower::Service;

use crate::connection::Ended;

/// What a generated gRPC client of `supacrypt_proto::v1` needs to make calls. Cheap to clone.
#[derive(Clone)]
pub struct Transport {
    sender: SendRequest<Body>,
    authority: Arc<str>,
    ended: Ended,
    timeout: Option<Duration>,
}

impl Transport {
    pub(crate) fn new(sender: SendRequest<Body>, authority: Arc<str>, ended: Ended) -> Self {
        Transport { sender, authority, ended, timeout: None }
    }

    /// Tells the server with each call how long this side will wait.
    pub(crate) fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl Service<Request<Body>> for Transport {
    type Response = Response<Incoming>;
    type Error = Box<dyn std::error::Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // Why the connection is gone is told by `call`, which can wait for it.
        let _ = self.sender.poll_ready(cx);
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let path = request.uri().path_and_query().cloned();
        let uri = Uri::builder()
            .scheme("https")
            .authority(&*self.authority)
            .path_and_query(path.unwrap_or(PathAndQuery::from_static("/")))
            .build();
        if let Some(timeout) = self.timeout {
            // gRPC over HTTP/2: an integer of at most 8 digits and a unit.
            let millis = timeout.as_millis().clamp(1, 99_999_999);
            if let Ok(value) = HeaderValue::try_from(format!("{millis}m")) {
                request.headers_mut().insert("grpc-timeout", value);
            }
        }
        let mut sender = self.sender.clone();
        let ended = self.ended.clone();
        Box::pin(async move {
            *request.uri_mut() = uri?;
            match sender.send_request(request).await {
                Ok(response) => Ok(response),
                // What the request saw is only that the connection is gone.
                Err(error) => Err(ended.cause(&error).await.into()),
            }
        })
    }
}
