//! `endpoints.json` in the data directory: the addresses a running server really listens on, for
//! tools that start one on a free port.

use std::net::SocketAddr;
use std::path::Path;

use serde::Serialize;
use supacrypt_core::{Error, Reason, Result};
use tokio::net::TcpListener;

const FILE: &str = "endpoints.json";

/// Addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoints {
    /// The API.
    pub grpc: SocketAddr,
    /// Metrics and health.
    pub metrics: SocketAddr,
}

impl Endpoints {
    pub(crate) fn of(grpc: &TcpListener, metrics: &TcpListener) -> Result<Self> {
        let address = |listener: &TcpListener| {
            listener.local_addr().map_err(|cause| {
                Error::new(Reason::Internal, format!("a listener has no address: {cause}"))
            })
        };
        Ok(Endpoints { grpc: address(grpc)?, metrics: address(metrics)? })
    }

    /// Writes the file at once and whole, so that whoever waits for it never reads half of it.
    pub(crate) fn write(&self, dir: &Path) -> Result<()> {
        let text = serde_json::to_string(self).expect("invariant: addresses are plain text");
        let temporary = dir.join("endpoints.json.new");
        std::fs::write(&temporary, text + "\n")
            .and_then(|()| std::fs::rename(&temporary, dir.join(FILE)))
            .map_err(|cause| {
                Error::new(
                    Reason::Configuration,
                    format!("data_dir: cannot write {FILE} in {}: {cause}", dir.display()),
                )
            })
    }

    /// Removes the file, as far as it is there: nobody listens any more.
    pub(crate) fn remove(dir: &Path) {
        let _ = std::fs::remove_file(dir.join(FILE));
    }
}
