//! A version of a key in a vault, and what a vault does with it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use der::Encode;
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef, UintRef};
use pkcs1::RsaPrivateKey;
use pkcs8::PrivateKeyInfoRef;
use sec1::EcPrivateKey;
use serde_json::{Value, json};
use spki::AlgorithmIdentifierRef;
use supacrypt_core::{Digest, EncryptionScheme, KeySpec, SignatureScheme};
use supacrypt_crypto::{Key, PublicComponents, generate, import};

const CURVES: [(&str, KeySpec, &str); 4] = [
    ("P-256", KeySpec::EcP256, "1.2.840.10045.3.1.7"),
    ("P-384", KeySpec::EcP384, "1.3.132.0.34"),
    ("P-521", KeySpec::EcP521, "1.3.132.0.35"),
    ("P-256K", KeySpec::EcSecp256k1, "1.3.132.0.10"),
];

#[derive(Clone)]
pub(super) struct Version {
    pub(super) id: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    pub(super) enabled: bool,
    /// Seconds since 1970.
    pub(super) expires: Option<u64>,
    kind: String,
    operations: Vec<String>,
    key: Arc<Key>,
}

/// The status, the code and the inner code.
type Refused = (u16, &'static str, &'static str);

impl Version {
    /// `POST /keys/NAME/create`.
    pub(super) fn make(body: &Value) -> Option<Version> {
        let kind = body["kty"].as_str()?;
        let spec = match (kind, body["key_size"].as_u64(), body["crv"].as_str()) {
            ("RSA" | "RSA-HSM", Some(2048), None) => KeySpec::Rsa2048,
            ("RSA" | "RSA-HSM", Some(3072), None) => KeySpec::Rsa3072,
            ("RSA" | "RSA-HSM", Some(4096), None) => KeySpec::Rsa4096,
            ("EC" | "EC-HSM", None, Some(curve)) => on(curve)?.1,
            ("oct-HSM", Some(128), None) => KeySpec::Aes128,
            ("oct-HSM", Some(192), None) => KeySpec::Aes192,
            ("oct-HSM", Some(256), None) => KeySpec::Aes256,
            _ => return None,
        };
        let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
        Self::new(kind, &body["key_ops"], key)
    }

    /// `PUT /keys/NAME`.
    pub(super) fn bring(body: &Value) -> Option<Version> {
        let jwk = &body["key"];
        let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok();
        let (spec, pkcs8) = match jwk["kty"].as_str()? {
            "RSA" => {
                let (n, e) = (part("n")?, part("e")?);
                (
                    rsa_spec(&n)?,
                    rsa([
                        n,
                        e,
                        part("d")?,
                        part("p")?,
                        part("q")?,
                        part("dp")?,
                        part("dq")?,
                        part("qi")?,
                    ]),
                )
            }
            "EC" => {
                let curve = on(jwk["crv"].as_str()?)?;
                let length = curve.1.bytes();
                let parts = [part("x")?, part("y")?, part("d")?];
                if parts.iter().any(|part| part.len() != length) {
                    return None;
                }
                (curve.1, ec(curve.2, parts))
            }
            _ => return None,
        };
        let key = Key::load(spec, &import(spec, &pkcs8).ok()?).ok()?;
        let hsm = if body["Hsm"].as_bool()? { "-HSM" } else { "" };
        Self::new(&format!("{}{hsm}", jwk["kty"].as_str()?), &jwk["key_ops"], key)
    }

    fn new(kind: &str, operations: &Value, key: Key) -> Option<Version> {
        let operations = operations.as_array().map_or(Vec::new(), |operations| {
            operations.iter().filter_map(|each| each.as_str().map(str::to_owned)).collect()
        });
        let (id, kind) = (String::new(), kind.to_owned());
        let key = Arc::new(key);
        Some(Version { id, created: 0, enabled: true, expires: None, kind, operations, key })
    }

    pub(super) fn attributes(&self) -> Value {
        json!({"enabled": self.enabled, "created": self.created, "updated": self.created,
            "exp": self.expires, "recoveryLevel": "Recoverable+Purgeable"})
    }

    /// The key without its private half.
    pub(super) fn public(&self) -> Value {
        let number = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
        let mut jwk = json!({"kty": self.kind, "key_ops": self.operations});
        let Some(public) = self.key.public_key() else { return jwk };
        match public.components() {
            PublicComponents::Rsa { modulus, exponent } => {
                jwk["n"] = number(&modulus);
                jwk["e"] = number(&exponent);
            }
            PublicComponents::Ec { point } => {
                let (x, y) = point[1..].split_at(self.key.spec().bytes());
                let curve = CURVES.iter().find(|curve| curve.1 == self.key.spec()).unwrap();
                jwk["crv"] = curve.0.into();
                jwk["x"] = number(x);
                jwk["y"] = number(y);
            }
            other => panic!("{other:?}"),
        }
        jwk
    }

