//! What keys are made as.

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, KeyType, ObjectClass};
use cryptoki::types::Ulong;
use supacrypt_core::{Error, KeyClass, KeySpec, Reason, Result};

use super::object::label;
use crate::custody::parts::curve;

/// What the keys of a token are used for, beside what all tokens do with keys of their kinds. Some refuse
/// templates that ask for more than they have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Uses {
    /// Secrets are derived from EC keys.
    pub(super) derivation: bool,
    /// AES keys make MACs.
    pub(super) cmac: bool,
}

/// Where a key lives, and what for.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The store and `CKA_ID`; `None` for a key that only its session has, to try things with.
    pub(super) named: Option<(&'a str, &'a [u8])>,
    /// What keys of the token are used for.
    pub(super) uses: Uses,
}

impl Place<'_> {
    /// What both halves of a pair, and secrets, have (PKCS#11 v3.1, sections 4.4 and 4.7).
    fn common(self) -> Vec<Attribute> {
        let mut attributes = vec![Attribute::Token(self.named.is_some())];
        if let Some((store, id)) = self.named {
            let label = label(store, id);
            attributes.extend([Attribute::Id(id.to_vec()), Attribute::Label(label)]);
        }
        attributes
    }

    /// What a private or secret key has, whether it is made or brought. It never leaves.
    pub(super) fn secret(self, spec: KeySpec) -> Vec<Attribute> {
        let mut attributes = self.common();
        attributes.extend([
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
        ]);
        // Which of these a key of ours is used for the server decides, by the key's usages.
        attributes.extend(match spec.class() {
            KeyClass::Rsa => vec![Attribute::Sign(true), Attribute::Decrypt(true)],
            KeyClass::Aes if self.uses.cmac => vec![
                Attribute::Encrypt(true),
                Attribute::Decrypt(true),
                Attribute::Sign(true),
                Attribute::Verify(true),
            ],
            KeyClass::Aes => vec![Attribute::Encrypt(true), Attribute::Decrypt(true)],
            KeyClass::Ec if self.uses.derivation => {
                vec![Attribute::Sign(true), Attribute::Derive(true)]
            }
            KeyClass::Ec | KeyClass::Edwards => vec![Attribute::Sign(true)],
            _ => vec![Attribute::Sign(true), Attribute::Verify(true)],
        });
        attributes
    }

    /// What a public key has.
    pub(super) fn public(self, spec: KeySpec) -> Vec<Attribute> {
        let mut attributes = self.common();
        attributes.extend([Attribute::Private(false), Attribute::Verify(true)]);
        if spec.class() == KeyClass::Rsa {
            attributes.push(Attribute::Encrypt(true));
        }
        attributes
    }
}

/// How a secret key is made.
pub(super) fn secret_generation(
    spec: KeySpec,
    length: usize,
    place: Place<'_>,
) -> Result<(Mechanism<'static>, Vec<Attribute>)> {
    let (mechanism, key_type) = match spec.class() {
        KeyClass::Aes => (Mechanism::AesKeyGen, KeyType::AES),
        KeyClass::Hmac | KeyClass::Generic => {
            (Mechanism::GenericSecretKeyGen, KeyType::GENERIC_SECRET)
        }
        _ => return Err(not_made(spec)),
    };
    let length = Ulong::try_from(length).map_err(|_| {
        Error::new(Reason::InvalidArgument, format!("{length} bytes are too many for a secret"))
    })?;
    let mut attributes = place.secret(spec);
    attributes.extend([
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(key_type),
        Attribute::ValueLen(length),
    ]);
    Ok((mechanism, attributes))
}

/// How a key pair is made: by which mechanism, and the templates of its public and private halves.
pub(super) fn pair_generation(
    spec: KeySpec,
    place: Place<'_>,
) -> Result<(Mechanism<'static>, Vec<Attribute>, Vec<Attribute>)> {
    let (mut public, private) = (place.public(spec), place.secret(spec));
    let mechanism = match spec.class() {
        KeyClass::Rsa => {
            let bits = Ulong::try_from(spec.bits()).map_err(|_| not_made(spec))?;
            public.push(Attribute::ModulusBits(bits));
            public.push(Attribute::PublicExponent(vec![1, 0, 1]));
            Mechanism::RsaPkcsKeyPairGen
        }
        KeyClass::Ec => {
            public.push(Attribute::EcParams(curve(spec)?));
            Mechanism::EccKeyPairGen
        }
        KeyClass::Edwards => {
            public.push(Attribute::EcParams(curve(spec)?));
            Mechanism::EccEdwardsKeyPairGen
        }
        _ => return Err(not_made(spec)),
    };
    Ok((mechanism, public, private))
}

fn not_made(spec: KeySpec) -> Error {
    Error::new(Reason::AlgorithmNotSupported, format!("no token makes keys of type {spec}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_never_leaves_and_stays_on_the_token() {
        let place = Place { named: Some(("store", b"uid")), uses: Uses::default() };
        for spec in [KeySpec::Rsa2048, KeySpec::EcP256, KeySpec::Aes128, KeySpec::HmacSha256] {
            let attributes = place.secret(spec);
            for expected in [
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Id(b"uid".to_vec()),
                Attribute::Label(b"supacrypt store/uid".to_vec()),
            ] {
                assert!(attributes.contains(&expected), "{spec} {expected:?}");
            }
        }
    }

    #[test]
    fn what_is_tried_is_no_object_of_the_token_and_asks_for_no_more_than_it_does() {
        let secret = |spec, uses| Place { named: None, uses }.secret(spec);
        let all = Uses { derivation: true, cmac: true };
        for (spec, use_) in
            [(KeySpec::EcP256, Attribute::Derive(true)), (KeySpec::Aes128, Attribute::Sign(true))]
        {
            assert!(secret(spec, all).contains(&Attribute::Token(false)));
            assert!(secret(spec, all).contains(&use_));
            assert!(!secret(spec, Uses::default()).contains(&use_));
        }
    }
}
