//! Looking for what is wrong between a configuration and its backends, step by step.

use std::{
    net::{SocketAddr, TcpStream},
    path::Path,
    time::{Duration, SystemTime},
};

use jiff::{Timestamp, fmt::rfc2822};
use supacrypt_core::{Error, Reason, Result};
use supacrypt_proto::v1::{ListKeyringsRequest, keyring_service_client::KeyringServiceClient};
use tokio::time::timeout;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::{Client, Config, Url, connection::Connection, platform, process::Process, tls};

/// Certificates that end within this time deserve a warning, in seconds.
const SOON: i64 = 7 * 24 * 60 * 60;
/// Clocks that differ by more than this make trouble with certificates sooner or later.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// One step on the way to an answer of the backend.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was looked at.
    pub name: String,
    /// How it went.
    pub outcome: Outcome,
}

/// How a step went.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Well; with what was found.
    Ok(String),
    /// Well for now.
    Warn(String),
    /// Not at all. The message says what to do.
    Failed(Error),
}

/// Goes through everything that has to be right before an operation can succeed: the configuration
/// file, the private key's permissions, the certificate's dates, and for each endpoint DNS, TCP,
/// TLS, the clocks and authorization. `file` is the configuration; the usual one when `None`.
///
/// Stops where nothing further can be said.
pub fn diagnose(file: Option<&Path>) -> Vec<Step> {
    let mut steps = Vec::new();
    // Each failure has been noted as a step when it arrives here.
    let _ = examine(file, &mut steps);
    steps
}

fn examine(file: Option<&Path>, steps: &mut Vec<Step>) -> Option<()> {
    let config = note(steps, "configuration", || {
        let file = file.map_or_else(Config::find, |file| Ok(file.to_path_buf()))?;
        let config = Config::from_file(&file)?;
        Ok((format!("{}", config.file.display()), config))
    })?;
    note(steps, "private key", || {
        platform::check_private(&config.tls.key)?;
        Ok((format!("{} is readable by its owner only", config.tls.key.display()), ()))
    })?;
    steps.push(Step { name: "certificate".into(), outcome: certificate(&config) });
    let client = note(steps, "certificate and key", || {
        Ok(("belong together".into(), Client::new(config.clone())?))
    })?;
    let process = client.process().ok()?;
    for url in &config.endpoints {
        // One endpoint that fails does not speak for the others.
        let _ = endpoint(url, &config, &process, steps);
    }
    Some(())
}

fn endpoint(url: &Url, config: &Config, process: &Process, steps: &mut Vec<Step>) -> Option<()> {
    let limit = config.timeouts.connect;
    let addresses = note(steps, &format!("name {}", url.host()), || {
        let addresses = url.resolve()?;
        let text: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
        Ok((text.join(", "), addresses))
    })?;
    note(steps, &format!("TCP {url}"), || {
        Ok((format!("{} answers", tcp(url, &addresses, limit)?), ()))
    })?;
    let connection = note(steps, &format!("TLS {url}"), || {
        let files = tls::Files::open(&config.tls)?;
        let opened =
            process.run(async { timeout(limit, Connection::open(url, &addresses, &files)).await });
        let connection = opened.unwrap_or_else(|_| {
            Err(Error::new(
                Reason::Unreachable,
                format!("{url} accepts connections but does not answer within {limit:?}"),
            ))
        })?;
        Ok(("the server is trusted".into(), connection))
    })?;
    let (keyrings, date) = note(steps, &format!("authorization {url}"), || {
        let answer = process
            .run(async { timeout(config.timeouts.operation, list_keyrings(&connection)).await });
        let answer =
            answer.unwrap_or_else(|_| Err(crate::client::late(config.timeouts.operation)))?;
        Ok(("the client is known to the server".into(), answer))
    })?;
    steps.push(Step { name: format!("clock {url}"), outcome: clock(date) });
    let outcome = keyring(config, &keyrings);
    steps.push(Step { name: format!("keyrings {url}"), outcome });
    Some(())
}

