//! Keys as vaults write them (RFC 7517, RFC 7518, section 6).

use azure_security_keyvault_keys::models::{CurveName, JsonWebKey, KeyType};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use der::{Decode, asn1::UintRef};
use pkcs1::RsaPrivateKey;
use pkcs8::PrivateKeyInfoRef;
use sec1::EcPrivateKey;
use serde_json::{Map, Value};
use supacrypt_core::{Error, KeyClass, KeySpec, Reason, Result};
use supacrypt_crypto::{Key, PublicComponents, PublicKey};
use zeroize::{Zeroize, Zeroizing};

use crate::custody::parts;

/// How vaults call the curve of a kind of keys.
pub(super) fn curve(spec: KeySpec) -> Option<CurveName> {
    match spec {
        KeySpec::EcP256 => Some(CurveName::P256),
        KeySpec::EcP384 => Some(CurveName::P384),
        KeySpec::EcP521 => Some(CurveName::P521),
        KeySpec::EcSecp256k1 => Some(CurveName::P256K),
        _ => None,
    }
}

/// The public half of a key that a key here of this kind is, be it of another kind; `None` for a secret key,
/// of which a vault tells nothing but that it is one.
///
/// # Errors
/// As [`public`].
pub(super) fn public_of(spec: KeySpec, key: &JsonWebKey) -> Result<Option<PublicKey>> {
    match (spec.class(), &key.kty) {
        (KeyClass::Aes, Some(KeyType::OctHsm)) => Ok(None),
        (KeyClass::Aes, _) => Err(other_kind()),
        _ => public(key).map(Some),
    }
}

/// The public half of a key.
///
/// # Errors
/// [`Reason::AlgorithmNotSupported`] for a kind that does not serve, [`Reason::CustodianUnavailable`]
/// for one that lacks a part.
pub(super) fn public(key: &JsonWebKey) -> Result<PublicKey> {
    let part = |part: &Option<Vec<u8>>| {
        let message = "the vault gave a key that lacks a part";
        part.clone().ok_or_else(|| Error::new(Reason::CustodianUnavailable, message))
    };
    match &key.kty {
        Some(KeyType::Rsa | KeyType::RsaHsm) => parts::rsa(&part(&key.n)?, &part(&key.e)?),
        Some(KeyType::Ec | KeyType::EcHsm) => {
            let spec = [KeySpec::EcP256, KeySpec::EcP384, KeySpec::EcP521, KeySpec::EcSecp256k1]
                .into_iter()
                .find(|spec| curve(*spec) == key.crv)
                .ok_or_else(other_kind)?;
            let coordinate = |given: &Option<Vec<u8>>| {
                let given = part(given)?;
                let missing = spec.bytes().saturating_sub(given.len());
                Ok([&vec![0; missing], &given[..]].concat())
            };
            let point = [&[4][..], &coordinate(&key.x)?, &coordinate(&key.y)?].concat();
            parts::on_curve(spec, &point)
        }
        _ => Err(other_kind()),
    }
    .map_err(|error| match error.reason() {
        Reason::CustodianUnavailable | Reason::AlgorithmNotSupported => error,
        // A size, curve or exponent that is not ours.
        _ => other_kind(),
    })
}

fn other_kind() -> Error {
    let message = "the vault's key is of a kind that this server does not use; it uses RSA of 2048, \
                   3072 and 4096 bits, and P-256, P-384, P-521 and P-256K";
    Error::new(Reason::AlgorithmNotSupported, message)
}

