//! Key encapsulation and derivation schemes.

use supacrypt_core::{DerivationScheme, Error, HkdfSteps, Kdf, KemScheme};

use super::not_supported;
use crate::v1;
use crate::v1::derivation_scheme::Type as DerivationType;
use crate::v1::kem_scheme::Type as KemType;

impl From<KemScheme> for v1::KemScheme {
    fn from(scheme: KemScheme) -> Self {
        let mut wire = v1::KemScheme::default();
        if scheme == KemScheme::MlKem {
            wire.set_type(KemType::MlKem);
        }
        wire
    }
}

impl TryFrom<&v1::KemScheme> for KemScheme {
    type Error = Error;

    fn try_from(wire: &v1::KemScheme) -> Result<Self, Error> {
        match wire.r#type() {
            KemType::MlKem => Ok(KemScheme::MlKem),
            KemType::Unspecified => Err(not_supported("key encapsulation")),
        }
    }
}

impl From<DerivationScheme> for v1::DerivationScheme {
    fn from(scheme: DerivationScheme) -> Self {
        let mut wire = v1::DerivationScheme::default();
        match scheme {
            DerivationScheme::Ecdh { kdf: Kdf::None } => wire.set_type(DerivationType::Ecdh),
            DerivationScheme::Ecdh { kdf: Kdf::X963 { digest } } => {
                wire.set_type(DerivationType::EcdhX963);
                wire.set_digest(digest.into());
            }
            DerivationScheme::Hkdf { digest, steps } => {
                wire.set_type(match steps {
                    HkdfSteps::Both => DerivationType::Hkdf,
                    HkdfSteps::Extract => DerivationType::HkdfExtract,
                    HkdfSteps::Expand => DerivationType::HkdfExpand,
                });
                wire.set_digest(digest.into());
            }
            // The server answers AlgorithmNotSupported to a type it is not told.
            _ => {}
        }
        wire
    }
}

impl TryFrom<&v1::DerivationScheme> for DerivationScheme {
    type Error = Error;

    fn try_from(wire: &v1::DerivationScheme) -> Result<Self, Error> {
        let hkdf = |steps| {
            let digest = wire.digest().try_into()?;
            Ok(DerivationScheme::Hkdf { digest, steps })
        };
        match wire.r#type() {
            DerivationType::Hkdf => hkdf(HkdfSteps::Both),
            DerivationType::HkdfExtract => hkdf(HkdfSteps::Extract),
            DerivationType::HkdfExpand => hkdf(HkdfSteps::Expand),
            DerivationType::Ecdh => Ok(DerivationScheme::Ecdh { kdf: Kdf::None }),
            DerivationType::EcdhX963 => {
                let kdf = Kdf::X963 { digest: wire.digest().try_into()? };
                Ok(DerivationScheme::Ecdh { kdf })
            }
            DerivationType::Unspecified => Err(not_supported("derivation")),
        }
    }
}

#[cfg(test)]
mod tests {
    use supacrypt_core::Digest;

    use super::*;

    #[test]
    fn the_encapsulation_scheme_survives_the_wire() {
        let scheme = KemScheme::MlKem;
        assert_eq!(KemScheme::try_from(&v1::KemScheme::from(scheme)), Ok(scheme));
        assert!(KemScheme::try_from(&v1::KemScheme::default()).is_err());
    }

    #[test]
    fn every_derivation_scheme_survives_the_wire() {
        let digest = Digest::Sha3_256;
        let ecdh = [Kdf::None, Kdf::X963 { digest }];
        let hkdf = [HkdfSteps::Both, HkdfSteps::Extract, HkdfSteps::Expand];
        for scheme in (ecdh.map(|kdf| DerivationScheme::Ecdh { kdf }).into_iter())
            .chain(hkdf.map(|steps| DerivationScheme::Hkdf { digest, steps }))
        {
            assert_eq!(DerivationScheme::try_from(&v1::DerivationScheme::from(scheme)), Ok(scheme));
        }
    }
}
