//! Operations with keys that are ready for use.

use std::{future::Future, pin::Pin};

use strum::IntoEnumIterator;
use supacrypt_core::{
    Algorithm, DerivationInput, DerivationScheme, Digest, EncryptionScheme, Error, KemScheme,
    KeyClass, KeySpec, MacScheme, Operation, Reason, Result, SignatureScheme,
};
use zeroize::Zeroizing;

/// A key ready for use. Dropping it wipes whatever it holds.
pub trait KeyHandle: Send + Sync {
    /// What `operation` will cost the thread that runs it.
    fn weight(&self, operation: Operation) -> Weight;

    /// Performs an operation that is [`Weight::Light`] or [`Weight::Heavy`], here and now.
    ///
    /// # Errors
    /// Those of the algorithm.
    fn compute(&self, request: &CryptoRequest<'_>) -> Result<CryptoOutput>;

    /// Performs an operation of any weight. A custodian that computes in this process has nothing
    /// to wait for.
    fn perform<'a>(&'a self, request: CryptoRequest<'a>) -> BoxFuture<'a, Result<CryptoOutput>> {
        Box::pin(async move { self.compute(&request) })
    }
}

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What an operation costs the thread that runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Tens of microseconds: run where it arrived, a hop to another thread would cost as much.
    Light,
    /// Hundreds of microseconds or more: worth a task of its own, so that all cores share it.
    Heavy,
    /// A wait for something outside the process.
    Remote,
}

impl Weight {
    /// What an operation costs that is computed in this process.
    pub(super) fn in_process(spec: KeySpec, operation: Operation) -> Weight {
        match (spec.class(), operation) {
            (KeyClass::Rsa, Operation::Sign | Operation::Decrypt)
            | (KeyClass::MlDsa, Operation::Sign) => Weight::Heavy,
            _ => match spec {
                KeySpec::EcP384 | KeySpec::EcP521 | KeySpec::EcSecp256k1 => Weight::Heavy,
                _ => Weight::Light,
            },
        }
    }
}