/// The first address that accepts a connection.
fn tcp(url: &Url, addresses: &[SocketAddr], limit: Duration) -> Result<SocketAddr> {
    let mut last = None;
    for address in addresses {
        match TcpStream::connect_timeout(address, limit) {
            Ok(_) => return Ok(*address),
            Err(error) => last = Some(error),
        }
    }
    let error = last.map_or_else(|| "it has no address".to_owned(), |error| error.to_string());
    Err(Error::new(
        Reason::Unreachable,
        format!("{url}: {error}; is supacryptd running there, and is the port open in between?"),
    ))
}

/// The ids of the keyrings the client sees, and the server's time.
async fn list_keyrings(connection: &Connection) -> Result<(Vec<String>, Option<Timestamp>)> {
    let request = ListKeyringsRequest { page_size: crate::keys::PAGE, ..Default::default() };
    let answer = KeyringServiceClient::new(connection.transport()).list_keyrings(request).await;
    let response = match answer {
        Ok(response) => response,
        Err(status) => return Err(connection.failure(&status).await.error),
    };
    let date = response.metadata().get("date").and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp());
    let names = response.into_inner().keyrings.into_iter().map(|keyring| keyring.name);
    Ok((names.collect(), date))
}

fn keyring(config: &Config, keyrings: &[String]) -> Outcome {
    match &config.keyring {
        Some(id) if keyrings.contains(&format!("keyrings/{id}")) => {
            Outcome::Ok(format!("the configured keyring {id} is granted"))
        }
        Some(id) => Outcome::Failed(Error::new(
            Reason::KeyringNotGranted,
            format!(
                "the configured keyring {id} does not exist or is not granted to this client; \
                 an administrator can run `supacrypt keyring grant`"
            ),
        )),
        None if keyrings.is_empty() => Outcome::Warn(
            "no keyring is granted to this client; an administrator can run \
             `supacrypt keyring grant`"
                .into(),
        ),
        None => Outcome::Ok(keyrings.join(", ")),
    }
}

fn clock(server: Option<Timestamp>) -> Outcome {
    let Some(server) = server else {
        return Outcome::Warn("the server did not tell its time".into());
    };
    let difference = Timestamp::now().duration_since(server).unsigned_abs();
    if difference <= CLOCK_TOLERANCE {
        return Outcome::Ok(format!("within {} s of the server's", difference.as_secs()));
    }
    Outcome::Warn(format!(
        "{} s away from the server's; certificates will look expired or not yet valid to one of \
         the two",
        difference.as_secs()
    ))
}

fn certificate(config: &Config) -> Outcome {
    let path = config.tls.certificate.display();
    let chain = match tls::certificates(&config.tls.certificate, "tls.certificate") {
        Ok(chain) => chain,
        Err(error) => return Outcome::Failed(error),
    };
    let Ok((_, certificate)) = X509Certificate::from_der(&chain[0]) else {
        return Outcome::Failed(Error::new(
            Reason::Configuration,
            format!("{path} is not a certificate that can be read"),
        ));
    };
    let expired = |text: String| {
        Outcome::Failed(Error::new(Reason::ClientCertificateExpired, format!("{path} {text}")))
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let validity = certificate.validity();
    if now > validity.not_after.timestamp() {
        return expired(format!("expired on {}; renew it", validity.not_after));
    }
    if now < validity.not_before.timestamp() {
        return expired(format!(
            "is not valid before {}; is this machine's clock right?",
            validity.not_before
        ));
    }
    let text = format!("{}, valid until {}", certificate.subject(), validity.not_after);
    if validity.not_after.timestamp() - now < SOON {
        Outcome::Warn(text)
    } else {
        Outcome::Ok(text)
    }
}

/// Takes a step and notes how it went.
fn note<T>(
    steps: &mut Vec<Step>,
    name: &str,
    step: impl FnOnce() -> Result<(String, T)>,
) -> Option<T> {
    let (outcome, value) = match step() {
        Ok((text, value)) => (Outcome::Ok(text), Some(value)),
        Err(error) => (Outcome::Failed(error), None),
    };
    steps.push(Step { name: name.into(), outcome });
    value
}
