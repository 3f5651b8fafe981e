//! Nonces and IVs that the module makes for callers.

use cryptoki_sys::*;

use crate::error::{Result, Rv};

/// Who makes the nonce of a message or of a wrapped key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NonceSource {
    /// The caller.
    Caller,
    /// The module, at random but for the leading bits that the caller fixed.
    Random,
}

/// Fills in a nonce, whose first `fixed_bits` bits stay as they are.
///
/// # Errors
/// `CKR_MECHANISM_PARAM_INVALID` when too many bits are fixed.
pub(crate) fn make_nonce(nonce: &mut [u8], fixed_bits: usize, source: NonceSource) -> Result<()> {
    let bad_parameter = Rv(CKR_MECHANISM_PARAM_INVALID);
    let free = nonce.len().checked_sub(fixed_bits.div_ceil(8)).ok_or(bad_parameter)?;
    if source == NonceSource::Caller {
        return Ok(());
    }
    // What is left must be enough never to come twice; and bits of a byte are not worth it.
    if !fixed_bits.is_multiple_of(8) || free < size_of::<u64>() {
        return Err(bad_parameter);
    }
    let start = nonce.len() - free;
    Ok(supacrypt_crypto::random(&mut nonce[start..])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_bits_stay_and_leave_enough_to_be_made() {
        let mut nonce = [7; 12];
        make_nonce(&mut nonce, 32, NonceSource::Random).unwrap();
        assert!(nonce[..4] == [7; 4] && nonce[4..] != [7; 8]);
        for fixed_bits in [33, 40, 96, 97] {
            let refused = make_nonce(&mut nonce, fixed_bits, NonceSource::Random);
            assert_eq!(refused, Err(Rv(CKR_MECHANISM_PARAM_INVALID)), "{fixed_bits}");
        }
        let before = nonce;
        make_nonce(&mut nonce, 96, NonceSource::Caller).unwrap();
        assert_eq!(nonce, before);
    }
}
