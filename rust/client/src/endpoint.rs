//! One backend: its address, its connection, and whether it is worth trying.

use std::{
    fmt,
    net::{SocketAddr, ToSocketAddrs},
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use supacrypt_core::{Error, Reason, Result};
use tokio::time::timeout;

use crate::{breaker::Breaker, config::Config, connection::Connection, lock::Mutex, tls};

/// How often an endpoint is tried that is known not to answer.
const PAUSE: Duration = Duration::from_secs(1);
/// The port when the address names none.
const DEFAULT_PORT: u16 = 8443;

/// `https://{host}:{port}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    host: String,
    port: u16,
}

impl Url {
    /// A DNS name or an IP address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host:port` as in a URL.
    pub(crate) fn authority(&self) -> String {
        let Url { host, port } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// Looks the host up. Blocks, so never inside the runtime.
    pub(crate) fn resolve(&self) -> Result<Vec<SocketAddr>> {
        let unreachable = |text: String| Error::new(Reason::Unreachable, text);
        let addresses: Vec<_> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .map_err(|error| {
                unreachable(format!("the name {:?} cannot be resolved: {error}", self.host))
            })?
            .collect();
        if addresses.is_empty() {
            return Err(unreachable(format!("the name {:?} has no address", self.host)));
        }
        Ok(addresses)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.authority())
    }
}

impl FromStr for Url {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            Error::new(
                Reason::Configuration,
                format!("{text:?} is not an address such as https://keys.example.org:8443: {why}"),
            )
        };
        let uri: http::Uri = text.parse().map_err(|_| wrong("it is no URL"))?;
        if uri.scheme_str() != Some("https") {
            return Err(wrong("it has to begin with https://, there is no other way in"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(wrong("it has to end after the port"));
        }
        let host = uri.host().ok_or_else(|| wrong("it has no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Url { host, port: uri.port_u16().unwrap_or(DEFAULT_PORT) })
    }
}

/// A backend, as this process sees it.
pub(crate) struct Endpoint {
    url: Url,
    pub(crate) breaker: Breaker,
    connection: Mutex<Option<Arc<Connection>>>,
    /// Held while connecting, so that callers who come together share one connection.
    connecting: tokio::sync::Mutex<()>,
}

impl Endpoint {
    /// All endpoints of `config`. One that has others beside it is left alone as soon as it fails;
    /// the only one is hoped for as long as an operation may take.
    pub(crate) fn all(config: &Config) -> Vec<Endpoint> {
        let patience = match config.endpoints.len() {
            1 => config.timeouts.operation,
            _ => Duration::ZERO,
        };
        let endpoint = |url: &Url| Endpoint {
            url: url.clone(),
            breaker: Breaker::new(patience, PAUSE),
            connection: Mutex::default(),
            connecting: tokio::sync::Mutex::new(()),
        };
        config.endpoints.iter().map(endpoint).collect()
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The connection, if it is open.
    pub(crate) fn live(&self) -> Option<Arc<Connection>> {
        self.connection.lock().as_ref().filter(|connection| !connection.is_closed()).cloned()
    }

    /// Opens the connection, unless somebody else does. Call inside the runtime.
    pub(crate) async fn connect(
        &self,
        addresses: &[SocketAddr],
        tls: &tls::Files,
        limit: Duration,
    ) -> Result<Arc<Connection>> {
        let _only_one = self.connecting.lock().await;
        if let Some(connection) = self.live() {
            return Ok(connection);
        }
        let opened = match timeout(limit, Connection::open(&self.url, addresses, tls)).await {
            Ok(opened) => opened,
            Err(_) => Err(Error::new(
                Reason::Unreachable,
                format!("{} did not answer within {limit:?}", self.url),
            )),
        };
        match opened {
            Ok(connection) => {
                let connection = Arc::new(connection);
                *self.connection.lock() = Some(Arc::clone(&connection));
                Ok(connection)
            }
            Err(error) => {
                self.breaker.failed(Instant::now(), &error);
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_with_host_and_port() {
        let url: Url = "https://localhost:9000".parse().unwrap();
        assert_eq!((url.host(), url.port()), ("localhost", 9000));
        let url: Url = "https://[::1]".parse().unwrap();
        assert_eq!((url.host(), url.port(), url.authority().as_str()), ("::1", 8443, "[::1]:8443"));
        for wrong in ["http://localhost", "localhost:1", "https://a/b", "https://", "nonsense"] {
            let error = wrong.parse::<Url>().unwrap_err();
            assert_eq!(error.reason(), Reason::Configuration, "{wrong}");
        }
    }
}
