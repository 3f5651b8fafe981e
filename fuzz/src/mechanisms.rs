//! Mechanisms with parameters: the structure that the standard names for each, with fields of any
//! value; one that is too short or too long; other bytes; nothing. What is not null can be read: the
//! module cannot check that, and the caller answers for it.

use std::ptr;

use cryptoki_sys::*;

use crate::input::Input;

/// More than any structure has.
const LONGEST: usize = 128;

/// Hashes that parameters name, and something else.
const HASHES: [CK_MECHANISM_TYPE; 7] =
    [CKM_SHA_1, CKM_SHA224, CKM_SHA256, CKM_SHA384, CKM_SHA512, CKM_SHA3_256, CKM_AES_GCM];
/// Mask generation functions, in the order of [`HASHES`], and something else.
const MASKS: [CK_RSA_PKCS_MGF_TYPE; 7] = [
    CKG_MGF1_SHA1,
    CKG_MGF1_SHA224,
    CKG_MGF1_SHA256,
    CKG_MGF1_SHA384,
    CKG_MGF1_SHA512,
    CKG_MGF1_SHA3_256,
    0,
];

/// What is worth to be tried more often than chance would have it.
pub struct Known {
    /// The mechanisms that the token lists.
    pub kinds: Vec<CK_MECHANISM_TYPE>,
    /// Public points that there are keys for, to agree on secrets with.
    pub points: Vec<Vec<u8>>,
}

/// A mechanism with the memory it points to.
pub struct Mechanism {
    raw: CK_MECHANISM,
    _parameter: Vec<u8>,
    _parts: Parts,
}

impl Mechanism {
    /// As the input wants it.
    pub fn read(input: &mut Input<'_>, known: &Known) -> Self {
        let kind = match usize::from(input.byte()) {
            index if index < known.kinds.len() => known.kinds[index],
            _ => input.number(),
        };
        let mut parts = Parts::default();
        let how = input.byte() % 8;
        let structure = parts.structure(kind, input, known);
        let length = structure.as_ref().map(Vec::len);
        let mut parameter = match (how, structure) {
            (0 | 1, _) => Vec::new(),
            (2, _) => of_other_length(input.bytes().to_vec(), length),
            (3, Some(mut structure)) => {
                structure.resize(input.below(LONGEST), 0);
                of_other_length(structure, length)
            }
            (_, Some(structure)) => structure,
            (_, None) => input.bytes().to_vec(),
        };
        parameter.shrink_to_fit();
        let (at, length) = match how {
            0 => (ptr::null_mut(), 0),
            1 => (ptr::null_mut(), input.number()),
            _ => (parameter.as_mut_ptr().cast(), parameter.len() as CK_ULONG),
        };
        let raw = CK_MECHANISM { mechanism: kind, pParameter: at, ulParameterLen: length };
        Mechanism { raw, _parameter: parameter, _parts: parts }
    }

    pub fn kind(&self) -> CK_MECHANISM_TYPE {
        self.raw.mechanism
    }

    pub fn pointer(&mut self) -> *mut CK_MECHANISM {
        &raw mut self.raw
    }
}

/// Bytes that nobody takes for a structure of `length` bytes with pointers in it.
fn of_other_length(mut bytes: Vec<u8>, length: Option<usize>) -> Vec<u8> {
    if Some(bytes.len()) == length {
        bytes.push(0);
    }
    bytes
}

/// What the fields of a structure point to.
#[derive(Default)]
pub struct Parts(Vec<Vec<u8>>);

impl Parts {
    /// A pointer to bytes, or null, with a length.
    pub fn part(&mut self, input: &mut Input<'_>, known: &Known) -> (*mut CK_BYTE, CK_ULONG) {
        let mut bytes = match input.byte() {
            0 => return (ptr::null_mut(), input.number()),
            length @ 1..=64 => vec![length; length.into()],
            255 => known.points[input.below(known.points.len())].clone(),
            _ => input.bytes().to_vec(),
        };
        bytes.shrink_to_fit();
        let part = (bytes.as_mut_ptr(), bytes.len() as CK_ULONG);
        self.0.push(bytes);
        part
    }

