//! The peer of a connection, as every request on it sees it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use supacrypt_core::{Error, Principal, Reason, Result};

use super::identity::Identity;

/// Who is at the other end of a connection. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Peer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    identity: Identity,
    address: Arc<str>,
}

impl Peer {
    pub(super) fn new(identity: Identity, address: SocketAddr) -> Self {
        Peer(Arc::new(Inner { identity, address: address.to_string().into() }))
    }

    /// Who its certificate says it is.
    pub fn principal(&self) -> &Principal {
        &self.0.identity.principal
    }

    /// Its address and port.
    pub fn address(&self) -> &Arc<str> {
        &self.0.address
    }

    /// Checks that the certificate is still valid: a connection may outlive the certificate it was
    /// opened with.
    ///
    /// # Errors
    /// [`Reason::ClientCertificateExpired`].
    pub fn check_validity(&self, now: SystemTime) -> Result<()> {
        if now <= self.0.identity.not_after {
            return Ok(());
        }
        Err(Error::new(
            Reason::ClientCertificateExpired,
            format!(
                "the client certificate of {} has expired since the connection was opened; renew \
                 it and connect again",
                self.principal()
            ),
        ))
    }
}
