//! The backend process.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Child,
};

use supacrypt_cli::local::{self, Deployment, Endpoints, Lifetime};
use supacrypt_client::{Client, Config};
use supacrypt_core::{KeyringName, ResourceId, Result};
use supacrypt_pki::{Identity, Validity};
use tempfile::TempDir;

use crate::{artifacts, identities};

/// The id of the keyring every backend has; principal `app` is its administrator.
pub const KEYRING: &str = "dev";

/// How often a backend is begun anew with other ports.
const TRIES: usize = 5;

/// A running `supacryptd`. Dropping it ends this one process and removes its directory.
pub struct Backend {
    deployment: Deployment,
    process: Option<Child>,
    endpoints: Endpoints,
    // Last: removed once nothing runs in it.
    _dir: TempDir,
}

impl Backend {
    /// Starts a backend with the keyring [`KEYRING`].
    ///
    /// # Panics
    /// When it does not start, with the end of its log.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts a backend whose configuration has `sections` added, in TOML.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_with(sections: &str) -> Self {
        let dir =
            tempfile::Builder::new().prefix("supacrypt-test-").tempdir().expect("a directory");
        let keyring = KEYRING.parse().expect("invariant: an id");
        let (deployment, (process, endpoints)) = (0..TRIES)
            .find_map(|number| {
                let dir = dir.path().join(format!("backend-{number}"));
                let deployment = deploy(&dir, &keyring, sections);
                match start(&deployment) {
                    Ok(started) => Some((deployment, started)),
                    // Somebody else took a port after it was found to be free.
                    Err(error) if error.message().contains("Address already in use") => None,
                    Err(error) => panic!("{error}"),
                }
            })
            .expect("ports that stay free");
        let backend = Backend { deployment, process: Some(process), endpoints, _dir: dir };
        local::create_keyring(&backend.admin(), &keyring)
            .unwrap_or_else(|error| panic!("creating the keyring: {error}\n{}", backend.log()));
        backend
    }

    /// A client of principal `app`, administrator of the keyring.
    pub fn client(&self) -> Client {
        client(self.config_path())
    }

    /// A client of principal `admin`, administrator of the server.
    pub fn admin(&self) -> Client {
        client(self.admin_config_path())
    }

    /// A client of somebody else, with a fresh certificate and no grants.
    pub fn client_as(&self, identity: &Identity) -> Client {
        client(self.config_of(identity, Validity::days(1)))
    }

    /// The configuration file of somebody else, with a fresh certificate that holds for `validity`.
    pub fn config_of(&self, identity: &Identity, validity: Validity) -> PathBuf {
        identities::issue(&self.deployment, self.endpoints.grpc, identity, validity)
    }

    /// `client.toml` of principal `app`.
    pub fn config_path(&self) -> PathBuf {
        self.deployment.client_config()
    }

    /// `admin.toml` of principal `admin`.
    pub fn admin_config_path(&self) -> PathBuf {
        self.deployment.admin_config()
    }

    /// Certificates, configurations and data of this backend.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The keyring's name.
    pub fn keyring(&self) -> KeyringName {
        KeyringName::new(KEYRING.parse().expect("invariant: an id"))
    }

    /// Where it listens.
    pub fn endpoints(&self) -> Endpoints {
        self.endpoints
    }

    /// The process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.deployment.log()).unwrap_or_default()
    }

    /// Ends the process at once (SIGKILL on Unix), as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("the process is ours");
            process.wait().expect("the process is ours");
        }
    }

    /// Kills the process if it runs, and starts another on the same port and data.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn restart(&mut self) {
        self.kill();
        let (process, endpoints) =
            start(&self.deployment).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(endpoints, self.endpoints, "the configuration fixes the ports");
        self.process = Some(process);
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.kill();
    }
}

fn deploy(dir: &Path, keyring: &ResourceId, sections: &str) -> Deployment {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let deployment = Deployment::create(dir, listen, keyring).expect("the backend's directory");
    let path = deployment.server_config();
    let config = fs::read_to_string(&path).expect("the configuration was just written");
    fs::write(&path, format!("{config}\n{sections}")).expect("the configuration is ours");
    deployment
}

fn start(deployment: &Deployment) -> Result<(Child, Endpoints)> {
    let supacryptd = artifacts::program("supacrypt-server", "supacryptd");
    local::start(&supacryptd, deployment, Lifetime::Attached)
}

fn client(config: PathBuf) -> Client {
    let config = Config::from_file(&config).unwrap_or_else(|error| panic!("{error}"));
    Client::new(config).unwrap_or_else(|error| panic!("{error}"))
}
