//! Keys that are sealed in the store and used in this process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;

use std::time::Duration;

use supacrypt_crypto::envelope::EnvelopeKey;
use supacrypt_server::custody::SoftwareCustodian;
use supacrypt_server::data_keys::DataKeys;

#[tokio::test(flavor = "multi_thread")]
async fn the_software_custodian_keeps_the_contract() {
    let custodian = SoftwareCustodian::new(DataKeys::from(EnvelopeKey::generate().unwrap()));
    let place = contract::Place {
        metrics: None,
        disables: false,
        settles: Duration::ZERO,
        left_out: &[],
        others: None,
    };
    contract::all(&custodian, &place).await;
}
