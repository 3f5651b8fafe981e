//! Configuration: a TOML file, and environment variables that override it.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use jiff::SignedDuration;
use serde::Deserialize;
use supacrypt_core::{Error, Reason, ResourceId, Result};

use crate::{Url, platform};

/// The variable that names the file.
const FILE_VARIABLE: &str = "SUPACRYPT_CONFIG";
/// Variables `SUPACRYPT_{SECTION}__{KEY}` override keys of the file.
const PREFIX: &str = "SUPACRYPT_";
/// The first words of the variables that override; others with the prefix mean something else.
const SECTIONS: [&str; 5] = ["endpoints", "keyring", "tls", "timeouts", "log"];

/// How to reach the backend, and as whom.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it came from.
    pub file: PathBuf,
    /// Where backends are, in the order of preference. At least one.
    pub endpoints: Vec<Url>,
    /// Show this keyring only.
    pub keyring: Option<ResourceId>,
    /// Certificates.
    pub tls: Tls,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// What providers write down.
    pub log: Log,
}

/// Certificates and the private key; PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The authorities that a server's certificate must come from.
    pub ca: PathBuf,
    /// The client's certificate, with intermediates after it.
    pub certificate: PathBuf,
    /// The client's private key.
    pub key: PathBuf,
    /// The name in the server's certificate, where it is not the endpoint's host.
    pub server_name: Option<String>,
}

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a connection: TCP and TLS together.
    pub connect: Duration,
    /// For an operation as a whole, retries and connecting included.
    pub operation: Duration,
}

/// What providers write down, and where.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The file; nothing is written when `None`.
    pub file: Option<PathBuf>,
    /// `error`, `warn`, `info`, `debug` or `trace`; `warn` when `None`.
    pub level: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    endpoints: Vec<String>,
    keyring: Option<String>,
    tls: Tls,
    #[serde(default)]
    timeouts: TimeoutsSection,
    #[serde(default)]
    log: Log,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TimeoutsSection {
    connect: SignedDuration,
    operation: SignedDuration,
}

impl Default for TimeoutsSection {
    fn default() -> Self {
        TimeoutsSection {
            connect: SignedDuration::from_secs(5),
            operation: SignedDuration::from_secs(10),
        }
    }
}

impl Config {
    /// Reads the file that `SUPACRYPT_CONFIG` names, or else the user's, or else the machine's.
    ///
    /// # Errors
    /// [`Reason::Configuration`].
    pub fn load() -> Result<Config> {
        Config::from_file(&Config::find()?)
    }

    /// The file that [`load`](Self::load) reads.
    ///
    /// # Errors
    /// [`Reason::Configuration`] when there is none.
    pub fn find() -> Result<PathBuf> {
        if let Some(file) = std::env::var_os(FILE_VARIABLE) {
            return Ok(file.into());
        }
        let candidates = platform::config_files();
        if let Some(file) = candidates.iter().find(|file| file.exists()) {
            return Ok(file.clone());
        }
        let looked_for: Vec<_> = candidates.iter().map(|file| file.display().to_string()).collect();
        Err(Error::new(
            Reason::Configuration,
            format!(
                "there is no client configuration: set {FILE_VARIABLE}, or write {}. \
                 `supacrypt quickstart` makes one for development",
                looked_for.join(" or ")
            ),
        ))
    }

