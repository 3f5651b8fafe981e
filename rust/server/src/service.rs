//! What happens to a request between the wire and the keys.
//!
//! Every request goes the same way: validate, authorize, look up, perform, record, answer. It is
//! carried out in two ways: [`request`] is one request with one answer; [`in_flight`] is a stream of
//! operations with keys, where what is done together is recorded and answered together. What
//! happens to one operation with a key is the same in both and stands in [`operation`].

mod failure;
mod in_flight;
mod operation;
mod request;

pub use failure::Failure;
pub use in_flight::InFlight;
pub use operation::KeyOperation;
pub(crate) use operation::keyring_of;
pub use request::Subject;
pub(crate) use request::internal;

use std::sync::Arc;
use std::time::Duration;

use supacrypt_core::{Error, Permission, Reason, ResourceId, Result};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::audit::AuditLog;
use crate::authz::Authorizer;
use crate::config::Limits;
use crate::custody::BoxFuture;
use crate::keyrings::Keyrings;
use crate::keys::Keys;
use crate::objects::Objects;
use crate::pins::Pins;
use crate::seal::Seal;
use crate::sealing::Sealing;
use crate::telemetry::Metrics;
use crate::transport::Peer;
use crate::watch::Watchers;

/// Everything that requests need; one for all connections.
pub struct Service {
    /// The keyrings.
    pub keyrings: Keyrings,
    /// Their PINs.
    pub pins: Pins,
    /// The keys.
    pub keys: Keys,
    /// The objects.
    pub objects: Objects,
    /// Who is told of changes.
    pub watchers: Arc<Watchers>,
    /// How the store is sealed.
    pub sealing: Arc<Sealing>,
    /// Opens the seal that the configuration names now.
    pub configured_seal: OpenSeal,
    /// The audit log.
    pub audit: Arc<AuditLog>,
    authorizer: Box<dyn Authorizer>,
    metrics: Arc<Metrics>,
    slots: Arc<Semaphore>,
    deadline: Duration,
    draining: CancellationToken,
    /// Where everything runs that would hold up the other connections of a lane.
    workers: Handle,
}

/// What a service serves.
pub struct Resources {
    /// The keyrings.
    pub keyrings: Keyrings,
    /// Their PINs.
    pub pins: Pins,
    /// The keys.
    pub keys: Keys,
    /// The objects.
    pub objects: Objects,
    /// Who is told of changes of keys and objects.
    pub watchers: Arc<Watchers>,
    /// How the store is sealed.
    pub sealing: Arc<Sealing>,
    /// Opens the seal that the configuration names now.
    pub configured_seal: OpenSeal,
}

/// Opens a seal.
pub type OpenSeal = Box<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Seal>>> + Send + Sync>;

impl Service {
    /// A service that refuses new work once `draining` is cancelled. Must be called within the
    /// runtime that shall carry out what takes longer.
    pub fn new(
        resources: Resources,
        authorizer: Box<dyn Authorizer>,
        audit: Arc<AuditLog>,
        metrics: Arc<Metrics>,
        limits: &Limits,
        draining: CancellationToken,
    ) -> Arc<Service> {
        let Resources { keyrings, pins, keys, objects, watchers, sealing, configured_seal } =
            resources;
        Arc::new(Service {
            keyrings,
            pins,
            keys,
            objects,
            watchers,
            sealing,
            configured_seal,
            audit,
            authorizer,
            metrics,
            slots: Arc::new(Semaphore::new(limits.max_concurrent_operations.get())),
            deadline: limits.operation_deadline,
            draining,
            workers: Handle::current(),
        })
    }

    /// Where everything runs that would hold up the other connections of a lane, or outlive it.
    pub fn workers(&self) -> &Handle {
        &self.workers
    }

    /// Whether the server is shutting down.
    pub fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    /// Checks that the peer may do what asks for `permission` in `keyring`, or on the server as a
    /// whole when there is none.
    ///
    /// # Errors
    /// [`Reason::KeyringNotGranted`], [`Reason::RoleInsufficient`].
    pub fn authorize(
        &self,
        peer: &Peer,
        permission: Permission,
        keyring: Option<&ResourceId>,
    ) -> Result<(), Failure> {
        self.authorizer
            .authorize(peer.principal(), permission, keyring)
            .map_err(|denial| Failure::denied(&denial, peer.principal()))
    }

    /// Room for one more request.
    fn slot(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).try_acquire_owned().map_err(|_| {
            Error::new(
                Reason::Overloaded,
                "the server works on as many requests as limits.max_concurrent_operations allows; \
                 try again in a moment",
            )
        })
    }

    fn refuse_when_draining(&self) -> Result<()> {
        if self.draining.is_cancelled() {
            return Err(draining());
        }
        Ok(())
    }
}

/// What callers are told while the server shuts down.
pub fn draining() -> Error {
    Error::new(Reason::Draining, "this server is shutting down; try again, or another endpoint")
}
