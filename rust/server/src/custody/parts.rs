//! Public keys made of the numbers that custodians give of them.

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode, Encode};
use pkcs1::RsaPublicKey;
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use supacrypt_core::{Error, KeySpec, Reason, Result};
use supacrypt_crypto::PublicKey;

/// RFC 8017, appendix A.1; RFC 5480, section 2.1.1; RFC 8410, section 3.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// RFC 5480, section 2.1.1.1; SEC 2, appendix A.2.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const SECP256K1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.10");

/// The object identifier in DER of the curve that a kind of keys is on.
pub(super) fn curve(spec: KeySpec) -> Result<Vec<u8>> {
    let oid = match spec {
        KeySpec::EcP256 => P256,
        KeySpec::EcP384 => P384,
        KeySpec::EcP521 => P521,
        KeySpec::EcSecp256k1 => SECP256K1,
        KeySpec::Ed25519 => ED25519,
        _ => return Err(Error::new(Reason::Internal, format!("{spec} is on no curve"))),
    };
    oid.to_der().map_err(failed)
}

/// The RSA key of a modulus and an exponent, both big-endian.
pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<PublicKey> {
    let number = |bytes| UintRef::new(bytes).map_err(failed);
    let key = RsaPublicKey { modulus: number(modulus)?, public_exponent: number(exponent)? };
    info(RSA, Some(AnyRef::NULL), &key.to_der().map_err(failed)?)
}

/// The public key that a point on a curve is: `0x04 || x || y` (SEC 1, section 2.3.3), or the bytes of
/// an Edwards point.
pub(super) fn on_curve(spec: KeySpec, point: &[u8]) -> Result<PublicKey> {
    if spec == KeySpec::Ed25519 {
        return info(ED25519, None, point);
    }
    let curve = curve(spec)?;
    info(EC, Some(AnyRef::from_der(&curve).map_err(failed)?), point)
}

fn info(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Result<PublicKey> {
    let info = SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { oid, parameters },
        subject_public_key: BitStringRef::from_bytes(key).map_err(failed)?,
    };
    PublicKey::from_spki_der(&info.to_der().map_err(failed)?)
}

fn failed(error: der::Error) -> Error {
    Error::new(Reason::Internal, format!("a public key could not be encoded: {error}"))
}

#[cfg(test)]
mod tests {
    use supacrypt_crypto::{Key, PublicComponents, generate};

    use super::*;

    #[test]
    fn a_public_key_is_made_of_its_parts() {
        for spec in [
            KeySpec::Rsa2048,
            KeySpec::EcP256,
            KeySpec::EcP384,
            KeySpec::EcP521,
            KeySpec::EcSecp256k1,
            KeySpec::Ed25519,
        ] {
            let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
            let public = key.public_key().unwrap();
            let made = match public.components() {
                PublicComponents::Rsa { modulus, exponent } => rsa(&modulus, &exponent).unwrap(),
                PublicComponents::Ec { point } => on_curve(spec, &point).unwrap(),
                PublicComponents::Ed25519 { key } => on_curve(spec, &key).unwrap(),
                other => panic!("{other:?}"),
            };
            assert_eq!(&made, public);
        }
    }
}
