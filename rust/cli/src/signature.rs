//! ECDSA signatures in the two forms programs expect.

use der::{Decode, Encode, Sequence, asn1::UintRef};
use supacrypt_core::{Error, KeyClass, KeySpec, Reason, Result};

/// `Ecdsa-Sig-Value` (RFC 3279, section 2.2.3), which OpenSSL and X.509 use.
#[derive(Sequence)]
struct EcdsaSigValue<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// DER from `r || s` (IEEE P1363), which the API uses.
///
/// # Errors
/// [`Reason::Internal`] when the bytes are no signature.
pub(crate) fn to_der(p1363: &[u8]) -> Result<Vec<u8>> {
    let (r, s) = p1363.split_at(p1363.len() / 2);
    let encode = || EcdsaSigValue { r: UintRef::new(r)?, s: UintRef::new(s)? }.to_der();
    encode().map_err(|error| Error::new(Reason::Internal, format!("the signature: {error}")))
}

/// `r || s`, each as long as the field of `key`, from DER.
///
/// # Errors
/// [`Reason::SignatureInvalid`] when the bytes are no DER or too long for the key.
pub(crate) fn from_der(der: &[u8], key: KeySpec) -> Result<Vec<u8>> {
    debug_assert_eq!(key.class(), KeyClass::Ec);
    let invalid = || {
        Error::new(
            Reason::SignatureInvalid,
            "this is no ECDSA signature in DER; pass --p1363 when it is r || s",
        )
    };
    let value = EcdsaSigValue::from_der(der).map_err(|_| invalid())?;
    let width = key.bytes();
    let mut p1363 = Vec::with_capacity(2 * width);
    for number in [value.r.as_bytes(), value.s.as_bytes()] {
        let padding = width.checked_sub(number.len()).ok_or_else(invalid)?;
        p1363.resize(p1363.len() + padding, 0);
        p1363.extend_from_slice(number);
    }
    Ok(p1363)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_keep_their_width_through_der() {
        let mut p1363 = vec![0; 64];
        p1363[31] = 0x80;
        p1363[63] = 1;
        let der = to_der(&p1363).unwrap();
        assert_eq!(der, [0x30, 7, 2, 2, 0, 0x80, 2, 1, 1]);
        assert_eq!(from_der(&der, KeySpec::EcP256).unwrap(), p1363);
    }

    #[test]
    fn numbers_longer_than_the_field_are_refused() {
        let der = to_der(&[0xff; 96]).unwrap();
        let error = from_der(&der, KeySpec::EcP256).unwrap_err();
        assert_eq!(error.reason(), Reason::SignatureInvalid);
    }
}
