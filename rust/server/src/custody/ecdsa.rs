//! ECDSA as key services have it: by one length of digests for each curve.

use supacrypt_core::KeySpec;

/// A digest as long as services take it for a curve, which is the same number to ECDSA (FIPS 186-5, section
/// 6.4.1 and appendix B.2.1): the leftmost bits as many as the order has, or zeros before all of a shorter
/// one. Of P-521, 64 bytes are less than the order.
pub(super) fn fitted(spec: KeySpec, digest: &[u8]) -> Vec<u8> {
    let wanted = match spec {
        KeySpec::EcP384 => 48,
        KeySpec::EcP521 => 64,
        _ => 32,
    };
    let kept = &digest[..digest.len().min(wanted)];
    [&vec![0; wanted - kept.len()], kept].concat()
}

#[cfg(test)]
mod tests {
    use supacrypt_core::SignatureScheme;
    use supacrypt_crypto::{Key, generate};

    use super::*;

    #[test]
    fn a_fitted_digest_is_the_same_to_ecdsa() {
        for (spec, length) in [
            (KeySpec::EcP256, 32),
            (KeySpec::EcP384, 48),
            (KeySpec::EcP521, 64),
            (KeySpec::EcSecp256k1, 32),
        ] {
            let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
            for given in [20, 28, 32, 48, 64] {
                let digest: Vec<u8> = (1..=given).collect();
                let fitted = fitted(spec, &digest);
                assert_eq!(fitted.len(), length, "{spec}");
                let signature = key.sign(SignatureScheme::Ecdsa, &fitted).unwrap();
                let public = key.public_key().unwrap();
                let valid = public.verify(SignatureScheme::Ecdsa, &digest, &signature).unwrap();
                assert!(valid, "{spec} {given}");
            }
        }
    }
}
