//! Settings, and credentials that are not there.

use std::fs;

use supacrypt_core::{KeySpec, Reason};
use supacrypt_server::config::AwsSettings;
use supacrypt_server::custody::{Custodian, Wanted};

use crate::done;
use crate::keys::arn;
use crate::place::{open, settings};

pub(crate) async fn all(url: &str) {
    let right = settings("eu-central-1", Some(url));
    open(&right, "store").await.unwrap().check().await.unwrap();

    let dir = tempfile::tempdir().unwrap();
    let broken = dir.path().join("broken.pem");
    fs::write(&broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let empty = dir.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    for ca in [broken, empty, dir.path().join("absent.pem")] {
        let wrong = AwsSettings { ca: Some(ca.clone()), ..right.clone() };
        let error = open(&wrong, "store").await.err().unwrap();
        assert_eq!(error.reason(), Reason::Configuration);
        assert_eq!(error.field(), Some("custodians.kms"));
        assert!(error.message().contains(ca.to_str().unwrap()), "{error}");
    }
    done("authorities_that_cannot_be_read_are_refused");

    // The environment has credentials; the profile that is named has none.
    let nobody = AwsSettings { profile: Some("nobody".into()), ..right.clone() };
    let error = open(&nobody, "store").await.unwrap().check().await.err().unwrap();
    assert_eq!(error.reason(), Reason::CustodianDenied, "{error}");
    assert!(error.message().contains("has no credentials"), "{error}");
    done("a_profile_is_the_one_that_is_named");

    // Of another account than the one that the environment's credentials are of.
    let role_arn = Some("arn:aws:iam::444455556666:role/keys".into());
    let custodian = open(&AwsSettings { role_arn, ..right }, "store").await.unwrap();
    let made = custodian.generate(Wanted::usual(KeySpec::HmacSha256), b"role").await.unwrap();
    assert!(arn(&made.reference).contains(":444455556666:"), "{}", arn(&made.reference));
    done("a_role_is_assumed");
}
