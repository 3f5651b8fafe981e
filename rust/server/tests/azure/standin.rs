//! What stands for Azure: a key vault and what gives tokens, as their REST API describes them.
//!
//! Keys are real, their operations are those of this project's engine. It refuses what a vault refuses:
//! calls without a token, digests of a wrong length, operations that a key was not made for.

#[path = "standin/entra.rs"]
mod entra;
#[path = "standin/key.rs"]
mod key;
#[path = "standin/vault.rs"]
mod vault;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use supacrypt_core::Result;
use supacrypt_pki::Authority;
use supacrypt_server::config::{AzureCredential, AzureSettings};
use supacrypt_server::custody::{AzureCustodian, Opening};
use supacrypt_server::telemetry::Metrics;
use tempfile::TempDir;

use crate::faults::Https;
pub(crate) use entra::{CLIENT, Entra, SECRET, TENANT};
use vault::Keys;
pub(crate) use vault::refused;

/// A cloud of two vaults.
pub(crate) struct Cloud {
    pub(crate) dir: TempDir,
    pub(crate) vaults: [Vault; 2],
    /// What gives tokens.
    pub(crate) entra: Https,
    pub(crate) directory: Arc<Entra>,
    pub(crate) metrics: Arc<Metrics>,
}

/// One vault.
pub(crate) struct Vault {
    pub(crate) https: Https,
    pub(crate) keys: Arc<Keys>,
}

impl Cloud {
    pub(crate) async fn start() -> Cloud {
        Self::start_of(&Authority::new("azure").unwrap()).await
    }

    /// One whose certificates this authority issues.
    pub(crate) async fn start_of(authority: &Authority) -> Cloud {
        let dir = tempfile::tempdir().unwrap();
        authority.write_certificate(&dir.path().join("ca.pem")).unwrap();
        let directory = Arc::<Entra>::default();
        let [one, other] = [0, 1].map(|_| Vault::start(authority, &directory));
        let vaults = [one.await, other.await];
        let served = Arc::clone(&directory);
        let entra = Https::start(authority, move |request| served.serve(request)).await;
        Cloud { dir, vaults, entra, directory, metrics: Metrics::new() }
    }

    pub(crate) fn settings(&self) -> AzureSettings {
        AzureSettings {
            vaults: self.vaults.iter().map(|vault| vault.https.url()).collect(),
            hsm: false,
            managed_hsm: false,
            credential: self.client_secret(SECRET),
            authority: Some(self.entra.url()),
            ca: Some(self.dir.path().join("ca.pem")),
            timeout: Duration::from_secs(5),
            concurrency: 8.try_into().unwrap(),
        }
    }

    /// The same as lines of the server's configuration.
    pub(crate) fn lines(&self) -> String {
        let [first, second] = self.vaults.each_ref().map(|vault| vault.https.url());
        format!(
            "[custodians.cloud]\ntype = \"azure\"\nvaults = [{first:?}, {second:?}]\n\
             ca = {:?}\nauthority = {:?}\n\
             [custodians.cloud.credential]\ntype = \"client_secret\"\ntenant_id = {TENANT:?}\n\
             client_id = {CLIENT:?}\nsecret_file = {:?}\n",
            self.dir.path().join("ca.pem"),
            self.entra.url(),
            self.secret_file(SECRET, 0o600),
        )
    }

    /// One vault alone.
    pub(crate) fn first(&self) -> AzureSettings {
        let vaults = vec![self.vaults[0].https.url()];
        AzureSettings { vaults, ..self.settings() }
    }

    pub(crate) fn client_secret(&self, secret: &str) -> AzureCredential {
        AzureCredential::ClientSecret {
            tenant_id: TENANT.into(),
            client_id: CLIENT.into(),
            secret_file: self.secret_file(secret, 0o600),
        }
    }

    pub(crate) fn secret_file(&self, secret: &str, mode: u32) -> PathBuf {
        let file = self.dir.path().join(format!("secret-{}-{mode:o}", secret.len()));
        std::fs::write(&file, format!("{secret}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    pub(crate) async fn try_open(&self, settings: &AzureSettings) -> Result<AzureCustodian> {
        let metrics = &self.metrics.custodians;
        let opening = Opening { name: "cloud", store: "store", metrics };
        AzureCustodian::open(opening, settings).await
    }

    pub(crate) async fn open(&self, settings: &AzureSettings) -> AzureCustodian {
        self.try_open(settings).await.unwrap()
    }
}

impl Vault {
    async fn start(authority: &Authority, directory: &Arc<Entra>) -> Vault {
        let keys = Arc::new(Keys::new(Arc::clone(directory)));
        let served = Arc::clone(&keys);
        let https = Https::start(authority, move |request| served.serve(request)).await;
        Vault { https, keys }
    }
}
