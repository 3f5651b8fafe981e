//! What mechanisms are to the backend, which knows none of them.

use strum::IntoEnumIterator;
use supacrypt_core::{
    Algorithm::{self, Derivation, Mac},
    AlgorithmSet, DerivationScheme, Digest, EncryptionScheme, HkdfSteps, Kdf, KemScheme, MacScheme,
    SignatureScheme,
};

use super::{Action, Encryption, Row, Scheme, Signature};

impl Scheme {
    /// The algorithm, whatever it is for.
    pub(crate) fn algorithm(self) -> Algorithm {
        match self {
            Scheme::Signature(scheme) => Algorithm::Signature(scheme),
            Scheme::Mac(scheme) => Algorithm::Mac(scheme),
        }
    }
}

impl Row {
    /// The algorithms that the mechanism means, whatever its parameter.
    pub(crate) fn algorithms(&self) -> AlgorithmSet {
        match self.action {
            Action::Generate(_) | Action::Digest(_) => AlgorithmSet::NONE,
            Action::Sign(signature, hashed) => signature.algorithms(hashed),
            Action::Encrypt(encryption) => encryption.algorithms(),
            Action::Agree => {
                let raw = Derivation(DerivationScheme::Ecdh { kdf: Kdf::None });
                each(|digest| Derivation(DerivationScheme::Ecdh { kdf: Kdf::X963 { digest } }))
                    .chain([raw])
                    .collect()
            }
            Action::Hkdf => [HkdfSteps::Both, HkdfSteps::Extract, HkdfSteps::Expand]
                .into_iter()
                .flat_map(|steps| {
                    each(move |digest| Derivation(DerivationScheme::Hkdf { digest, steps }))
                })
                .collect(),
            Action::Encapsulate => one(Algorithm::Kem(KemScheme::MlKem)),
        }
    }

    /// All that it may ask of the backend, whose key has to allow it.
    pub(crate) fn needs(&self) -> AlgorithmSet {
        match self.action {
            // All pieces but the last one.
            Action::Encrypt(Encryption::Aes(EncryptionScheme::AesCbcPad)) => {
                self.algorithms().union(one(Algorithm::Encryption(EncryptionScheme::AesCbc)))
            }
            _ => self.algorithms(),
        }
    }
}

impl Signature {
    fn algorithms(self, hashed: Option<Digest>) -> AlgorithmSet {
        let pss = |digest| {
            let scheme = SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length: 0 };
            Algorithm::Signature(scheme)
        };
        one(match (self, hashed) {
            // CKM_RSA_PKCS is both.
            (Signature::RsaPkcs1, None) => {
                let signature = Algorithm::Signature(SignatureScheme::RsaPkcs1Raw);
                return [signature, Algorithm::Encryption(EncryptionScheme::RsaPkcs1)]
                    .into_iter()
                    .collect();
            }
            (Signature::RsaPkcs1, Some(digest)) => {
                Algorithm::Signature(SignatureScheme::RsaPkcs1 { digest })
            }
            (Signature::RsaPss, None) => return each(pss).collect(),
            (Signature::RsaPss, Some(digest)) => pss(digest),
            (Signature::RsaRaw, _) => Algorithm::Signature(SignatureScheme::RsaRaw),
            (Signature::Ecdsa, _) => Algorithm::Signature(SignatureScheme::Ecdsa),
            (Signature::Ed25519, _) => Algorithm::Signature(SignatureScheme::Ed25519),
            (Signature::MlDsa, _) => Algorithm::Signature(SignatureScheme::MlDsa),
            (Signature::Hmac(digest), _) => Mac(MacScheme::hmac(digest)),
            (Signature::AesCmac, _) => Mac(MacScheme::aes_cmac()),
        })
    }
}

impl Encryption {
    fn algorithms(self) -> AlgorithmSet {
        let oaep = |digest| {
            Algorithm::Encryption(EncryptionScheme::RsaOaep { digest, mgf_digest: digest })
        };
        one(Algorithm::Encryption(match self {
            Encryption::RsaOaep => return each(oaep).collect(),
            Encryption::RsaPkcs1 => EncryptionScheme::RsaPkcs1,
            Encryption::RsaRaw => EncryptionScheme::RsaRaw,
            Encryption::Aes(scheme) => scheme,
            Encryption::AesGcm => EncryptionScheme::AesGcm { tag_length: 16 },
            Encryption::AesCtr => EncryptionScheme::AesCtr,
            Encryption::AesCcm => EncryptionScheme::AesCcm { tag_length: 16 },
            Encryption::ChaCha20Poly1305 => EncryptionScheme::ChaCha20Poly1305,
        }))
    }
}

fn one(algorithm: Algorithm) -> AlgorithmSet {
    [algorithm].into_iter().collect()
}

fn each(of: impl Fn(Digest) -> Algorithm) -> impl Iterator<Item = Algorithm> {
    Digest::iter().map(of)
}

#[cfg(test)]
mod tests {
    use supacrypt_core::KeySpec;

    use super::{super::TABLE, *};

    #[test]
    fn the_mechanisms_of_a_key_are_all_that_the_backend_does_with_it() {
        for spec in KeySpec::iter() {
            let rows = TABLE.iter().filter(|row| row.works_with(spec.class()));
            let all = rows.fold(AlgorithmSet::NONE, |all, row| all.union(row.needs()));
            let possible = AlgorithmSet::of(spec);
            assert_eq!(all.intersection(possible), possible, "{spec}");
        }
    }

    #[test]
    fn what_makes_keys_or_hashes_asks_nothing_of_a_key() {
        for row in TABLE {
            let uses = KeySpec::iter().any(|spec| row.works_with(spec.class()));
            assert_eq!(row.algorithms().is_empty(), !uses, "{}", row.name);
        }
    }
}