    /// The bytes of the structure that the parameter of a mechanism is; `None` where it is none.
    fn structure(
        &mut self,
        kind: CK_MECHANISM_TYPE,
        input: &mut Input<'_>,
        known: &Known,
    ) -> Option<Vec<u8>> {
        Some(match kind {
            CKM_RSA_PKCS_PSS
            | CKM_SHA224_RSA_PKCS_PSS
            | CKM_SHA256_RSA_PKCS_PSS
            | CKM_SHA384_RSA_PKCS_PSS
            | CKM_SHA512_RSA_PKCS_PSS
            | CKM_SHA3_224_RSA_PKCS_PSS
            | CKM_SHA3_256_RSA_PKCS_PSS
            | CKM_SHA3_384_RSA_PKCS_PSS
            | CKM_SHA3_512_RSA_PKCS_PSS => bytes_of(CK_RSA_PKCS_PSS_PARAMS {
                hashAlg: input.pick(&HASHES),
                mgf: input.pick(&MASKS),
                sLen: input.number(),
            }),
            CKM_RSA_PKCS_OAEP => {
                let (hash, mgf) = (input.pick(&HASHES), input.pick(&MASKS));
                let (label, length) = self.part(input, known);
                bytes_of(CK_RSA_PKCS_OAEP_PARAMS {
                    hashAlg: hash,
                    mgf,
                    source: input.number(),
                    pSourceData: label.cast(),
                    ulSourceDataLen: length,
                })
            }
            CKM_EDDSA => {
                let (context, length) = self.part(input, known);
                bytes_of(CK_EDDSA_PARAMS {
                    phFlag: input.byte(),
                    ulContextDataLen: length,
                    pContextData: context,
                })
            }
            CKM_ML_DSA => {
                let (context, length) = self.part(input, known);
                bytes_of(CK_SIGN_ADDITIONAL_CONTEXT {
                    hedgeVariant: input.number(),
                    pContext: context,
                    ulContextLen: length,
                })
            }
            CKM_ECDH1_DERIVE | CKM_ECDH1_COFACTOR_DERIVE => {
                let (shared, peer) = (self.part(input, known), self.part(input, known));
                bytes_of(CK_ECDH1_DERIVE_PARAMS {
                    kdf: input.number(),
                    ulSharedDataLen: shared.1,
                    pSharedData: shared.0,
                    ulPublicDataLen: peer.1,
                    pPublicData: peer.0,
                })
            }
            CKM_HKDF_DERIVE => {
                let (salt, info) = (self.part(input, known), self.part(input, known));
                bytes_of(CK_HKDF_PARAMS {
                    bExtract: input.byte(),
                    bExpand: input.byte(),
                    prfHashMechanism: input.pick(&HASHES),
                    ulSaltType: input.number(),
                    pSalt: salt.0,
                    ulSaltLen: salt.1,
                    hSaltKey: input.number(),
                    pInfo: info.0,
                    ulInfoLen: info.1,
                })
            }
            CKM_AES_GCM => {
                let (iv, aad) = (self.part(input, known), self.part(input, known));
                bytes_of(CK_GCM_PARAMS {
                    pIv: iv.0,
                    ulIvLen: iv.1,
                    ulIvBits: input.number(),
                    pAAD: aad.0,
                    ulAADLen: aad.1,
                    ulTagBits: input.number(),
                })
            }
            CKM_AES_CCM => {
                let (nonce, aad) = (self.part(input, known), self.part(input, known));
                bytes_of(CK_CCM_PARAMS {
                    ulDataLen: input.number(),
                    pNonce: nonce.0,
                    ulNonceLen: nonce.1,
                    pAAD: aad.0,
                    ulAADLen: aad.1,
                    ulMACLen: input.number(),
                })
            }
            CKM_CHACHA20_POLY1305 => {
                let (nonce, aad) = (self.part(input, known), self.part(input, known));
                bytes_of(CK_SALSA20_CHACHA20_POLY1305_PARAMS {
                    pNonce: nonce.0,
                    ulNonceLen: nonce.1,
                    pAAD: aad.0,
                    ulAADLen: aad.1,
                })
            }
            CKM_AES_CTR => {
                let bits = input.number();
                bytes_of(CK_AES_CTR_PARAMS { ulCounterBits: bits, cb: [input.byte(); 16] })
            }
            CKM_SHA_1_HMAC_GENERAL
            | CKM_SHA224_HMAC_GENERAL
            | CKM_SHA256_HMAC_GENERAL
            | CKM_SHA384_HMAC_GENERAL
            | CKM_SHA512_HMAC_GENERAL
            | CKM_SHA3_224_HMAC_GENERAL
            | CKM_SHA3_256_HMAC_GENERAL
            | CKM_SHA3_384_HMAC_GENERAL
            | CKM_SHA3_512_HMAC_GENERAL
            | CKM_AES_CMAC_GENERAL => bytes_of(input.number()),
            _ => return None,
        })
    }
}

fn bytes_of<T>(value: T) -> Vec<u8> {
    let mut bytes = vec![0; size_of::<T>()];
    // SAFETY: there is room for one.
    unsafe { bytes.as_mut_ptr().cast::<T>().write_unaligned(value) };
    bytes
}