/// One operation with a key. The parameters are those of `supacrypt_crypto::Key`.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the fields are named by their schemes")]
pub enum CryptoRequest<'a> {
    Sign { scheme: SignatureScheme, context: &'a [u8], input: &'a [u8] },
    Verify { scheme: SignatureScheme, context: &'a [u8], input: &'a [u8], signature: &'a [u8] },
    Encrypt { scheme: EncryptionScheme, iv: &'a [u8], aad: &'a [u8], plaintext: &'a [u8] },
    Decrypt { scheme: EncryptionScheme, iv: &'a [u8], aad: &'a [u8], ciphertext: &'a [u8] },
    MacSign { scheme: MacScheme, input: &'a [u8] },
    MacVerify { scheme: MacScheme, input: &'a [u8], mac: &'a [u8] },
    Decapsulate { scheme: KemScheme, ciphertext: &'a [u8] },
    Derive { scheme: DerivationScheme, input: DerivationInput<'a> },
}

impl CryptoRequest<'_> {
    /// What is done.
    pub fn operation(&self) -> Operation {
        match self {
            CryptoRequest::Sign { .. } => Operation::Sign,
            CryptoRequest::Verify { .. } => Operation::Verify,
            CryptoRequest::Encrypt { .. } => Operation::Encrypt,
            CryptoRequest::Decrypt { .. } => Operation::Decrypt,
            CryptoRequest::MacSign { .. } => Operation::MacSign,
            CryptoRequest::MacVerify { .. } => Operation::MacVerify,
            CryptoRequest::Decapsulate { .. } => Operation::Decapsulate,
            CryptoRequest::Derive { .. } => Operation::Derive,
        }
    }

    /// By which algorithm.
    pub fn algorithm(&self) -> Algorithm {
        match *self {
            CryptoRequest::Sign { scheme, .. } | CryptoRequest::Verify { scheme, .. } => {
                Algorithm::Signature(scheme)
            }
            CryptoRequest::Encrypt { scheme, .. } | CryptoRequest::Decrypt { scheme, .. } => {
                Algorithm::Encryption(scheme)
            }
            CryptoRequest::MacSign { scheme, .. } | CryptoRequest::MacVerify { scheme, .. } => {
                Algorithm::Mac(scheme)
            }
            CryptoRequest::Decapsulate { scheme, .. } => Algorithm::Kem(scheme),
            CryptoRequest::Derive { scheme, .. } => Algorithm::Derivation(scheme),
        }
    }

    /// Checks that it is for keys of this kind, before it is said that it is not offered.
    ///
    /// # Errors
    /// [`Reason::AlgorithmMismatch`].
    pub(super) fn check_kind(&self, spec: KeySpec) -> Result<()> {
        let algorithm = self.algorithm();
        if algorithm.works_with(spec) {
            return Ok(());
        }
        let message = format!("{algorithm} does not work with a key of type {spec}");
        Err(Error::new(Reason::AlgorithmMismatch, message))
    }
}

impl<'a> CryptoRequest<'a> {
    /// The same by an algorithm that says more of the input, which what holds a key may offer alone: PKCS#1
    /// v1.5 over a whole `DigestInfo` is that of its digest (RFC 8017, section 9.2). Many applications hash
    /// on their own and ask for it in this way.
    pub(crate) fn narrowed(self) -> Option<CryptoRequest<'a>> {
        match self {
            CryptoRequest::Sign { scheme: SignatureScheme::RsaPkcs1Raw, context, input } => {
                let (scheme, input) = digest_of(input)?;
                Some(CryptoRequest::Sign { scheme, context, input })
            }
            CryptoRequest::Verify {
                scheme: SignatureScheme::RsaPkcs1Raw,
                context,
                input,
                signature,
            } => {
                let (scheme, input) = digest_of(input)?;
                Some(CryptoRequest::Verify { scheme, context, input, signature })
            }
            _ => None,
        }
    }
}

/// The digest in a `DigestInfo`, and the scheme that signs it.
fn digest_of(info: &[u8]) -> Option<(SignatureScheme, &[u8])> {
    Digest::iter().find_map(|digest| {
        let bytes = info.strip_prefix(digest.digest_info_prefix())?;
        (bytes.len() == digest.len()).then_some((SignatureScheme::RsaPkcs1 { digest }, bytes))
    })
}

/// What came of an operation.
pub enum CryptoOutput {
    /// A signature, ciphertext, plaintext, MAC or secret. Wiped when dropped, since some are secret.
    Bytes(Zeroizing<Vec<u8>>),
    /// Whether a signature or MAC is valid.
    Valid(bool),
}

impl CryptoOutput {
    /// What came of an operation other than verifying.
    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        match self {
            CryptoOutput::Bytes(bytes) => bytes,
            CryptoOutput::Valid(_) => unreachable!("invariant: only verifying gives a verdict"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_info_is_signed_as_its_digest() {
        fn sign(scheme: SignatureScheme, input: &[u8]) -> CryptoRequest<'_> {
            CryptoRequest::Sign { scheme, context: &[], input }
        }
        let narrowed = |input: &[u8]| match sign(SignatureScheme::RsaPkcs1Raw, input).narrowed()? {
            CryptoRequest::Sign { scheme, input, .. } => Some((scheme, input.to_vec())),
            other => panic!("{other:?}"),
        };
        for digest in Digest::iter() {
            let info = [digest.digest_info_prefix(), &vec![7; digest.len()]].concat();
            let expected = (SignatureScheme::RsaPkcs1 { digest }, vec![7; digest.len()]);
            assert_eq!(narrowed(&info), Some(expected));
            assert_eq!(narrowed(&info[..info.len() - 1]), None);
            assert_eq!(narrowed(&[&info[..], &[0]].concat()), None);
        }
        assert_eq!(narrowed(b"anything"), None);
        assert!(sign(SignatureScheme::Ecdsa, &[7; 32]).narrowed().is_none());
    }
}
