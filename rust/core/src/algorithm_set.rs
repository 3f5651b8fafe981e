//! Sets of algorithms, for keys that shall not do all that their kind can.

use std::collections::HashMap;

use strum::IntoEnumIterator;

use crate::{
    Algorithm, DerivationScheme, Digest, EncryptionScheme, Error, HkdfSteps, Kdf, KemScheme,
    KeySpec, MacScheme, Reason, Result, SignatureScheme,
};

/// A set of algorithms, each under the name that the audit log has for it. What is no part of the
/// name, such as the length of a salt or tag, makes no difference.
///
/// One bit for each name: asking costs no more than for a usage, and a copy is sixteen bytes. The
/// places of the bits are this program's own; on the wire and in stores there are names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlgorithmSet(u128);

impl Default for AlgorithmSet {
    fn default() -> Self {
        AlgorithmSet::ALL
    }
}

impl FromIterator<Algorithm> for AlgorithmSet {
    fn from_iter<I: IntoIterator<Item = Algorithm>>(algorithms: I) -> Self {
        AlgorithmSet(algorithms.into_iter().fold(0, |set, algorithm| set | bit(algorithm)))
    }
}

impl AlgorithmSet {
    /// All there are, and all that will come: no limit. Unlike any list of names.
    pub const ALL: AlgorithmSet = AlgorithmSet(u128::MAX);

    /// Nothing.
    pub const NONE: AlgorithmSet = AlgorithmSet(0);

    /// The algorithms that work with a kind of keys.
    pub fn of(key: KeySpec) -> AlgorithmSet {
        every().filter(|algorithm| algorithm.works_with(key)).collect()
    }

