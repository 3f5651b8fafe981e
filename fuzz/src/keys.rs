//! Keys of every kind, to be used by targets and taken apart for the templates they make.

use cryptoki_sys::*;

use crate::call;

/// The halves of a pair, or twice the same secret key.
#[derive(Clone, Copy)]
pub struct Pair {
    pub public: CK_OBJECT_HANDLE,
    pub private: CK_OBJECT_HANDLE,
}

/// `CKA_EC_PARAMS` of P-256, P-384, P-521, Ed25519 and X25519.
pub const CURVES: [&[u8]; 5] = [
    b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
    b"\x06\x05\x2b\x81\x04\x00\x22",
    b"\x06\x05\x2b\x81\x04\x00\x23",
    b"\x06\x03\x2b\x65\x70",
    b"\x06\x03\x2b\x65\x6e",
];

/// What makes the pairs: a mechanism, and the attribute that says which kind.
const PAIRS: [(CK_MECHANISM_TYPE, CK_ATTRIBUTE_TYPE, &[u8]); 7] = [
    (CKM_RSA_PKCS_KEY_PAIR_GEN, CKA_MODULUS_BITS, &CK_ULONG::to_ne_bytes(2048)),
    (CKM_EC_KEY_PAIR_GEN, CKA_EC_PARAMS, CURVES[0]),
    (CKM_EC_KEY_PAIR_GEN, CKA_EC_PARAMS, CURVES[2]),
    (CKM_EC_EDWARDS_KEY_PAIR_GEN, CKA_EC_PARAMS, CURVES[3]),
    (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKA_EC_PARAMS, CURVES[4]),
    (CKM_ML_DSA_KEY_PAIR_GEN, CKA_PARAMETER_SET, &CK_ULONG::to_ne_bytes(CKP_ML_DSA_44)),
    (CKM_ML_KEM_KEY_PAIR_GEN, CKA_PARAMETER_SET, &CK_ULONG::to_ne_bytes(CKP_ML_KEM_512)),
];

/// What makes the secret keys: a mechanism, and their length in bytes.
const SECRETS: [(CK_MECHANISM_TYPE, CK_ULONG); 4] = [
    (CKM_AES_KEY_GEN, 16),
    (CKM_AES_KEY_GEN, 32),
    (CKM_CHACHA20_KEY_GEN, 32),
    (CKM_GENERIC_SECRET_KEY_GEN, 32),
];

const PUBLIC_USAGES: &[CK_ATTRIBUTE_TYPE] =
    &[CKA_VERIFY, CKA_ENCRYPT, CKA_ENCAPSULATE, CKA_VERIFY_RECOVER, CKA_WRAP];
const PRIVATE_USAGES: &[CK_ATTRIBUTE_TYPE] =
    &[CKA_SIGN, CKA_DECRYPT, CKA_DERIVE, CKA_DECAPSULATE, CKA_SIGN_RECOVER, CKA_UNWRAP];
const SECRET_USAGES: &[CK_ATTRIBUTE_TYPE] =
    &[CKA_SIGN, CKA_VERIFY, CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE];

/// One key of each kind. Those of the session may do everything and can be read; those of the token
/// do what is usual.
pub fn make(session: CK_SESSION_HANDLE, on_token: bool) -> Vec<Pair> {
    let pairs = PAIRS.iter().map(|(kind, attribute, value)| {
        let mut public = template(on_token, PUBLIC_USAGES);
        public.push((*attribute, value.to_vec()));
        let mut private = template(on_token, PRIVATE_USAGES);
        readable(&mut private, on_token);
        generate_pair(session, *kind, &public, &private)
    });
    let secrets = SECRETS.iter().map(|(kind, length)| {
        let mut secret = template(on_token, SECRET_USAGES);
        readable(&mut secret, on_token);
        secret.push((CKA_VALUE_LEN, length.to_ne_bytes().to_vec()));
        let (mut kind, mut secret) = (mechanism(*kind), attributes(&secret));
        let (list, count) = (secret.as_mut_ptr(), secret.len() as CK_ULONG);
        let mut key = 0;
        let rv = call!(C_GenerateKey(session, &raw mut kind, list, count, &raw mut key));
        assert_eq!(rv, CKR_OK);
        Pair { public: key, private: key }
    });
    pairs.chain(secrets).collect()
}

type Values = Vec<(CK_ATTRIBUTE_TYPE, Vec<u8>)>;

fn generate_pair(
    session: CK_SESSION_HANDLE,
    kind: CK_MECHANISM_TYPE,
    public: &Values,
    private: &Values,
) -> Pair {
    let mut kind = mechanism(kind);
    let (mut public, mut private) = (attributes(public), attributes(private));
    let mut pair = Pair { public: 0, private: 0 };
    let rv = call!(C_GenerateKeyPair(
        session,
        &raw mut kind,
        public.as_mut_ptr(),
        public.len() as CK_ULONG,
        private.as_mut_ptr(),
        private.len() as CK_ULONG,
        &raw mut pair.public,
        &raw mut pair.private,
    ));
    assert_eq!(rv, CKR_OK);
    pair
}

fn template(on_token: bool, usages: &[CK_ATTRIBUTE_TYPE]) -> Values {
    let mut template = vec![(CKA_TOKEN, vec![CK_BBOOL::from(on_token)])];
    if !on_token {
        template.extend(usages.iter().map(|usage| (*usage, vec![CK_TRUE])));
    }
    template
}

fn readable(template: &mut Values, on_token: bool) {
    if !on_token {
        template.push((CKA_SENSITIVE, vec![CK_FALSE]));
        template.push((CKA_EXTRACTABLE, vec![CK_TRUE]));
    }
}

/// The template of these values, for as long as they live.
fn attributes(values: &Values) -> Vec<CK_ATTRIBUTE> {
    let attribute = |(kind, value): &(CK_ATTRIBUTE_TYPE, Vec<u8>)| CK_ATTRIBUTE {
        type_: *kind,
        pValue: value.as_ptr().cast_mut().cast(),
        ulValueLen: value.len() as CK_ULONG,
    };
    values.iter().map(attribute).collect()
}

/// A mechanism without a parameter.
pub fn mechanism(kind: CK_MECHANISM_TYPE) -> CK_MECHANISM {
    CK_MECHANISM { mechanism: kind, pParameter: std::ptr::null_mut(), ulParameterLen: 0 }
}
