//! Asymmetric keys: parsing, encoding, generating, checking.

use std::{ffi::c_int, mem::MaybeUninit, ptr};

use aws_lc_sys as lc;
use supacrypt_core::{KeyClass, KeySpec};
use zeroize::Zeroizing;

use super::{Failed, check, kem, owned::Owned};

/// A key pair or a public key.
pub(crate) struct PKey(Owned<lc::EVP_PKEY>);

// SAFETY: AWS-LC counts references atomically and locks what an `EVP_PKEY` caches inside (RSA
// blinding, Montgomery contexts); a key may move between threads. It is never changed after it was
// made.
unsafe impl Send for PKey {}
// SAFETY: see `Send`; all functions that take the pointer here only read the key.
unsafe impl Sync for PKey {}

impl PKey {
    /// Reads unencrypted PKCS#8 in DER, all of it.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Result<PKey, Failed> {
        let key = Self::parse(der, lc::EVP_parse_private_key)?;
        if key.kind() == lc::EVP_PKEY_KEM { kem::complete(key) } else { Ok(key) }
    }

    /// Reads a `SubjectPublicKeyInfo` in DER, all of it.
    pub(crate) fn from_spki(der: &[u8]) -> Result<PKey, Failed> {
        let key = Self::parse(der, lc::EVP_parse_public_key)?;
        if key.kind() == lc::EVP_PKEY_KEM {
            kem::check_public(&key)?;
        }
        Ok(key)
    }

    /// Takes over a key; null is AWS-LC's way of failing.
    ///
    /// # Safety
    /// `key` must be null, or valid and owned by nobody else.
    pub(super) unsafe fn new(key: *mut lc::EVP_PKEY) -> Result<PKey, Failed> {
        // SAFETY: the caller keeps the contract of `Owned::new`.
        unsafe { Owned::new(key).map(PKey) }
    }

    fn parse(
        der: &[u8],
        function: unsafe extern "C" fn(*mut lc::CBS) -> *mut lc::EVP_PKEY,
    ) -> Result<PKey, Failed> {
        let mut cursor = MaybeUninit::<lc::CBS>::uninit();
        // SAFETY: `CBS_init` fills the cursor with a view of `der`, which outlives it; the parser
        // reads inside that view and returns null or a key of ours.
        let (key, rest) = unsafe {
            lc::CBS_init(cursor.as_mut_ptr(), der.as_ptr(), der.len());
            let key = Owned::new(function(cursor.as_mut_ptr()))?;
            (key, lc::CBS_len(cursor.as_ptr()))
        };
        if rest == 0 { Ok(PKey(key)) } else { Err(Failed) }
    }

    /// The private key in PKCS#8 DER.
    pub(crate) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Failed> {
        self.marshal(lc::EVP_marshal_private_key).map(Zeroizing::new)
    }

    /// The public key as `SubjectPublicKeyInfo` in DER.
    pub(crate) fn to_spki(&self) -> Result<Vec<u8>, Failed> {
        self.marshal(lc::EVP_marshal_public_key)
    }

    fn marshal(
        &self,
        function: unsafe extern "C" fn(*mut lc::CBB, *const lc::EVP_PKEY) -> c_int,
    ) -> Result<Vec<u8>, Failed> {
        let mut builder = MaybeUninit::<lc::CBB>::uninit();
        let mut data = ptr::null_mut();
        let mut len = 0;
        // SAFETY: the builder is initialized first and released on each way out, by `CBB_finish`
        // or by `CBB_cleanup`. The buffer handed out is ours: copied, then freed by AWS-LC, whose
        // allocator wipes what it frees.
        unsafe {
            check(lc::CBB_init(builder.as_mut_ptr(), 2048))?;
            if function(builder.as_mut_ptr(), self.as_ptr()) != 1
                || lc::CBB_finish(builder.as_mut_ptr(), &raw mut data, &raw mut len) != 1
            {
                lc::CBB_cleanup(builder.as_mut_ptr());
                return Err(Failed::take());
            }
            let copy = std::slice::from_raw_parts(data, len).to_vec();
            lc::OPENSSL_free(data.cast());
            Ok(copy)
        }
    }

    /// Makes a key pair of an asymmetric `spec`.
    pub(crate) fn generate(spec: KeySpec) -> Result<PKey, Failed> {
        let kind = match spec.class() {
            KeyClass::Rsa => lc::EVP_PKEY_RSA,
            KeyClass::Ec => lc::EVP_PKEY_EC,
            KeyClass::Edwards => lc::EVP_PKEY_ED25519,
            KeyClass::Montgomery => lc::EVP_PKEY_X25519,
            KeyClass::MlDsa => lc::EVP_PKEY_PQDSA,
            KeyClass::MlKem => lc::EVP_PKEY_KEM,
            KeyClass::Aes | KeyClass::ChaCha20 | KeyClass::Hmac | KeyClass::Generic => {
                return Err(Failed);
            }
        };
        let mut key = ptr::null_mut();
        // SAFETY: the context lives to the end of the block; `EVP_PKEY_keygen` allocates the key
        // because the out pointer is null, and it becomes ours. The public exponent is AWS-LC's
        // default, 65537.
        unsafe {
            let context = Owned::new(lc::EVP_PKEY_CTX_new_id(kind, ptr::null_mut()))?;
            check(lc::EVP_PKEY_keygen_init(context.as_ptr()))?;
            if kind == lc::EVP_PKEY_RSA {
                let bits = c_int::try_from(spec.bits()).map_err(|_| Failed)?;
                check(lc::EVP_PKEY_CTX_set_rsa_keygen_bits(context.as_ptr(), bits))?;
            }
            if let Some(curve) = curve(spec) {
                check(lc::EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context.as_ptr(), curve))?;
            }
            match (lattice(spec), kind) {
                (Some(parameters), lc::EVP_PKEY_KEM) => {
                    check(lc::EVP_PKEY_CTX_kem_set_params(context.as_ptr(), parameters))?;
                }
                (Some(parameters), _) => {
                    check(lc::EVP_PKEY_CTX_pqdsa_set_params(context.as_ptr(), parameters))?;
                }
                (None, _) => {}
            }
            check(lc::EVP_PKEY_keygen(context.as_ptr(), &raw mut key))?;
            Owned::new(key).map(PKey)
        }
    }

    /// What the key is; `None` for a kind or size we do not offer.
    pub(crate) fn spec(&self) -> Option<KeySpec> {
        // SAFETY: the key is valid; an EC key always has a group, which it keeps alive; a key of
        // another kind has no lattice parameters.
        let (bits, group, signing, encapsulating) = unsafe {
            let ec = lc::EVP_PKEY_get0_EC_KEY(self.as_ptr());
            let group = if ec.is_null() {
                None
            } else {
                Some(lc::EC_GROUP_get_curve_name(lc::EC_KEY_get0_group(ec)))
            };
            let signing = lc::EVP_PKEY_pqdsa_get_type(self.as_ptr());
            let encapsulating = lc::EVP_PKEY_kem_get_type(self.as_ptr());
            (lc::EVP_PKEY_bits(self.as_ptr()), group, signing, encapsulating)
        };
        Failed::take();
        match self.kind() {
            lc::EVP_PKEY_RSA => match bits {
                2048 => Some(KeySpec::Rsa2048),
                3072 => Some(KeySpec::Rsa3072),
                4096 => Some(KeySpec::Rsa4096),
                _ => None,
            },
            lc::EVP_PKEY_EC => match group {
                Some(lc::NID_X9_62_prime256v1) => Some(KeySpec::EcP256),
                Some(lc::NID_secp384r1) => Some(KeySpec::EcP384),
                Some(lc::NID_secp521r1) => Some(KeySpec::EcP521),
                Some(lc::NID_secp256k1) => Some(KeySpec::EcSecp256k1),
                _ => None,
            },
            lc::EVP_PKEY_ED25519 => Some(KeySpec::Ed25519),
            lc::EVP_PKEY_X25519 => Some(KeySpec::X25519),
            lc::EVP_PKEY_PQDSA => match signing {
                lc::NID_MLDSA44 => Some(KeySpec::MlDsa44),
                lc::NID_MLDSA65 => Some(KeySpec::MlDsa65),
                lc::NID_MLDSA87 => Some(KeySpec::MlDsa87),
                _ => None,
            },
            lc::EVP_PKEY_KEM => match encapsulating {
                lc::NID_MLKEM512 => Some(KeySpec::MlKem512),
                lc::NID_MLKEM768 => Some(KeySpec::MlKem768),
                lc::NID_MLKEM1024 => Some(KeySpec::MlKem1024),
                _ => None,
            },
            _ => None,
        }
    }

    /// AWS-LC's number for the family of the key.
    fn kind(&self) -> c_int {
        // SAFETY: the key is valid.
        unsafe { lc::EVP_PKEY_id(self.as_ptr()) }
    }

    /// Whether the private and the public part are sound and belong together (FIPS 186-5 and
    /// SP 800-56A pairwise checks, FIPS 203 section 7.3). For Ed25519, X25519 and ML-DSA the parser derives one
    /// from the other.
    pub(crate) fn check_pair(&self) -> Result<(), Failed> {
        // SAFETY: the key is valid, and so are the parts it lends.
        unsafe {
            let rsa = lc::EVP_PKEY_get0_RSA(self.as_ptr());
            let ec = lc::EVP_PKEY_get0_EC_KEY(self.as_ptr());
            Failed::take();
            if self.kind() == lc::EVP_PKEY_KEM {
                check(lc::EVP_PKEY_kem_check_key(self.as_ptr()))
            } else if !rsa.is_null() {
                check(lc::RSA_check_fips(rsa))
            } else if !ec.is_null() {
                check(lc::EC_KEY_check_fips(ec))
            } else {
                Ok(())
            }
        }
    }

    /// The encoded public key of a kind that consists of nothing else: Ed25519, X25519, ML-DSA,
    /// ML-KEM.
    pub(crate) fn raw_public(&self) -> Result<Vec<u8>, Failed> {
        self.raw(lc::EVP_PKEY_get_raw_public_key)
    }

    /// The private key of such a kind; of ML-KEM the expanded one.
    pub(crate) fn raw_private(&self) -> Result<Zeroizing<Vec<u8>>, Failed> {
        self.raw(lc::EVP_PKEY_get_raw_private_key).map(Zeroizing::new)
    }

    fn raw(
        &self,
        function: unsafe extern "C" fn(*const lc::EVP_PKEY, *mut u8, *mut usize) -> c_int,
    ) -> Result<Vec<u8>, Failed> {
        let mut len = 0;
        // SAFETY: the key is valid; the first call only tells the length, which the second one's
        // buffer has.
        unsafe {
            check(function(self.as_ptr(), ptr::null_mut(), &raw mut len))?;
            let mut out = vec![0; len];
            check(function(self.as_ptr(), out.as_mut_ptr(), &raw mut len))?;
            Ok(out)
        }
    }

    /// The pointer, valid as long as `self`.
    pub(super) fn as_ptr(&self) -> *mut lc::EVP_PKEY {
        self.0.as_ptr()
    }
}

/// AWS-LC's number for a curve with ECDSA and ECDH.
pub(super) fn curve(spec: KeySpec) -> Option<c_int> {
    match spec {
        KeySpec::EcP256 => Some(lc::NID_X9_62_prime256v1),
        KeySpec::EcP384 => Some(lc::NID_secp384r1),
        KeySpec::EcP521 => Some(lc::NID_secp521r1),
        KeySpec::EcSecp256k1 => Some(lc::NID_secp256k1),
        _ => None,
    }
}

/// AWS-LC's number for a lattice-based kind.
fn lattice(spec: KeySpec) -> Option<c_int> {
    match spec {
        KeySpec::MlDsa44 => Some(lc::NID_MLDSA44),
        KeySpec::MlDsa65 => Some(lc::NID_MLDSA65),
        KeySpec::MlDsa87 => Some(lc::NID_MLDSA87),
        KeySpec::MlKem512 => Some(lc::NID_MLKEM512),
        KeySpec::MlKem768 => Some(lc::NID_MLKEM768),
        KeySpec::MlKem1024 => Some(lc::NID_MLKEM1024),
        _ => None,
    }
}
