//! Reading what callers pass.

use std::{ffi::c_void, slice};

use cryptoki_sys::*;
use supacrypt_core::{HkdfSteps, SignatureScheme};
use zeroize::Zeroizing;

use crate::{
    error::{Result, Rv},
    mechanism::{Action, Encryption, Mechanism, Parameter, Row, Signature},
    template::Template,
};

/// More attributes than any object has.
const MOST_ATTRIBUTES: CK_ULONG = 1024;
/// More bytes than any attribute has.
const LONGEST_VALUE: CK_ULONG = 1024 * 1024;

/// The bytes at `pointer`; none when there are none.
///
/// # Safety
/// `pointer` is null or `length` bytes can be read from it, for as long as the result is used.
pub(super) unsafe fn bytes<'a>(pointer: *const CK_BYTE, length: CK_ULONG) -> Result<&'a [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    let length = usize::try_from(length).map_err(|_| Rv(CKR_ARGUMENTS_BAD))?;
    if pointer.is_null() || isize::try_from(length).is_err() {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    // SAFETY: not null, and the caller of this function answers for the rest.
    Ok(unsafe { slice::from_raw_parts(pointer, length) })
}

/// The bytes at `pointer` that a parameter points to: no more than anything has there.
///
/// # Safety
/// As [`bytes`].
pub(super) unsafe fn part<'a>(pointer: *const CK_BYTE, length: CK_ULONG) -> Result<&'a [u8]> {
    if length > LONGEST_VALUE {
        return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
    }
    // SAFETY: passed on.
    unsafe { bytes(pointer, length) }
}

/// A copy of the bytes at `pointer`, for input that may lie where the output goes.
///
/// # Safety
/// As [`bytes`].
pub(super) unsafe fn copy(pointer: *const CK_BYTE, length: CK_ULONG) -> Result<Zeroizing<Vec<u8>>> {
    // SAFETY: passed on.
    let bytes = unsafe { bytes(pointer, length) }?;
    // A length that nobody has memory for must not end the process.
    let mut copy = Zeroizing::new(Vec::new());
    copy.try_reserve_exact(bytes.len()).map_err(|_| Rv(CKR_HOST_MEMORY))?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// The attributes at `pointer`.
///
/// # Safety
/// `pointer` is null or points to `count` attributes, each with a value that is null or as long as
/// it says.
pub(super) unsafe fn template(pointer: *const CK_ATTRIBUTE, count: CK_ULONG) -> Result<Template> {
    if count > MOST_ATTRIBUTES || (pointer.is_null() && count > 0) {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    let mut attributes = Vec::new();
    for index in 0..count as usize {
        // SAFETY: there are `count` of them. The structure may be packed.
        let attribute = unsafe { pointer.add(index).read_unaligned() };
        let (pointer, length) = (attribute.pValue.cast(), attribute.ulValueLen);
        if length > LONGEST_VALUE {
            return Err(Rv(CKR_ATTRIBUTE_VALUE_INVALID));
        }
        // SAFETY: the caller of this function answers for each value.
        let value =
            unsafe { bytes(pointer, length) }.map_err(|_| Rv(CKR_ATTRIBUTE_VALUE_INVALID))?;
        if attributes.iter().any(|(before, _)| *before == attribute.type_) {
            return Err(Rv(CKR_TEMPLATE_INCONSISTENT));
        }
        attributes.push((attribute.type_, value.to_vec()));
    }
    Ok(Template::new(attributes))
}

/// The mechanism at `pointer`, with its parameter; `None` when there is none.
///
/// # Safety
/// As [`mechanism`].
pub(super) unsafe fn optional_mechanism(pointer: *const CK_MECHANISM) -> Result<Option<Mechanism>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: passed on.
    unsafe { mechanism(pointer) }.map(Some)
}

/// The mechanism at `pointer`, with its parameter.
///
/// # Safety
/// `pointer` is null or points to a mechanism whose parameter is null or as long as it says, and is
/// the structure that the standard names for it.
pub(super) unsafe fn mechanism(pointer: *const CK_MECHANISM) -> Result<Mechanism> {
    if pointer.is_null() {
        return Err(Rv(CKR_ARGUMENTS_BAD));
    }
    // SAFETY: not null. The structure may be packed.
    let given = unsafe { pointer.read_unaligned() };
    let row = Row::of(given.mechanism)?;
    let (at, length) = (given.pParameter, given.ulParameterLen);
    if length > LONGEST_VALUE {
        return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
    }
    // SAFETY: the caller of this function answers for the parameter, and for what that points to.
    let parameter = unsafe {
        match row.action {
            Action::Sign(Signature::RsaPss, _) => pss(at, length),
            Action::Sign(Signature::Ed25519, _) => eddsa(at, length),
            Action::Sign(Signature::MlDsa, _) if length > 0 => context(at, length),
            Action::Sign(..) if row.is_general() => structure(at, length).map(Parameter::MacLength),
            Action::Agree => ecdh(at, length),
            Action::Hkdf => hkdf(at, length),
            Action::Encrypt(Encryption::RsaOaep) => oaep(at, length),
            Action::Encrypt(Encryption::AesGcm) => gcm(at, length),
            Action::Encrypt(Encryption::AesCtr) => ctr(at, length),
            Action::Encrypt(Encryption::AesCcm) => ccm(at, length),
            Action::Encrypt(Encryption::ChaCha20Poly1305) => chacha20_poly1305(at, length),
            _ => bytes(at.cast(), length).map(|iv| Parameter::Bytes(iv.to_vec())),
        }
    };
    let parameter = parameter.map_err(|_| Rv(CKR_MECHANISM_PARAM_INVALID))?;
    Ok(Mechanism { row, parameter })
}

/// A structure, if there is one of the right size.
///
/// # Safety
/// `pointer` is null or `length` bytes of a `T` can be read from it.
pub(super) unsafe fn structure<T>(pointer: *const c_void, length: CK_ULONG) -> Result<T> {
    if pointer.is_null() || length as usize != size_of::<T>() {
        return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
    }
    // SAFETY: not null and long enough.
    Ok(unsafe { pointer.cast::<T>().read_unaligned() })
}

/// # Safety
/// As [`structure`].
unsafe fn pss(pointer: *const c_void, length: CK_ULONG) -> Result<Parameter> {
    // SAFETY: passed on.
    let given: CK_RSA_PKCS_PSS_PARAMS = unsafe { structure(pointer, length) }?;
    Ok(Parameter::Pss { hash: given.hashAlg, mgf: given.mgf, salt_length: given.sLen })
}

/// Plain Ed25519 has no parameter, or one that asks for neither a context nor the prehashed kind.
///
/// # Safety
/// As [`structure`].
unsafe fn eddsa(pointer: *const c_void, length: CK_ULONG) -> Result<Parameter> {
    if length > 0 {
        // SAFETY: passed on.
        let given: CK_EDDSA_PARAMS = unsafe { structure(pointer, length) }?;
        if given.phFlag != CK_FALSE || given.ulContextDataLen != 0 {
            return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
        }
    }
    Ok(Parameter::Bytes(Vec::new()))
}

/// A context, from a caller who does not insist on a signature without randomness.
///
/// # Safety
/// As [`structure`], and the context it points to can be read.
unsafe fn context(pointer: *const c_void, length: CK_ULONG) -> Result<Parameter> {
    // SAFETY: passed on.
    let given: CK_SIGN_ADDITIONAL_CONTEXT = unsafe { structure(pointer, length) }?;
    if !matches!(given.hedgeVariant, CKH_HEDGE_PREFERRED | CKH_HEDGE_REQUIRED) {
        return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
    }
    // SAFETY: passed on.
    let context = unsafe { part(given.pContext, given.ulContextLen) }?;
    if context.len() > SignatureScheme::MAX_CONTEXT_LEN {
        return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
    }
    Ok(Parameter::Context(context.to_vec()))
}

/// HKDF with a salt that is data, or none. One that is a key would have to be shown to the caller's
/// process.
///
/// # Safety
/// As [`structure`], and the salt and the info it points to can be read.
unsafe fn hkdf(pointer: *const c_void, length: CK_ULONG) -> Result<Parameter> {
    let invalid = Rv(CKR_MECHANISM_PARAM_INVALID);
    // SAFETY: passed on.
    let given: CK_HKDF_PARAMS = unsafe { structure(pointer, length) }?;
    let steps = match (given.bExtract != CK_FALSE, given.bExpand != CK_FALSE) {
        (true, true) => HkdfSteps::Both,
        (true, false) => HkdfSteps::Extract,
        (false, true) => HkdfSteps::Expand,
        (false, false) => return Err(invalid),
    };
    // SAFETY: passed on.
    let (salt, info) =
        unsafe { (part(given.pSalt, given.ulSaltLen)?, part(given.pInfo, given.ulInfoLen)?) };
    // The parts of a step that is left out mean nothing.
    let salt = match given.ulSaltType {
        _ if steps == HkdfSteps::Expand => &[],
        CKF_HKDF_SALT_NULL => &[],
        CKF_HKDF_SALT_DATA => salt,
        _ => return Err(invalid),
    };
    let info = if steps == HkdfSteps::Extract { &[] } else { info };
    let (salt, info) = (salt.to_vec(), info.to_vec());
    Ok(Parameter::Hkdf { hash: given.prfHashMechanism, steps, salt, info })
}

/// # Safety
/// As [`structure`], and the shared data and the public key it points to can be read.
unsafe fn ecdh(pointer: *const c_void, length: CK_ULONG) -> Result<Parameter> {
    // SAFETY: passed on.
    let given: CK_ECDH1_DERIVE_PARAMS = unsafe { structure(pointer, length) }?;
    // SAFETY: passed on.
    let (info, peer) = unsafe {
        (
            part(given.pSharedData, given.ulSharedDataLen)?,
            part(given.pPublicData, given.ulPublicDataLen)?,
        )
    };
    Ok(Parameter::Ecdh { kdf: given.kdf, info: info.to_vec(), peer: peer.to_vec() })
}

/// # Safety
/// As [`structure`], and the label it points to can be read.
unsafe fn oaep(pointer: *const c_void, length: CK_ULONG) -> Result<Parameter> {
    // SAFETY: passed on.
    let given: CK_RSA_PKCS_OAEP_PARAMS = unsafe { structure(pointer, length) }?;
    // Applications leave the source 0 when there is no label.
    if given.source != CKZ_DATA_SPECIFIED && given.ulSourceDataLen != 0 {
        return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
    }
    // SAFETY: passed on.
    let label = unsafe { part(given.pSourceData.cast(), given.ulSourceDataLen) }?.to_vec();
    Ok(Parameter::Oaep { hash: given.hashAlg, mgf: given.mgf, label })
}

/// # Safety
/// As [`structure`], and the IV and additional data it points to can be read.
unsafe fn gcm(pointer: *const c_void, length: CK_ULONG) -> Result<Parameter> {
    // SAFETY: passed on.
    let given: CK_GCM_PARAMS = unsafe { structure(pointer, length) }?;
    // SAFETY: passed on.
    let (iv, aad) = unsafe { (part(given.pIv, given.ulIvLen)?, part(given.pAAD, given.ulAADLen)?) };
    Ok(Parameter::Gcm { iv: iv.to_vec(), aad: aad.to_vec(), tag_bits: given.ulTagBits })
}

/// # Safety
/// As [`structure`], and the nonce and additional data it points to can be read.
unsafe fn ccm(pointer: *const c_void, length: CK_ULONG) -> Result<Parameter> {
    // SAFETY: passed on.
    let given: CK_CCM_PARAMS = unsafe { structure(pointer, length) }?;
    // SAFETY: passed on.
    let (nonce, aad) =
        unsafe { (part(given.pNonce, given.ulNonceLen)?, part(given.pAAD, given.ulAADLen)?) };
    Ok(Parameter::Aead { nonce: nonce.to_vec(), aad: aad.to_vec(), tag_length: given.ulMACLen })
}

/// A nonce of 96 bits. The standard counts its length in bits, most applications in bytes. Of any
/// other length it must not be read: how many bytes there are is not known.
///
/// # Safety
/// As [`structure`], and the nonce and additional data it points to can be read.
unsafe fn chacha20_poly1305(pointer: *const c_void, length: CK_ULONG) -> Result<Parameter> {
    const BYTES: CK_ULONG = 12;
    const BITS: CK_ULONG = 8 * BYTES;
    // SAFETY: passed on.
    let given: CK_SALSA20_CHACHA20_POLY1305_PARAMS = unsafe { structure(pointer, length) }?;
    if given.ulNonceLen != BYTES && given.ulNonceLen != BITS {
        return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
    }
    // SAFETY: passed on.
    let (nonce, aad) = unsafe { (part(given.pNonce, BYTES)?, part(given.pAAD, given.ulAADLen)?) };
    Ok(Parameter::Aead { nonce: nonce.to_vec(), aad: aad.to_vec(), tag_length: 16 })
}

/// # Safety
/// As [`structure`].
unsafe fn ctr(pointer: *const c_void, length: CK_ULONG) -> Result<Parameter> {
    // SAFETY: passed on.
    let given: CK_AES_CTR_PARAMS = unsafe { structure(pointer, length) }?;
    Ok(Parameter::Ctr { counter_bits: given.ulCounterBits, block: given.cb })
}

#[cfg(test)]
mod tests {
    use std::ptr::null;

    use super::*;

    #[test]
    fn null_is_refused_where_something_has_to_be() {
        // SAFETY: null is allowed.
        unsafe {
            assert_eq!(bytes(null(), 0), Ok(&[][..]));
            assert_eq!(bytes(null(), 1), Err(Rv(CKR_ARGUMENTS_BAD)));
            assert_eq!(template(null(), 1).unwrap_err(), Rv(CKR_ARGUMENTS_BAD));
            assert_eq!(mechanism(null()).unwrap_err(), Rv(CKR_ARGUMENTS_BAD));
        }
    }

    #[test]
    fn a_length_beyond_all_reason_is_refused() {
        let mut byte = 0_u8;
        for length in [CK_ULONG::MAX, CK_ULONG::MAX / 2, LONGEST_VALUE + 1] {
            let given = CK_ATTRIBUTE {
                type_: CKA_LABEL,
                pValue: (&raw mut byte).cast(),
                ulValueLen: length,
            };
            // SAFETY: nothing is read, because of the length.
            let refused = unsafe { template(&raw const given, 1) };
            assert_eq!(refused.unwrap_err(), Rv(CKR_ATTRIBUTE_VALUE_INVALID));
        }
    }

    #[test]
    fn an_attribute_that_is_said_twice_is_refused() {
        let (mut no, mut yes) = (CK_FALSE, CK_TRUE);
        let token = |value: *mut CK_BBOOL| CK_ATTRIBUTE {
            type_: CKA_TOKEN,
            pValue: value.cast(),
            ulValueLen: 1,
        };
        let given = [token(&raw mut no), token(&raw mut yes)];
        // SAFETY: there are two, each with a value of one byte.
        let refused = unsafe { template(given.as_ptr(), 2) };
        assert_eq!(refused.unwrap_err(), Rv(CKR_TEMPLATE_INCONSISTENT));
    }

    #[test]
    fn a_parameter_of_the_wrong_size_is_refused() {
        let mut parameter = [0_u8; 3];
        let given = CK_MECHANISM {
            mechanism: CKM_AES_GCM,
            pParameter: parameter.as_mut_ptr().cast(),
            ulParameterLen: 3,
        };
        // SAFETY: the parameter has the length that is said.
        let refused = unsafe { mechanism(&raw const given) };
        assert_eq!(refused.unwrap_err(), Rv(CKR_MECHANISM_PARAM_INVALID));
    }

    #[test]
    fn a_nonce_is_as_long_as_its_bits_or_bytes_say() {
        let mut nonce = [7; 12];
        for (length, is_read) in [(12, true), (96, true), (11, false), (24, false), (192, false)] {
            let mut parameter = CK_SALSA20_CHACHA20_POLY1305_PARAMS {
                pNonce: nonce.as_mut_ptr(),
                ulNonceLen: length,
                ..Default::default()
            };
            let given = CK_MECHANISM {
                mechanism: CKM_CHACHA20_POLY1305,
                pParameter: (&raw mut parameter).cast(),
                ulParameterLen: size_of_val(&parameter) as CK_ULONG,
            };
            // SAFETY: twelve bytes of the nonce can be read, and no others are.
            let read = unsafe { mechanism(&raw const given) };
            let expected = Parameter::Aead { nonce: vec![7; 12], aad: vec![], tag_length: 16 };
            let expected = Some(expected).filter(|_| is_read);
            assert_eq!(read.ok().map(|mechanism| mechanism.parameter), expected, "{length}");
        }
    }
}
