//! One operation that a token performs.

use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::elliptic_curve::{EcKdf, Ecdh1DeriveParams};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use cryptoki::types::Ulong;
use supacrypt_core::{
    DerivationScheme, EncryptionScheme, Error, Kdf, KeySpec, MacScheme, Reason, Result,
    SignatureScheme,
};
use supacrypt_crypto::PublicComponents;
use zeroize::Zeroizing;

use super::fault::Fault;
use super::mechanism;
use crate::custody::CryptoRequest;
use crate::custody::parts::on_curve;

/// An operation with all it needs, to be taken to another thread.
pub(super) enum Call {
    Sign { scheme: SignatureScheme, input: Vec<u8> },
    Mac { scheme: MacScheme, input: Vec<u8> },
    Encrypt { scheme: EncryptionScheme, iv: Vec<u8>, aad: Vec<u8>, plaintext: Zeroizing<Vec<u8>> },
    Decrypt { scheme: EncryptionScheme, iv: Vec<u8>, aad: Vec<u8>, ciphertext: Vec<u8> },
    Agree { point: Vec<u8> },
}

impl Call {
    /// What a request asks of the token, checked as far as that can be done without it.
    ///
    /// # Errors
    /// Those of the scheme; [`Reason::AlgorithmNotSupported`].
    pub(super) fn new(request: &CryptoRequest<'_>, spec: KeySpec) -> Result<Call> {
        match *request {
            CryptoRequest::Sign { scheme, context, input } => {
                scheme.check(spec, input.len())?;
                scheme.check_context(context.len())?;
                Ok(Call::Sign { scheme, input: input.to_vec() })
            }
            CryptoRequest::MacSign { scheme, input }
            | CryptoRequest::MacVerify { scheme, input, .. } => {
                scheme.check(spec)?;
                Ok(Call::Mac { scheme, input: input.to_vec() })
            }
            CryptoRequest::Encrypt { scheme, iv, aad, plaintext } => {
                scheme.check_encrypt(spec, iv.len(), plaintext.len())?;
                scheme.check_aad(aad.len())?;
                let plaintext = Zeroizing::new(plaintext.to_vec());
                Ok(Call::Encrypt { scheme, iv: iv.to_vec(), aad: aad.to_vec(), plaintext })
            }
            CryptoRequest::Decrypt { scheme, iv, aad, ciphertext } => {
                scheme.check_decrypt(spec, iv.len(), ciphertext.len())?;
                scheme.check_aad(aad.len())?;
                let ciphertext = ciphertext.to_vec();
                Ok(Call::Decrypt { scheme, iv: iv.to_vec(), aad: aad.to_vec(), ciphertext })
            }
            CryptoRequest::Derive { scheme, input } => {
                scheme.check(spec, &input)?;
                match scheme {
                    DerivationScheme::Ecdh { kdf: Kdf::None } => {
                        Ok(Call::Agree { point: peer_point(spec, input.peer)? })
                    }
                    _ => Err(not_asked(request)),
                }
            }
            CryptoRequest::Verify { .. } | CryptoRequest::Decapsulate { .. } => {
                request.check_kind(spec)?;
                Err(not_asked(request))
            }
        }
    }

    /// Has the token perform it.
    pub(super) fn run(
        &self,
        session: &Session,
        key: ObjectHandle,
        spec: KeySpec,
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        match self {
            Call::Sign { scheme, input } => {
                let (mechanism, input) = mechanism::signature(*scheme, spec, input)?;
                let signature = session.sign(&mechanism, key, &input)?;
                of_length(signature, scheme.signature_len(spec))
            }
            Call::Mac { scheme, input } => {
                let mut mac = session.sign(&mechanism::mac(*scheme)?, key, input)?;
                mac.truncate(scheme.mac_len());
                of_length(mac, scheme.mac_len())
            }
            Call::Encrypt { scheme, iv, aad, plaintext } => {
                let ciphertext = mechanism::with_encryption(*scheme, iv, aad, |mechanism| {
                    session.encrypt(mechanism, key, plaintext)
                })?;
                let length = scheme.ciphertext_len(spec, plaintext.len());
                of_length(ciphertext, length)
            }
            Call::Decrypt { scheme, iv, aad, ciphertext } => {
                mechanism::with_encryption(*scheme, iv, aad, |mechanism| {
                    session.decrypt(mechanism, key, ciphertext)
                })
                .map(Zeroizing::new)
            }
            Call::Agree { point } => agree(session, key, spec, point),
        }
    }
}

