//! Requests that gRPC itself refuses before a method sees them: too large, not readable, no such
//! method. They are recorded like all others, and what can be explained better is.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use supacrypt_core::{Error, Reason};
use supacrypt_proto::{limits, status};
use tonic::body::Body;
use tonic::{Code, Status};

use crate::service::{Service, Subject};
use crate::transport::Peer;

/// The error for a message that gRPC could not take; `None` for any other status.
pub(super) fn unreadable(status: &Status) -> Option<Error> {
    if !status.details().is_empty() {
        return None;
    }
    match status.code() {
        // So gRPC calls what is over the decoding limit.
        Code::OutOfRange => Some(Error::new(
            Reason::MessageTooLarge,
            format!("a message has at most {} bytes; send less at once", limits::MESSAGE),
        )),
        // And so what is no message of the method's type.
        Code::Internal => Some(Error::new(
            Reason::InvalidArgument,
            format!("the message is not one of this API: {}", status.message()),
        )),
        _ => None,
    }
}

/// Puts [`Refused`] around a service.
#[derive(Clone)]
pub(super) struct RefusedLayer(pub(super) Arc<Service>);

impl<S> tower::Layer<S> for RefusedLayer {
    type Service = Refused<S>;

    fn layer(&self, inner: S) -> Refused<S> {
        Refused { inner, service: Arc::clone(&self.0) }
    }
}

/// Looks at every answer for a refusal by gRPC.
#[derive(Clone)]
pub(super) struct Refused<S> {
    inner: S,
    service: Arc<Service>,
}

impl<S> tower::Service<http::Request<Body>> for Refused<S>
where
    S: tower::Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = Arc::clone(&self.service);
        let peer = request.extensions().get::<Peer>().cloned();
        let path = request.uri().path().to_owned();
        let response = self.inner.call(request);
        Box::pin(async move {
            let response = response.await?;
            let (Some(peer), Some(refusal)) = (peer, Status::from_header_map(response.headers()))
            else {
                return Ok(response);
            };
            let subject = Subject::new("Request", &path);
            if let Some(error) = unreadable(&refusal) {
                service.refused(&peer, &subject, &error).await;
                return Ok(status(&error).into_http());
            }
            if refusal.code() == Code::Unimplemented && refusal.details().is_empty() {
                let error = Error::new(Reason::Protocol, "this server has no such method");
                service.refused(&peer, &subject, &error).await;
            }
            Ok(response)
        })
    }
}