    /// `POST /keys/NAME/VERSION/OPERATION`.
    pub(super) fn perform(&self, operation: &str, body: &Value) -> Result<String, Refused> {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let algorithm = text("alg");
        let known = match operation {
            "unwrapkey" => "unwrapKey",
            other => other,
        };
        if !self.operations.iter().any(|each| each == known) {
            return Err((403, "Forbidden", "KeyOperationForbidden"));
        }
        if !self.enabled {
            return Err((403, "Forbidden", "KeyDisabled"));
        }
        const BAD: Refused = (400, "BadParameter", "");
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)).map_err(|_| BAD);
        let value = bytes("value")?;
        let output = match operation {
            "sign" => {
                let scheme = self.signature(algorithm, value.len()).ok_or(BAD)?;
                self.key.sign(scheme, &value).map_err(|_| BAD)?
            }
            "encrypt" | "decrypt" if !self.key.spec().is_asymmetric() => {
                let scheme = self.cbc(algorithm).ok_or(BAD)?;
                match operation {
                    "encrypt" => self.key.encrypt(scheme, &bytes("iv")?, &[], &value),
                    _ => self.key.decrypt(scheme, &bytes("iv")?, &[], &value).map(|it| it.to_vec()),
                }
                .map_err(|_| BAD)?
            }
            "decrypt" | "unwrapkey" => {
                let oaep = |digest| EncryptionScheme::RsaOaep { digest, mgf_digest: digest };
                let scheme = match algorithm {
                    "RSA1_5" => EncryptionScheme::RsaPkcs1,
                    "RSA-OAEP" => oaep(Digest::Sha1),
                    "RSA-OAEP-256" => oaep(Digest::Sha256),
                    _ => return Err(BAD),
                };
                self.key.decrypt(scheme, &[], &[], &value).map_err(|_| BAD)?.to_vec()
            }
            _ => return Err(BAD),
        };
        Ok(URL_SAFE_NO_PAD.encode(output))
    }

    /// The mode of AES of this name, if the key is of that length.
    fn cbc(&self, algorithm: &str) -> Option<EncryptionScheme> {
        let mode = algorithm.strip_prefix(&format!("A{}", self.key.spec().bits()))?;
        match mode {
            "CBC" => Some(EncryptionScheme::AesCbc),
            "CBCPAD" => Some(EncryptionScheme::AesCbcPad),
            _ => None,
        }
    }

    /// The scheme of this name, if the key and a digest of this length fit it.
    fn signature(&self, algorithm: &str, length: usize) -> Option<SignatureScheme> {
        let digest = |bits: &str| match bits {
            "256" => Some(Digest::Sha256),
            "384" => Some(Digest::Sha384),
            "512" => Some(Digest::Sha512),
            _ => None,
        };
        let curve = match algorithm {
            "ES256" => Some((KeySpec::EcP256, 32)),
            "ES256K" => Some((KeySpec::EcSecp256k1, 32)),
            "ES384" => Some((KeySpec::EcP384, 48)),
            "ES512" => Some((KeySpec::EcP521, 64)),
            _ => None,
        };
        if let Some((spec, wanted)) = curve {
            return (spec == self.key.spec() && length == wanted).then_some(SignatureScheme::Ecdsa);
        }
        let (family, digest) = (algorithm.get(..2)?, digest(algorithm.get(2..)?)?);
        let salt_length = digest.len() as u16;
        let scheme = match family {
            "RS" => SignatureScheme::RsaPkcs1 { digest },
            "PS" => SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length },
            _ => return None,
        };
        (length == digest.len()).then_some(scheme)
    }
}

fn on(curve: &str) -> Option<(&'static str, KeySpec, &'static str)> {
    CURVES.into_iter().find(|each| each.0 == curve)
}

fn rsa_spec(modulus: &[u8]) -> Option<KeySpec> {
    [KeySpec::Rsa2048, KeySpec::Rsa3072, KeySpec::Rsa4096]
        .into_iter()
        .find(|spec| spec.bytes() == modulus.len())
}

/// PKCS#8 of an RSA key (RFC 8017, appendix A.1.2).
fn rsa(parts: [Vec<u8>; 8]) -> Vec<u8> {
    let [n, e, d, p, q, dp, dq, qi] = &parts;
    let number = |bytes| UintRef::new(bytes).unwrap();
    let key = RsaPrivateKey {
        modulus: number(n),
        public_exponent: number(e),
        private_exponent: number(d),
        prime1: number(p),
        prime2: number(q),
        exponent1: number(dp),
        exponent2: number(dq),
        coefficient: number(qi),
        other_prime_infos: None,
    };
    pkcs8("1.2.840.113549.1.1.1", AnyRef::NULL, &key.to_der().unwrap())
}

/// PKCS#8 of a key on a curve (RFC 5915).
fn ec(curve: &str, [x, y, d]: [Vec<u8>; 3]) -> Vec<u8> {
    let point = [&[4][..], &x, &y].concat();
    let key = EcPrivateKey { private_key: &d, parameters: None, public_key: Some(&point) };
    let curve = ObjectIdentifier::new_unwrap(curve);
    pkcs8("1.2.840.10045.2.1", AnyRef::from(&curve), &key.to_der().unwrap())
}

fn pkcs8(oid: &str, parameters: AnyRef<'_>, key: &[u8]) -> Vec<u8> {
    let algorithm = AlgorithmIdentifierRef {
        oid: ObjectIdentifier::new_unwrap(oid),
        parameters: Some(parameters),
    };
    PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(key).unwrap()).to_der().unwrap()
}
