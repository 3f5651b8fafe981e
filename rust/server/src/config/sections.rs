//! The keys of the configuration and their defaults.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use figment::value::magic::RelativePathBuf;
use jiff::fmt::serde::unsigned_duration::friendly::compact::required as duration;
use serde::{Deserialize, Deserializer};
use supacrypt_core::{Error, Reason, Result};

use super::SealSettings;
use super::custodians::{CustodianSettings, Kind};
use crate::audit::Durability;
use crate::memory::MemoryLock;
use crate::telemetry::LogFormat;

/// Everything that can be configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The file that it was read from.
    #[serde(skip)]
    pub file: PathBuf,
    /// Where the store, the audit log and the file seal are.
    #[serde(default = "default_data_dir", deserialize_with = "path")]
    pub data_dir: PathBuf,
    /// How long running operations may take to end after SIGTERM.
    #[serde(default = "default_drain_timeout", with = "duration")]
    pub drain_timeout: Duration,
    /// Addresses.
    #[serde(default)]
    pub listen: Listen,
    /// Certificates.
    pub tls: Tls,
    /// Who administers the server.
    #[serde(default)]
    pub authorization: Authorization,
    /// What one client, and all together, may take.
    #[serde(default)]
    pub limits: Limits,
    /// The cache of opened keys.
    #[serde(default)]
    pub cache: Cache,
    /// What protects the keys at rest.
    #[serde(default)]
    pub seal: SealSettings,
    /// What holds keys beside the software custodian, by the names that keyrings choose it by.
    #[serde(skip)]
    pub custodians: BTreeMap<String, CustodianSettings>,
    #[serde(default, rename = "custodians")]
    pub(super) kinds: BTreeMap<String, Kind>,
    /// The process's memory.
    #[serde(default)]
    pub memory: Memory,
    /// The audit log.
    #[serde(default)]
    pub audit: Audit,
    /// The log for operators.
    #[serde(default)]
    pub log: Log,
}

/// Addresses to listen on. Port 0 takes a free one; `endpoints.json` tells which.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// The API: gRPC over mutual TLS.
    pub grpc: SocketAddr,
    /// Metrics and health, plain HTTP.
    pub metrics: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        Listen {
            grpc: (Ipv4Addr::UNSPECIFIED, 8443).into(),
            metrics: (Ipv4Addr::LOCALHOST, 9464).into(),
        }
    }
}

/// PEM files of the server's identity and of the authorities that vouch for clients.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The server's certificate, followed by its chain.
    #[serde(deserialize_with = "path")]
    pub certificate: PathBuf,
    /// Its private key; refused when everyone can read it.
    #[serde(deserialize_with = "path")]
    pub key: PathBuf,
    /// Certificates of the authorities whose clients are let in.
    #[serde(deserialize_with = "path")]
    pub client_ca: PathBuf,
}

/// Who administers the server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Authorization {
    /// Principals who make keyrings, read the audit log and may do everything in every keyring.
    pub admins: Vec<String>,
}

/// Limits.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Open connections, those in their handshake included.
    pub max_connections: NonZeroUsize,
    /// HTTP/2 streams a connection has open at once.
    pub max_streams_per_connection: NonZeroU32,
    /// Requests and heavy operations of streams at work at once, all clients together.
    pub max_concurrent_operations: NonZeroUsize,
    /// Longest time for a request or an operation; clients may ask for less.
    #[serde(with = "duration")]
    pub operation_deadline: Duration,
    /// Longest time for a TLS handshake.
    #[serde(with = "duration")]
    pub handshake_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_connections: nonzero(4096),
            max_streams_per_connection: NonZeroU32::new(256).expect("invariant: not zero"),
            max_concurrent_operations: nonzero(4096),
            operation_deadline: Duration::from_secs(10),
            handshake_timeout: Duration::from_secs(5),
        }
    }
}

/// The cache of opened keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Key versions kept ready for use.
    pub keys: NonZeroUsize,
}

impl Default for Cache {
    fn default() -> Self {
        Cache { keys: nonzero(10_000) }
    }
}

/// The process's memory.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Memory {
    /// Whether memory has to be kept out of swap.
    pub lock: MemoryLock,
}

/// The audit log.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// When an entry counts as kept.
    pub sync: Durability,
}

/// The log for operators.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// What a line looks like.
    pub format: LogFormat,
    /// What is logged.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Log { format: LogFormat::default(), level: "info".into() }
    }
}

impl Config {
    /// Checks what types cannot say.
    pub(super) fn check(&self) -> Result<()> {
        let limits = &self.limits;
        for (key, value) in [
            ("limits.operation_deadline", limits.operation_deadline),
            ("limits.handshake_timeout", limits.handshake_timeout),
        ] {
            if value.is_zero() {
                let message = format!("{key} is zero; nothing could be done in that time");
                return Err(Error::new(Reason::Configuration, message).in_field(key));
            }
        }
        self.seal.check(self.custodians.keys().map(String::as_str))
    }
}

pub(super) fn nonzero(value: usize) -> NonZeroUsize {
    NonZeroUsize::new(value).expect("invariant: called with constants above zero")
}

fn default_data_dir() -> PathBuf {
    "/var/lib/supacrypt".into()
}

fn default_drain_timeout() -> Duration {
    Duration::from_secs(10)
}

/// A path that starts, when relative, at the folder of the file it stands in.
pub(super) fn path<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    RelativePathBuf::deserialize(deserializer).map(|path| path.relative())
}

pub(super) fn optional_path<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<PathBuf>, D::Error> {
    path(deserializer).map(Some)
}
