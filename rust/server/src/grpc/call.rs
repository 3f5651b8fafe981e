//! One call of a method: who calls, with what, and for how long.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use supacrypt_core::{KeyringName, Permission};
use supacrypt_proto::{Validate, status};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use crate::service::{Failure, Service, Subject};
use crate::transport::Peer;

/// The service, in the name of one caller.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) service: Arc<Service>,
    pub(super) peer: Peer,
}

impl Caller {
    /// Checks that the caller may do what asks for `permission` in `keyring`.
    pub(super) fn authorize(
        &self,
        permission: Permission,
        keyring: &KeyringName,
    ) -> Result<(), Failure> {
        self.service.authorize(&self.peer, permission, Some(keyring.keyring()))
    }

    /// Checks that the caller administers the server.
    pub(super) fn authorize_administration(&self) -> Result<(), Failure> {
        self.service.authorize(&self.peer, Permission::Administer, None)
    }
}

/// Answers a request: checks its fields, does `work`, and records it under `action` and the
/// resource that it is about.
pub(super) async fn answer<M, T, F>(
    service: &Arc<Service>,
    request: Request<M>,
    action: &'static str,
    resource: impl FnOnce(&M) -> String,
    work: impl FnOnce(Caller, M) -> F + Send + 'static,
) -> Result<Response<T>, Status>
where
    M: Validate + Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send,
{
    let subject = Subject::new(action, &resource(request.get_ref()));
    answer_about(service, request, subject, async move |caller, message| {
        message.validate()?;
        work(caller, message).await
    })
    .await
}

/// The same for a request that is about more than a resource.
pub(super) async fn answer_about<M, T, F>(
    service: &Arc<Service>,
    request: Request<M>,
    subject: Subject,
    work: impl FnOnce(Caller, M) -> F + Send + 'static,
) -> Result<Response<T>, Status>
where
    M: Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    let peer = peer(&request);
    let timeout = timeout(request.metadata());
    let caller = Caller { service: Arc::clone(service), peer: peer.clone() };
    let work = work(caller, request.into_inner());
    service
        .decide(&peer, subject, timeout, work)
        .await
        .map(Response::new)
        .map_err(|error| status(&error))
}

/// Who is at the other end of the request's connection.
pub(super) fn peer<M>(request: &Request<M>) -> Peer {
    request
        .extensions()
        .get::<Peer>()
        .cloned()
        .expect("invariant: every connection comes from our acceptor, which knows its peer")
}

/// How long the caller will wait: `grpc-timeout` (gRPC over HTTP/2, Requests), at most eight digits
/// and a unit. What cannot be read sets no limit.
fn timeout(metadata: &MetadataMap) -> Option<Duration> {
    let value = metadata.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.len() > 8 {
        return None;
    }
    let count = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_read_in_every_unit() {
        let read = |text: &str| {
            let mut metadata = MetadataMap::new();
            metadata.insert("grpc-timeout", text.parse().unwrap());
            timeout(&metadata)
        };
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        assert_eq!(read("2M"), Some(Duration::from_secs(120)));
        assert_eq!(read("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        for wrong in ["", "m", "12", "123456789S", "-1S", "1x"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
