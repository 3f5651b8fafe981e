//! One operation that KMS performs, by one request.

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeyAgreementAlgorithmSpec, MessageType};
use der::asn1::BitStringRef;
use der::{Decode, Encode};
use spki::SubjectPublicKeyInfoRef;
use supacrypt_core::{
    DerivationScheme, EncryptionScheme, Error, Kdf, KeySpec, MacScheme, Reason, Result,
    SignatureScheme,
};
use supacrypt_crypto::PublicKey;
use zeroize::Zeroizing;

use super::kms::Kms;
use super::{algorithm, ecdsa};
use crate::custody::ecdsa::fitted;

/// Longest message that KMS makes a MAC of, bytes (API reference, `GenerateMac`).
const LONGEST_MESSAGE: usize = 4096;

/// A key of KMS.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) kms: &'a Kms,
    pub(super) arn: &'a str,
    pub(super) spec: KeySpec,
}

impl Subject<'_> {
    pub(super) async fn sign(self, scheme: SignatureScheme, input: &[u8]) -> Result<Vec<u8>> {
        let Subject { kms, arn, spec } = self;
        scheme.check(spec, input.len())?;
        let algorithm = algorithm::signature(scheme, spec)?;
        let digest = match scheme {
            SignatureScheme::Ecdsa => fitted(spec, input),
            _ => input.to_vec(),
        };
        let request = || {
            let request = kms.client.sign().key_id(arn).signing_algorithm(algorithm.clone());
            request.message_type(MessageType::Digest).message(Blob::new(digest.clone())).send()
        };
        let made = kms.ask(request).await?.signature.map(Blob::into_inner);
        let made = match scheme {
            SignatureScheme::Ecdsa => made.and_then(|made| ecdsa::raw(spec, &made)),
            _ => made,
        };
        made.filter(|made| made.len() == scheme.signature_len(spec))
            .ok_or_else(|| kms.half_answer())
    }

    pub(super) async fn mac(self, scheme: MacScheme, input: &[u8]) -> Result<Vec<u8>> {
        let Subject { kms, arn, spec } = self;
        scheme.check(spec)?;
        if !(1..=LONGEST_MESSAGE).contains(&input.len()) {
            let message =
                format!("KMS makes MACs of 1 to {LONGEST_MESSAGE} bytes, not of {}", input.len());
            return Err(Error::new(Reason::InputLength, message));
        }
        let algorithm = algorithm::mac(scheme)?;
        let request = || {
            let request = kms.client.generate_mac().key_id(arn).mac_algorithm(algorithm.clone());
            request.message(Blob::new(input)).send()
        };
        let mut mac = kms.ask(request).await?.mac.map(Blob::into_inner).unwrap_or_default();
        if mac.len() < scheme.mac_len() {
            return Err(kms.half_answer());
        }
        mac.truncate(scheme.mac_len());
        Ok(mac)
    }

    pub(super) async fn decrypt(
        self,
        scheme: EncryptionScheme,
        label: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let Subject { kms, arn, .. } = self;
        scheme.check_aad(label.len())?;
        let algorithm = algorithm::decryption(scheme, label)?;
        let request = || {
            let request = kms.client.decrypt().key_id(arn).encryption_algorithm(algorithm.clone());
            request.ciphertext_blob(Blob::new(ciphertext)).send()
        };
        // An empty plaintext is one too.
        let plaintext = kms.ask(request).await?.plaintext.map(Blob::into_inner);
        Ok(Zeroizing::new(plaintext.unwrap_or_default()))
    }

    /// The secret that the key shares with `peer`, a point on the curve of `public`.
    pub(super) async fn agree(
        self,
        scheme: DerivationScheme,
        public: &PublicKey,
        peer: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let Subject { kms, arn, spec } = self;
        if scheme != (DerivationScheme::Ecdh { kdf: Kdf::None }) {
            return Err(algorithm::not_offered(scheme));
        }
        let peer = peer_key(public, peer)?;
        let request = || {
            let request = kms.client.derive_shared_secret().key_id(arn);
            let request = request.key_agreement_algorithm(KeyAgreementAlgorithmSpec::Ecdh);
            request.public_key(Blob::new(peer.spki_der())).send()
        };
        let secret = kms.ask(request).await?.shared_secret.map(Blob::into_inner);
        let secret = Zeroizing::new(secret.unwrap_or_default());
        if secret.len() == spec.bytes() { Ok(secret) } else { Err(kms.half_answer()) }
    }
}

/// A peer's key, on the same curve as ours.
fn peer_key(ours: &PublicKey, point: &[u8]) -> Result<PublicKey> {
    let read = || {
        let ours = SubjectPublicKeyInfoRef::from_der(ours.spki_der())?;
        let subject_public_key = BitStringRef::from_bytes(point)?;
        SubjectPublicKeyInfoRef { algorithm: ours.algorithm, subject_public_key }.to_der()
    };
    let key = read().ok().and_then(|peer| PublicKey::from_spki_der(&peer).ok());
    key.ok_or_else(|| {
        let message = format!("the peer's public key is not a sound one of type {}", ours.spec());
        Error::new(Reason::InvalidArgument, message).in_field("peer")
    })
}