    /// Reads a list of names; when there are none it is [`ALL`](Self::ALL).
    ///
    /// # Errors
    /// [`Reason::InvalidArgument`] for a name that no algorithm has.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<AlgorithmSet> {
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() {
            return Ok(AlgorithmSet::ALL);
        }
        let known: HashMap<_, _> =
            every().map(|algorithm| (algorithm.to_string(), algorithm)).collect();
        let read = |name| {
            known.get(name).copied().ok_or_else(|| {
                let message = format!("{name:?} is the name of no algorithm");
                Error::new(Reason::InvalidArgument, message)
            })
        };
        names.map(read).collect()
    }

    /// The names, as [`from_names`](Self::from_names) reads them: none of [`ALL`](Self::ALL).
    pub fn names(self) -> impl Iterator<Item = String> {
        let listed = self.is_limited().then(|| self.iter()).into_iter().flatten();
        listed.map(|algorithm| algorithm.to_string())
    }

    /// One algorithm of each name, as it is used most.
    pub fn iter(self) -> impl Iterator<Item = Algorithm> {
        every().filter(move |algorithm| self.contains(*algorithm))
    }

    /// The names of all algorithms.
    pub fn every_name() -> impl Iterator<Item = String> {
        every().map(|algorithm| algorithm.to_string())
    }

    /// What is in one of the two.
    #[must_use]
    pub const fn union(self, other: AlgorithmSet) -> AlgorithmSet {
        AlgorithmSet(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: AlgorithmSet) -> AlgorithmSet {
        AlgorithmSet(self.0 & other.0)
    }

    /// Whether there is anything that is not in the set.
    pub const fn is_limited(self) -> bool {
        self.0 != Self::ALL.0
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the algorithm is in the set.
    pub const fn contains(self, algorithm: Algorithm) -> bool {
        self.0 & bit(algorithm) != 0
    }

    /// Checks that a key whose algorithms these are may be used by this one.
    ///
    /// # Errors
    /// [`Reason::AlgorithmNotPermitted`].
    pub fn permit(self, algorithm: Algorithm) -> Result<()> {
        if self.contains(algorithm) {
            return Ok(());
        }
        let message = format!("the key is not for {algorithm}; it was made for {}", self.list());
        Err(Error::new(Reason::AlgorithmNotPermitted, message))
    }

    /// Checks that a key of this kind can have these algorithms.
    ///
    /// # Errors
    /// [`Reason::InvalidArgument`].
    pub fn check(self, key: KeySpec) -> Result<()> {
        let possible = AlgorithmSet::of(key);
        let others = AlgorithmSet(self.0 & !possible.0);
        if !self.is_limited() || others.is_empty() {
            return Ok(());
        }
        let message = format!(
            "a key of type {key} does not work with {}; it does with {}",
            others.list(),
            possible.list()
        );
        Err(Error::new(Reason::InvalidArgument, message))
    }

    fn list(self) -> String {
        self.names().collect::<Vec<_>>().join(", ")
    }
}

const fn bit(algorithm: Algorithm) -> u128 {
    1 << place(algorithm)
}

/// Where the bit of an algorithm is: first those of a digest, family by family, then the others.
const fn place(algorithm: Algorithm) -> u32 {
    const DIGESTS: u32 = 9;
    const ALONE: u32 = 8 * DIGESTS;
    match algorithm {
        Algorithm::Signature(scheme) => match scheme {
            SignatureScheme::RsaPkcs1 { digest } => digest as u32,
            SignatureScheme::RsaPss { digest, .. } => DIGESTS + digest as u32,
            SignatureScheme::RsaPkcs1Raw => ALONE,
            SignatureScheme::RsaRaw => ALONE + 1,
            SignatureScheme::Ecdsa => ALONE + 2,
            SignatureScheme::Ed25519 => ALONE + 3,
            SignatureScheme::MlDsa => ALONE + 4,
        },
        Algorithm::Encryption(scheme) => match scheme {
            EncryptionScheme::RsaOaep { digest, .. } => 2 * DIGESTS + digest as u32,
            // One computation under one name, whether it signs or decrypts.
            EncryptionScheme::RsaRaw => ALONE + 1,
            EncryptionScheme::RsaPkcs1 => ALONE + 5,
            EncryptionScheme::AesGcm { .. } => ALONE + 6,
            EncryptionScheme::AesCcm { .. } => ALONE + 7,
            EncryptionScheme::AesEcb => ALONE + 8,
            EncryptionScheme::AesCbc => ALONE + 9,
            EncryptionScheme::AesCbcPad => ALONE + 10,
            EncryptionScheme::AesCtr => ALONE + 11,
            EncryptionScheme::AesKeyWrap => ALONE + 12,
            EncryptionScheme::AesKeyWrapPad => ALONE + 13,
            EncryptionScheme::ChaCha20Poly1305 => ALONE + 14,
        },
        Algorithm::Mac(scheme) => match scheme {
            MacScheme::Hmac { digest, .. } => 3 * DIGESTS + digest as u32,
            MacScheme::AesCmac { .. } => ALONE + 15,
        },
        Algorithm::Kem(KemScheme::MlKem) => ALONE + 16,
        Algorithm::Derivation(scheme) => match scheme {
            DerivationScheme::Ecdh { kdf: Kdf::X963 { digest } } => 4 * DIGESTS + digest as u32,
            DerivationScheme::Ecdh { kdf: Kdf::None } => ALONE + 17,
            DerivationScheme::Hkdf { digest, steps } => match steps {
                HkdfSteps::Both => 5 * DIGESTS + digest as u32,
                HkdfSteps::Extract => 6 * DIGESTS + digest as u32,
                HkdfSteps::Expand => 7 * DIGESTS + digest as u32,
            },
        },
    }
}

/// One algorithm of each name.
fn every() -> impl Iterator<Item = Algorithm> {
    use Algorithm::{Derivation, Encryption, Kem, Mac, Signature};
    let alone = [
        Signature(SignatureScheme::RsaPkcs1Raw),
        Signature(SignatureScheme::RsaRaw),
        Signature(SignatureScheme::Ecdsa),
        Signature(SignatureScheme::Ed25519),
        Signature(SignatureScheme::MlDsa),
        Encryption(EncryptionScheme::RsaPkcs1),
        Encryption(EncryptionScheme::AesGcm { tag_length: 16 }),
        Encryption(EncryptionScheme::AesCcm { tag_length: 16 }),
        Encryption(EncryptionScheme::AesEcb),
        Encryption(EncryptionScheme::AesCbc),
        Encryption(EncryptionScheme::AesCbcPad),
        Encryption(EncryptionScheme::AesCtr),
        Encryption(EncryptionScheme::AesKeyWrap),
        Encryption(EncryptionScheme::AesKeyWrapPad),
        Encryption(EncryptionScheme::ChaCha20Poly1305),
        Mac(MacScheme::aes_cmac()),
        Kem(KemScheme::MlKem),
        Derivation(DerivationScheme::Ecdh { kdf: Kdf::None }),
    ];
    let hkdf = |digest, steps| Derivation(DerivationScheme::Hkdf { digest, steps });
    let families: [&dyn Fn(Digest) -> Algorithm; 8] = [
        &|digest| Signature(SignatureScheme::RsaPkcs1 { digest }),
        &|digest| {
            let salt_length = digest.len() as u16;
            Signature(SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length })
        },
        &|digest| Encryption(EncryptionScheme::RsaOaep { digest, mgf_digest: digest }),
        &|digest| Mac(MacScheme::hmac(digest)),
        &|digest| Derivation(DerivationScheme::Ecdh { kdf: Kdf::X963 { digest } }),
        &|digest| hkdf(digest, HkdfSteps::Both),
        &|digest| hkdf(digest, HkdfSteps::Extract),
        &|digest| hkdf(digest, HkdfSteps::Expand),
    ];
    let of_digests = families.map(|family| Digest::iter().map(family).collect::<Vec<_>>());
    alone.into_iter().chain(of_digests.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const ECDSA: Algorithm = Algorithm::Signature(SignatureScheme::Ecdsa);

    #[test]
    fn every_algorithm_has_a_name_and_a_place_of_its_own() {
        let places: HashSet<u32> = every().map(place).collect();
        let names: HashSet<String> = AlgorithmSet::every_name().collect();
        assert_eq!((places.len(), names.len()), (every().count(), every().count()));
        // No list of names can be taken for no limit.
        assert!(every().collect::<AlgorithmSet>().is_limited());
    }

    #[test]
    fn every_kind_of_key_has_algorithms_and_every_algorithm_a_key() {
        let of_keys = KeySpec::iter().map(AlgorithmSet::of);
        let all = of_keys.inspect(|set| assert!(!set.is_empty())).fold(0, |all, set| all | set.0);
        assert_eq!(AlgorithmSet(all), every().collect());
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for algorithm in every() {
            let name = algorithm.to_string();
            let set = AlgorithmSet::from_names([&*name]).unwrap();
            assert_eq!(set.names().collect::<Vec<_>>(), [name]);
            assert!(set.contains(algorithm));
        }
        assert_eq!(AlgorithmSet::from_names([]), Ok(AlgorithmSet::ALL));
        assert_eq!(AlgorithmSet::ALL.names().next(), None);
        assert_eq!(AlgorithmSet::ALL.iter().count(), every().count());
        let error = AlgorithmSet::from_names(["ecdsa", "rot13"]).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidArgument);
    }

    #[test]
    fn what_is_no_part_of_the_name_makes_no_difference() {
        let set = AlgorithmSet::from_names(["rsa-pss-sha256", "aes-gcm", "rsa-raw"]).unwrap();
        let (digest, mgf_digest) = (Digest::Sha256, Digest::Sha1);
        let pss = SignatureScheme::RsaPss { digest, mgf_digest, salt_length: 1 };
        assert!(set.contains(Algorithm::Signature(pss)));
        let short = EncryptionScheme::AesGcm { tag_length: 12 };
        assert!(set.contains(Algorithm::Encryption(short)));
        assert!(set.contains(Algorithm::Encryption(EncryptionScheme::RsaRaw)));
        let sha1 = SignatureScheme::RsaPss { digest: Digest::Sha1, mgf_digest, salt_length: 1 };
        assert!(!set.contains(Algorithm::Signature(sha1)));
    }

    #[test]
    fn a_key_is_permitted_what_is_in_its_set() {
        assert_eq!(AlgorithmSet::ALL.permit(ECDSA), Ok(()));
        let set: AlgorithmSet = [ECDSA].into_iter().collect();
        assert_eq!(set.permit(ECDSA), Ok(()));
        let error = set.permit(Algorithm::Kem(KemScheme::MlKem)).unwrap_err();
        assert_eq!(error.reason(), Reason::AlgorithmNotPermitted);
        assert!(error.message().contains("made for ecdsa"), "{error}");
    }

    #[test]
    fn a_kind_of_key_has_its_own_algorithms_only() {
        let set = |names: &[&str]| AlgorithmSet::from_names(names.iter().copied()).unwrap();
        assert_eq!(set(&["ecdsa", "ecdh"]).check(KeySpec::EcP256), Ok(()));
        assert_eq!(AlgorithmSet::ALL.check(KeySpec::EcP256), Ok(()));
        assert_eq!(set(&["hmac-sha256"]).check(KeySpec::HmacSha256), Ok(()));
        let error = set(&["hmac-sha1"]).check(KeySpec::HmacSha256).unwrap_err();
        assert!(error.message().ends_with("it does with hmac-sha256"), "{error}");
        assert!(set(&["ecdsa", "rsa-raw"]).check(KeySpec::EcP256).is_err());
    }
}
