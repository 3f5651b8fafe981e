//! A vault as a place of the contract: the stand-in, and one of Azure where the environment names it
//! (docs/development.md).

use std::io::Write;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use supacrypt_server::config::{AzureCredential, AzureSettings};
use supacrypt_server::custody::{AzureCustodian, Opening};
use supacrypt_server::telemetry::Metrics;

use crate::contract::{self, Others, Place};
use crate::standin::Cloud;

const VAULT: &str = "SUPACRYPT_TEST_AZURE_VAULT";

#[tokio::test]
async fn the_azure_custodian_keeps_the_contract() {
    contract_in(AzureSettings::clone).await;
}

#[tokio::test]
async fn the_azure_custodian_keeps_the_contract_in_a_managed_hsm() {
    contract_in(|settings| AzureSettings { managed_hsm: true, hsm: true, ..settings.clone() })
        .await;
}

async fn contract_in(settings: impl Fn(&AzureSettings) -> AzureSettings) {
    let cloud = Cloud::start().await;
    // Purging would be calls that nobody waits for.
    cloud.vaults.iter().for_each(|vault| vault.keys.protect(true));
    let operate = |name: &str, body| {
        cloud.vaults[0].keys.operate("POST", &format!("/keys/{name}/create"), body);
    };
    operate("pair", json!({"kty": "EC", "crv": "P-256", "key_ops": ["sign", "verify"]}));
    let seals = ["seal", "another-seal"];
    for name in seals {
        operate(name, json!({"kty": "RSA", "key_size": 2048, "key_ops": ["unwrapKey"]}));
    }
    let place = Place {
        metrics: Some(&cloud.metrics),
        disables: true,
        settles: Duration::ZERO,
        left_out: &[],
        others: Some(Others { pair: "pair", seals }),
    };
    contract::all(&cloud.open(&settings(&cloud.settings())).await, &place).await;
}

#[tokio::test]
async fn the_azure_custodian_keeps_the_contract_at_azure() {
    let Ok(url) = std::env::var(VAULT) else {
        // Past the harness, which keeps what tests print that pass.
        writeln!(std::io::stderr(), "not run at a real vault: {VAULT} is not set").unwrap();
        return;
    };
    let url = url.trim_end_matches('/');
    let settings = AzureSettings {
        vaults: vec![url.into()],
        hsm: std::env::var_os("SUPACRYPT_TEST_AZURE_HSM").is_some(),
        managed_hsm: url.contains(".managedhsm."),
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

    let [pair, one, other] = ["pair", "one", "other"].map(|name| format!("test-{run}-{name}"));
    az(url, "create", &pair, &["--kty", "EC", "--curve", "P-256", "--ops", "sign", "verify"]);
    for name in [&one, &other] {
        az(url, "create", name, &["--kty", "RSA", "--size", "2048", "--ops", "unwrapKey"]);
    }
    let place = Place {
        metrics: None,
        disables: true,
        settles: Duration::from_secs(60),
        left_out: &[],
        others: Some(Others { pair: &pair, seals: [&one, &other] }),
    };
    contract::all(&custodian, &place).await;
    for name in [&pair, &one, &other] {
        az(url, "delete", name, &[]);
    }
}

/// Does something with a key as whoever is logged in to `az`.
fn az(vault: &str, verb: &str, name: &str, rest: &[&str]) {
    let host = vault.trim_start_matches("https://");
    let option = if host.contains(".managedhsm.") { "--hsm-name" } else { "--vault-name" };
    let vault = host.split('.').next().unwrap();
    let mut command = Command::new("az");
    command.args(["keyvault", "key", verb, option, vault, "--name", name, "--output", "none"]);
    assert!(command.args(rest).status().unwrap().success(), "az keyvault key {verb} {name}");
}
