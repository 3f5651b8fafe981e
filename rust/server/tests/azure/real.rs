//! The same at a vault of Azure, where the environment names one: docs/development.md.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use supacrypt_server::config::{AzureCredential, AzureSettings};
use supacrypt_server::custody::{AzureCustodian, Custodian, Opening};
use supacrypt_server::telemetry::Metrics;

use crate::life;

const VAULT: &str = "SUPACRYPT_TEST_AZURE_VAULT";

#[tokio::test]
async fn a_real_vault_does_the_same() {
    let Ok(vault) = std::env::var(VAULT) else {
        // Past the harness, which keeps what tests print that pass.
        writeln!(std::io::stderr(), "not run at a real vault: {VAULT} is not set").unwrap();
        return;
    };
    let settings = AzureSettings {
        vaults: vec![vault.trim_end_matches('/').into()],
        hsm: std::env::var_os("SUPACRYPT_TEST_AZURE_HSM").is_some(),
        credential: AzureCredential::AzureCli { tenant_id: None },
        authority: None,
        ca: None,
        timeout: Duration::from_secs(30),
        concurrency: 8.try_into().unwrap(),
    };
    // Names of deleted keys are taken for as long as the vault keeps those.
    let run = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let (store, metrics) = (format!("test{run}"), Metrics::new());
    let opening = Opening { name: "cloud", store: &store, metrics: &metrics.custodians };
    let custodian = AzureCustodian::open(opening, &settings).await.unwrap();
    custodian.check().await.unwrap();
    for spec in life::SPECS {
        life::every_scheme_signs(&custodian, spec, &format!("{run}-signs-{spec}")).await;
        life::is_brought(&custodian, spec, &format!("{run}-brought-{spec}")).await;
    }
    life::decrypts(&custodian, &format!("{run}-decrypts")).await;
    life::lives(&custodian, &format!("{run}-lives")).await;
    assert!(custodian.held().await.unwrap().is_empty());
}