    /// Reads a file. Relative paths in it start at its folder.
    ///
    /// # Errors
    /// [`Reason::Configuration`], naming the file and the key.
    pub fn from_file(file: &Path) -> Result<Config> {
        let wrong =
            |text: String| Error::new(Reason::Configuration, format!("{}: {text}", file.display()));
        let file = std::path::absolute(file).map_err(|error| wrong(error.to_string()))?;
        let text =
            std::fs::read_to_string(&file).map_err(|error| platform::unreadable(&file, &error))?;
        let variables = Env::prefixed(PREFIX)
            .filter(|name| SECTIONS.iter().any(|section| is_of(name.as_str(), section)))
            .split("__");
        let document: Document = Figment::from(Toml::string(&text))
            .merge(variables)
            .extract()
            .map_err(|error| wrong(error.to_string()))?;
        let folder = file.parent().unwrap_or(Path::new("/"));
        let endpoints = document
            .endpoints
            .iter()
            .map(|text| text.parse())
            .collect::<Result<Vec<Url>>>()
            .map_err(|error| wrong(format!("endpoints: {error}")))?;
        if endpoints.is_empty() {
            return Err(wrong("endpoints is empty; name at least one backend".into()));
        }
        let keyring = document
            .keyring
            .map(|id| id.parse())
            .transpose()
            .map_err(|error| wrong(format!("keyring: {error}")))?;
        Ok(Config {
            endpoints,
            keyring,
            tls: Tls {
                ca: folder.join(document.tls.ca),
                certificate: folder.join(document.tls.certificate),
                key: folder.join(document.tls.key),
                server_name: document.tls.server_name,
            },
            timeouts: Timeouts {
                connect: duration("timeouts.connect", document.timeouts.connect).map_err(&wrong)?,
                operation: duration("timeouts.operation", document.timeouts.operation)
                    .map_err(&wrong)?,
            },
            log: Log { file: document.log.file.map(|log| folder.join(log)), ..document.log },
            file: file.clone(),
        })
    }
}

/// Whether the variable `name` (without prefix, lower case) belongs to `section`.
fn is_of(name: &str, section: &str) -> bool {
    name.to_ascii_lowercase()
        .strip_prefix(section)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("__"))
}

fn duration(key: &str, value: SignedDuration) -> Result<Duration, String> {
    match Duration::try_from(value) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(format!("{key} has to be longer than nothing, such as \"5s\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = "endpoints = [\"https://localhost:8443\"]\n\
                           [tls]\nca = \"pki/ca.pem\"\ncertificate = \"app.pem\"\nkey = \"/k\"\n";

    fn read(text: &str) -> Result<Config> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("client.toml");
        std::fs::write(&file, text).unwrap();
        Config::from_file(&file)
    }

    #[test]
    fn paths_start_at_the_folder_of_the_file() {
        let config = read(MINIMAL).unwrap();
        let folder = config.file.parent().unwrap();
        assert_eq!(config.tls.ca, folder.join("pki/ca.pem"));
        assert_eq!(config.tls.key, Path::new("/k"));
        assert_eq!(config.timeouts.operation, Duration::from_secs(10));
    }

    #[test]
    fn durations_are_written_as_people_write_them() {
        let config = read(&format!("{MINIMAL}[timeouts]\nconnect = \"250ms\"\n")).unwrap();
        assert_eq!(config.timeouts.connect, Duration::from_millis(250));
        let error = read(&format!("{MINIMAL}[timeouts]\nconnect = \"0s\"\n")).unwrap_err();
        assert!(error.message().contains("timeouts.connect"), "{error}");
    }

    #[test]
    fn mistakes_name_the_file_and_the_key() {
        for (text, key) in [
            (format!("colour = 1\n{MINIMAL}"), "colour"),
            (MINIMAL.replace("https", "http"), "endpoints"),
            (format!("keyring = \"No Good\"\n{MINIMAL}"), "keyring"),
            (MINIMAL.replace("ca = ", "authority = "), "authority"),
            ("endpoints = []".into(), "tls"),
        ] {
            let error = read(&text).unwrap_err();
            assert_eq!(error.reason(), Reason::Configuration);
            assert!(error.message().contains("client.toml"), "{error}");
            assert!(error.message().contains(key), "{error}");
        }
    }

    #[test]
    fn only_variables_of_a_section_override() {
        assert!(is_of("TLS__CA", "tls"));
        assert!(is_of("keyring", "keyring"));
        assert!(!is_of("LOG_LEVEL", "log"));
        assert!(!is_of("CONFIG", "tls"));
    }
}
