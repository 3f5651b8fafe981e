//! The token as a place of the contract.

use std::time::Duration;

use supacrypt_core::Reason;
use supacrypt_crypto::envelope::EnvelopeKey;
use supacrypt_server::custody::Custodian;
use supacrypt_server::telemetry::Metrics;

use crate::contract::{self, Others, Place};
use crate::token::Token;

pub(crate) async fn keeps_the_contract(token: &Token) {
    let metrics = Metrics::new();
    let custodian = Token::open_counted(&token.settings(), &metrics).await.unwrap();
    token.make_pair("of others");
    let seals = ["seal", "another seal"];
    for label in seals {
        token.make_secret(label);
    }
    let before = token.objects().len();
    let place = Place {
        metrics: Some(&metrics),
        disables: false,
        settles: Duration::ZERO,
        left_out: &[],
        others: Some(Others { pair: "of others", seals }),
    };
    contract::all(&custodian, &place).await;
    assert_eq!(token.objects().len(), before);
    let seal = custodian.seal(seals[0]).await.unwrap();
    for label in seals.into_iter().chain(["of others"]) {
        token.destroy(label);
    }
    let error = seal.wrap(&EnvelopeKey::generate().unwrap()).await.unwrap_err();
    assert_eq!(error.reason(), Reason::SealUnavailable, "{error}");
}
