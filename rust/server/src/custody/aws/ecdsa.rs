//! ECDSA signatures, which KMS gives in DER.

use der::Decode;
use der::asn1::UintRef;
use supacrypt_core::KeySpec;

/// `r || s`, each as long as the field, of a signature in DER (RFC 3279, section 2.2.3); `None` for what is
/// none on the curve.
pub(super) fn raw(spec: KeySpec, der: &[u8]) -> Option<Vec<u8>> {
    let numbers: [UintRef<'_>; 2] = Vec::from_der(der).ok()?.try_into().ok()?;
    let mut raw = Vec::with_capacity(2 * spec.bytes());
    for number in numbers {
        let number = number.as_bytes();
        raw.resize(raw.len() + spec.bytes().checked_sub(number.len())?, 0);
        raw.extend_from_slice(number);
    }
    Some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_as_long_as_the_field() {
        // One that is short, and one whose sign wants a zero before it.
        let der = [0x30, 0x07, 0x02, 0x01, 0x05, 0x02, 0x02, 0x00, 0x80];
        let raw = raw(KeySpec::EcP256, &der).unwrap();
        assert_eq!(raw.len(), 64);
        assert_eq!((raw[31], raw[63]), (5, 0x80));
        assert_eq!(raw.iter().filter(|byte| **byte != 0).count(), 2);
    }

    #[test]
    fn what_is_no_signature_on_the_curve_is_none() {
        let long = [&[0x30, 0x26, 0x02, 0x21], &[1; 33][..], &[0x02, 0x01, 0x01]].concat();
        for der in [&long[..], &[0x30, 0x03, 0x02, 0x01, 0x05], &[0; 64], b""] {
            assert_eq!(raw(KeySpec::EcP256, der), None);
        }
    }
}
