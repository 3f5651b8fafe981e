//! Where keys are: a KMS, as the server sees it and as another program beside it does.

use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, KeySpec as KmsSpec, KeyUsageType};
use supacrypt_core::{KeySpec, Result};
use supacrypt_server::config::AwsSettings;
use supacrypt_server::custody::{AwsCustodian, Opening};
use supacrypt_server::telemetry::Metrics;

use crate::contract::{self, LeftOut, Others};

/// A KMS.
pub(crate) struct Place {
    pub(crate) settings: AwsSettings,
    store: String,
}

/// Settings for KMS in a region.
pub(crate) fn settings(region: &str, endpoint: Option<&str>) -> AwsSettings {
    AwsSettings {
        region: region.into(),
        endpoint: endpoint.map(Into::into),
        ca: None,
        profile: None,
        role_arn: None,
        deletion_window: 7,
        timeout: Duration::from_secs(5),
        concurrency: 8.try_into().unwrap(),
    }
}

/// The custodian that these settings make.
pub(crate) async fn open(settings: &AwsSettings, store: &str) -> Result<AwsCustodian> {
    open_counted(settings, store, &Metrics::new()).await
}

async fn open_counted(
    settings: &AwsSettings,
    store: &str,
    metrics: &Metrics,
) -> Result<AwsCustodian> {
    let opening = Opening { name: "kms", store, metrics: &metrics.custodians };
    AwsCustodian::open(opening, settings).await
}

impl Place {
    pub(crate) fn emulated(endpoint: &str) -> Place {
        let settings = settings("eu-central-1", Some(endpoint));
        Place { settings, store: new_id() }
    }

    pub(crate) fn real(region: &str) -> Place {
        Place { settings: settings(region, None), store: new_id() }
    }

    /// A custodian of the store that belongs to this place.
    pub(crate) async fn open(&self) -> AwsCustodian {
        open(&self.settings, &self.store).await.unwrap()
    }

    pub(crate) fn store(&self) -> &str {
        &self.store
    }

    /// The same as lines of the server's configuration.
    pub(crate) fn lines(&self) -> String {
        let AwsSettings { region, endpoint, .. } = &self.settings;
        let endpoint = endpoint.as_ref().map(|url| format!("endpoint = {url:?}\n"));
        let endpoint = endpoint.unwrap_or_default();
        format!("[custodians.kms]\ntype = \"aws\"\nregion = {region:?}\n{endpoint}")
    }

    /// Has the custodian keep the contract, with keys of others beside its own.
    pub(crate) async fn keeps_the_contract(&self) {
        let metrics = Metrics::new();
        let custodian = open_counted(&self.settings, &self.store, &metrics).await.unwrap();
        let symmetric = || self.others_key(KmsSpec::SymmetricDefault, KeyUsageType::EncryptDecrypt);
        let pair = self.others_key(KmsSpec::EccNistP256, KeyUsageType::SignVerify).await;
        let (seal, other) = (symmetric().await, symmetric().await);
        let emulated = self.settings.endpoint.is_some();
        let place = contract::Place {
            metrics: Some(&metrics),
            disables: true,
            settles: if emulated { Duration::ZERO } else { Duration::from_secs(60) },
            left_out: &[LeftOut {
                algorithm: "ecdh",
                specs: &[KeySpec::EcSecp256k1],
                why: "KMS agrees on secrets on the curves of NIST alone",
            }],
            others: Some(Others { pair: &pair, seals: [&seal, &other] }),
        };
        contract::all(&custodian, &place).await;
        for key in [pair, seal, other] {
            self.forget(&key).await;
        }
    }

    /// KMS, as another program sees it.
    pub(crate) async fn client(&self) -> Client {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(aws_smithy_http_client::tls::Provider::Rustls(
                aws_smithy_http_client::tls::rustls_provider::CryptoMode::AwsLc,
            ))
            .build_https();
        let region = aws_config::Region::new(self.settings.region.clone());
        let loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .region(region)
            .http_client(http);
        let loader = match &self.settings.endpoint {
            Some(endpoint) => loader.endpoint_url(endpoint),
            None => loader,
        };
        Client::new(&loader.load().await)
    }

    /// A key that others make, and its ARN.
    pub(crate) async fn others_key(&self, spec: KmsSpec, usage: KeyUsageType) -> String {
        let request = self.client().await.create_key().key_spec(spec).key_usage(usage);
        let request = request.description("made by a test of supacrypt");
        request.send().await.unwrap().key_metadata.unwrap().arn.unwrap()
    }

    /// Has such a key deleted.
    pub(crate) async fn forget(&self, arn: &str) {
        let request = self.client().await.schedule_key_deletion().key_id(arn);
        request.pending_window_in_days(7).send().await.unwrap();
    }

    /// The ids of all keys.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let keys = self.client().await.list_keys().send().await.unwrap().keys.unwrap_or_default();
        keys.into_iter().filter_map(|key| key.key_id).collect()
    }

    pub(crate) async fn describe(&self, arn: &str) -> KeyMetadata {
        let asked = self.client().await.describe_key().key_id(arn).send().await;
        asked.unwrap().key_metadata.unwrap()
    }
}

/// 26 letters and digits that no other has.
pub(crate) fn new_id() -> String {
    let mut random = [0; 26];
    getrandom::fill(&mut random).unwrap();
    random
        .map(|byte| char::from(b"abcdefghijklmnopqrstuvwxyz234567"[usize::from(byte % 32)]))
        .iter()
        .collect()
}