/// ECDH (PKCS#11 v3.1, section 6.3.20): the token makes a secret of it that may be read, for its
/// session alone.
fn agree(
    session: &Session,
    key: ObjectHandle,
    spec: KeySpec,
    point: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let parameters = Ecdh1DeriveParams::new(EcKdf::null(), point);
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::Token(false),
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
        Attribute::ValueLen(Ulong::try_from(spec.bytes())?),
    ];
    let secret = session.derive_key(&Mechanism::Ecdh1Derive(parameters), key, &template)?;
    let read = session.get_attributes(secret, &[AttributeType::Value]);
    let destroyed = session.destroy_object(secret);
    let value = read?.into_iter().find_map(|attribute| match attribute {
        Attribute::Value(value) => Some(value),
        _ => None,
    });
    // Wiped, if the secret could not be destroyed.
    let value = of_length(value.unwrap_or_default(), spec.bytes())?;
    destroyed?;
    Ok(value)
}

/// A peer's key as every token takes it: uncompressed. It is on the curve.
fn peer_point(spec: KeySpec, peer: &[u8]) -> Result<Vec<u8>> {
    match on_curve(spec, peer).map(|key| key.components()) {
        Ok(PublicComponents::Ec { point }) => Ok(point),
        _ => {
            let message = format!("the peer's public key is not a sound one of type {spec}");
            Err(Error::new(Reason::InvalidArgument, message).in_field("peer"))
        }
    }
}

/// Refuses what a token gives that is not as long as it has to be.
fn of_length(bytes: Vec<u8>, length: usize) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let bytes = Zeroizing::new(bytes);
    if bytes.len() == length {
        return Ok(bytes);
    }
    let message = format!("the token gave {} bytes instead of {length}", bytes.len());
    Err(Fault::Useless(Error::new(Reason::CustodianUnavailable, message)))
}

fn not_asked(request: &CryptoRequest<'_>) -> Error {
    let message = format!("{} is not asked of tokens", request.algorithm());
    Error::new(Reason::AlgorithmNotSupported, message)
}

#[cfg(test)]
mod tests {
    use supacrypt_core::DerivationInput;
    use supacrypt_crypto::{Key, generate};

    use super::*;

    #[test]
    fn what_does_not_fit_the_key_never_gets_to_the_token() {
        let reason = |request: CryptoRequest<'_>, spec| {
            Call::new(&request, spec).err().map(|error| error.reason())
        };
        let ecdsa =
            CryptoRequest::Sign { scheme: SignatureScheme::Ecdsa, context: &[], input: &[1; 32] };
        assert_eq!(reason(ecdsa, KeySpec::EcP256), None);
        assert_eq!(reason(ecdsa, KeySpec::Rsa2048), Some(Reason::AlgorithmMismatch));
        let scheme = EncryptionScheme::AesEcb;
        let ecb = |aad| CryptoRequest::Encrypt { scheme, iv: &[], aad, plaintext: &[0; 16] };
        assert_eq!(reason(ecb(b""), KeySpec::Aes128), None);
        assert_eq!(reason(ecb(b"x"), KeySpec::Aes128), Some(Reason::InvalidArgument));
    }

    #[test]
    fn a_peer_is_on_the_curve_and_uncompressed() {
        let spec = KeySpec::EcP256;
        let key = Key::load(spec, &generate(spec).unwrap()).unwrap();
        let Some(PublicComponents::Ec { point }) =
            key.public_key().map(|public| public.components())
        else {
            panic!("no point")
        };
        let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
        let derive = |peer| {
            let scheme = DerivationScheme::Ecdh { kdf: Kdf::None };
            let input = DerivationInput { peer, length: 32, ..Default::default() };
            Call::new(&CryptoRequest::Derive { scheme, input }, spec)
        };
        for peer in [&point, &compressed] {
            let Ok(Call::Agree { point: given }) = derive(peer) else { panic!("refused") };
            assert_eq!(given, point);
        }
        assert_eq!(derive(&[4; 65]).err().unwrap().field(), Some("peer"));
    }
}