/// The body of a request that brings a key: of `ImportKeyParameters`. It is wiped when it was sent.
///
/// # Errors
/// [`Reason::InvalidKeyMaterial`], [`Reason::AlgorithmNotSupported`].
pub(super) fn bringing(
    spec: KeySpec,
    pkcs8: &[u8],
    operations: &[&str],
    hsm: bool,
    store: &str,
) -> Result<(Zeroizing<Vec<u8>>, PublicKey)> {
    // The engine checks more than vaults do: that the parts of a key belong together.
    let material = supacrypt_crypto::import(spec, pkcs8)?;
    let key = Key::load(spec, &material)?;
    let public = key.public_key().cloned().ok_or_else(other_kind)?;
    let mut jwk = Parts::default();
    let info = PrivateKeyInfoRef::try_from(material.as_bytes()).map_err(unread)?;
    let encoded = info.private_key.as_bytes();
    match (spec.class(), public.components()) {
        (KeyClass::Rsa, PublicComponents::Rsa { modulus, exponent }) => {
            let key = RsaPrivateKey::<UintRef<'_>>::from_der(encoded).map_err(unread)?;
            jwk.text("kty", "RSA");
            jwk.number("n", &modulus);
            jwk.number("e", &exponent);
            jwk.number("d", key.private_exponent.as_bytes());
            jwk.number("p", key.prime1.as_bytes());
            jwk.number("q", key.prime2.as_bytes());
            jwk.number("dp", key.exponent1.as_bytes());
            jwk.number("dq", key.exponent2.as_bytes());
            jwk.number("qi", key.coefficient.as_bytes());
        }
        (KeyClass::Ec, PublicComponents::Ec { point }) => {
            let key = EcPrivateKey::from_der(encoded).map_err(unread)?;
            let curve = curve(spec).ok_or_else(other_kind)?;
            let (x, y) = point[1..].split_at(spec.bytes());
            jwk.text("kty", "EC");
            jwk.text("crv", curve.as_ref());
            jwk.number("x", x);
            jwk.number("y", y);
            jwk.number("d", key.private_key);
        }
        _ => return Err(other_kind()),
    }
    let operations = operations.iter().map(|operation| Value::from(*operation)).collect();
    jwk.0.insert("key_ops".into(), Value::Array(operations));
    let rest = Map::from_iter([
        ("Hsm".into(), Value::from(hsm)),
        ("tags".into(), Value::Object(Map::from_iter([(super::STORE_TAG.into(), store.into())]))),
    ]);
    // Room for the longest, so that nothing secret is left behind where it grew.
    let mut body = Zeroizing::new(Vec::with_capacity(8 * 1024));
    body.extend_from_slice(b"{\"key\":");
    serde_json::to_writer(&mut *body, &jwk.0).map_err(unread)?;
    for (name, value) in &rest {
        body.extend_from_slice(format!(",\"{name}\":{value}").as_bytes());
    }
    body.push(b'}');
    Ok((body, public))
}

/// The members of a key with its private half.
#[derive(Default)]
struct Parts(Map<String, Value>);

impl Parts {
    fn text(&mut self, name: &str, value: &str) {
        self.0.insert(name.into(), Value::from(value));
    }

    /// Bytes, big-endian.
    fn number(&mut self, name: &str, value: &[u8]) {
        self.0.insert(name.into(), Value::String(URL_SAFE_NO_PAD.encode(value)));
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        for value in self.0.values_mut() {
            if let Value::String(text) = value {
                text.zeroize();
            }
        }
    }
}

fn unread<E>(_: E) -> Error {
    Error::new(Reason::Internal, "the private key could not be taken apart")
}

#[cfg(test)]
mod tests {
    use supacrypt_crypto::generate;

    use super::*;

    #[test]
    fn the_public_half_of_what_is_brought_is_that_of_the_key() {
        for spec in [KeySpec::Rsa2048, KeySpec::EcP256, KeySpec::EcP521, KeySpec::EcSecp256k1] {
            let material = generate(spec).unwrap();
            let (body, key) = bringing(spec, material.as_bytes(), &["sign"], true, "s").unwrap();
            assert!(body.capacity() == 8 * 1024, "it grew, and left a copy behind");
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["Hsm"], true);
            assert_eq!(body["tags"][super::super::STORE_TAG], "s");
            let jwk: JsonWebKey = serde_json::from_value(body["key"].clone()).unwrap();
            assert_eq!(public(&jwk).unwrap(), key);
            assert!(jwk.d.is_some());
        }
        let largest = generate(KeySpec::Rsa4096).unwrap();
        let (body, _) =
            bringing(KeySpec::Rsa4096, largest.as_bytes(), &["sign"], true, "s").unwrap();
        assert!(body.capacity() == 8 * 1024);
    }

    #[test]
    fn kinds_that_do_not_serve_are_refused() {
        for (kty, crv) in
            [(KeyType::OctHsm, None), (KeyType::Ec, Some(CurveName::UnknownValue("X".into())))]
        {
            let key = JsonWebKey { kty: Some(kty), crv, ..JsonWebKey::default() };
            assert_eq!(public(&key).unwrap_err().reason(), Reason::AlgorithmNotSupported);
        }
        let key = JsonWebKey {
            kty: Some(KeyType::Rsa),
            n: Some(vec![0xc5; 128]),
            e: Some(vec![1, 0, 1]),
            ..JsonWebKey::default()
        };
        assert_eq!(public(&key).unwrap_err().reason(), Reason::AlgorithmNotSupported);
        let key = JsonWebKey { kty: Some(KeyType::Rsa), ..JsonWebKey::default() };
        assert_eq!(public(&key).unwrap_err().reason(), Reason::CustodianUnavailable);
    }
}
