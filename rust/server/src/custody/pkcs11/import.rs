//! Keys that are brought to a token.

use std::sync::Arc;

use cryptoki::object::{Attribute, ObjectClass};
use der::{Decode, asn1::UintRef};
use pkcs1::RsaPrivateKey;
use pkcs8::PrivateKeyInfoRef;
use sec1::EcPrivateKey;
use supacrypt_core::{Error, KeyClass, KeySpec, Reason, Result};
use supacrypt_crypto::{Key, Material, PublicComponents, PublicKey};
use zeroize::Zeroize;

use super::encoding::{key_type, octets};
use super::make::Unclaimed;
use super::template::{Place, Uses};
use super::token::{Again, Token};
use crate::custody::NewMaterial;
use crate::custody::parts::curve;

/// Attributes of a private or secret key. The crate that takes them does not wipe them.
struct Secret(Vec<Attribute>);

impl Drop for Secret {
    fn drop(&mut self) {
        for attribute in &mut self.0 {
            if let Attribute::Value(value)
            | Attribute::PrivateExponent(value)
            | Attribute::Prime1(value)
            | Attribute::Prime2(value)
            | Attribute::Exponent1(value)
            | Attribute::Exponent2(value)
            | Attribute::Coefficient(value) = attribute
            {
                value.zeroize();
            }
        }
    }
}

/// Brings a key to the token: DER PKCS#8 of a pair, the bytes of a secret.
///
/// # Errors
/// [`Reason::InvalidKeyMaterial`], and those of the token.
pub(super) async fn import(
    token: &Arc<Token>,
    spec: KeySpec,
    material: &[u8],
    uses: Uses,
    id: &[u8],
) -> Result<NewMaterial> {
    // The engine checks more than most tokens: that the parts of a key belong together.
    let material = supacrypt_crypto::import(spec, material)?;
    let place = Place { named: Some((token.store(), id)), uses };
    let key = Key::load(spec, &material)?;
    let public = match key.public_key() {
        Some(key) => Some((public_template(key, place)?, key.spki_der().to_vec())),
        None => None,
    };
    let secret = secret_template(spec, &material, key.public_key(), place)?;
    drop((material, key));
    let (holder, id) = (Arc::clone(token), id.to_vec());
    let brought = token.run(Again::Never, move |lease| {
        let brought = Unclaimed::new(&holder, &id);
        lease.session.create_object(&secret.0)?;
        let Some((template, public_key)) = &public else { return Ok(brought) };
        lease.session.create_object(template)?;
        Ok(brought.with_public_key(public_key))
    });
    Ok(brought.await?.claim())
}

fn public_template(key: &PublicKey, place: Place<'_>) -> Result<Vec<Attribute>> {
    let spec = key.spec();
    let mut template = vec![
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::KeyType(key_type(spec).ok_or_else(|| not_taken(spec))?),
    ];
    template.extend(place.public(spec));
    match key.components() {
        PublicComponents::Rsa { modulus, exponent } => {
            template.push(Attribute::Modulus(modulus));
            template.push(Attribute::PublicExponent(exponent));
        }
        PublicComponents::Ec { point } => {
            template.push(Attribute::EcParams(curve(spec)?));
            template.push(Attribute::EcPoint(octets(&point)?));
        }
        _ => return Err(not_taken(spec)),
    }
    Ok(template)
}

fn secret_template(
    spec: KeySpec,
    material: &Material,
    public: Option<&PublicKey>,
    place: Place<'_>,
) -> Result<Secret> {
    let class =
        if spec.is_asymmetric() { ObjectClass::PRIVATE_KEY } else { ObjectClass::SECRET_KEY };
    let mut secret = Secret(place.secret(spec));
    secret.0.extend([
        Attribute::Class(class),
        Attribute::KeyType(key_type(spec).ok_or_else(|| not_taken(spec))?),
    ]);
    let bytes = material.as_bytes();
    if !spec.is_asymmetric() {
        secret.0.push(Attribute::Value(bytes.to_vec()));
        return Ok(secret);
    }
    let info = PrivateKeyInfoRef::try_from(bytes).map_err(unread)?;
    let encoded = info.private_key.as_bytes();
    match (spec.class(), public.map(PublicKey::components)) {
        (KeyClass::Rsa, Some(PublicComponents::Rsa { modulus, exponent })) => {
            let key = RsaPrivateKey::<UintRef<'_>>::from_der(encoded).map_err(unread)?;
            let number = |number: UintRef<'_>| number.as_bytes().to_vec();
            secret.0.extend([
                Attribute::Modulus(modulus),
                Attribute::PublicExponent(exponent),
                Attribute::PrivateExponent(number(key.private_exponent)),
                Attribute::Prime1(number(key.prime1)),
                Attribute::Prime2(number(key.prime2)),
                Attribute::Exponent1(number(key.exponent1)),
                Attribute::Exponent2(number(key.exponent2)),
                Attribute::Coefficient(number(key.coefficient)),
            ]);
        }
        (KeyClass::Ec, _) => {
            let key = EcPrivateKey::from_der(encoded).map_err(unread)?;
            secret.0.extend([
                Attribute::EcParams(curve(spec)?),
                Attribute::Value(key.private_key.to_vec()),
            ]);
        }
        _ => return Err(not_taken(spec)),
    }
    Ok(secret)
}

fn not_taken(spec: KeySpec) -> Error {
    let message = format!("keys of type {spec} are not brought to tokens; have the token make one");
    Error::new(Reason::AlgorithmNotSupported, message)
}

fn unread<E>(_: E) -> Error {
    Error::new(Reason::Internal, "the private key could not be taken apart")
}

#[cfg(test)]
mod tests {
    use supacrypt_crypto::generate;

    use super::*;

    #[test]
    fn a_key_is_taken_apart_into_what_tokens_want() {
        let place = Place { named: Some(("store", b"uid")), uses: Uses::default() };
        for (spec, parts) in [
            (KeySpec::Rsa2048, 8),
            (KeySpec::EcP521, 2),
            (KeySpec::Aes256, 1),
            (KeySpec::HmacSha256, 1),
        ] {
            let material = generate(spec).unwrap();
            let key = Key::load(spec, &material).unwrap();
            let secret = secret_template(spec, &material, key.public_key(), place).unwrap();
            assert_eq!(secret.0.len(), place.secret(spec).len() + 2 + parts, "{spec}");
            assert!(secret.0.contains(&Attribute::Extractable(false)));
        }
    }

    #[test]
    fn other_kinds_are_refused() {
        let material = generate(KeySpec::Ed25519).unwrap();
        let place = Place { named: Some(("store", b"uid")), uses: Uses::default() };
        let refused = secret_template(KeySpec::Ed25519, &material, None, place).err().unwrap();
        assert_eq!(refused.reason(), Reason::AlgorithmNotSupported);
    }
}
