//! Custodians: what holds key material and computes with it.
//!
//! The rest of the server knows keys by an opaque reference and a [`KeyHandle`]. Whether the
//! material lies in this process or in a service somewhere else is the custodian's business.

mod pkcs11;
mod public;
mod registry;
mod software;

use std::{future::Future, pin::Pin, sync::Arc};

use async_trait::async_trait;
use supacrypt_core::{
    Algorithm, Capabilities, DerivationInput, DerivationScheme, EncryptionScheme, KemScheme,
    KeyClass, KeySpec, MacScheme, Operation, Result, SignatureScheme,
};
use supacrypt_crypto::Material;
use zeroize::Zeroizing;

pub use pkcs11::Pkcs11Custodian;
use public::PublicKeys;
pub(crate) use registry::PUBLIC;
pub use registry::{Custodians, SOFTWARE};
pub use software::SoftwareCustodian;

/// Holds key material.
#[async_trait]
pub trait Custodian: Send + Sync {
    /// The name that keyrings choose it by and key versions are stored with, such as `software`.
    fn name(&self) -> &str;

    /// What it offers, for as long as the server runs.
    fn capabilities(&self) -> &Capabilities;

    /// Makes a key. `context` names the key version for good; a custodian that hands out sealed
    /// material binds it to this name. `secret_length` is in bytes, for a spec that leaves it open.
    ///
    /// # Errors
    /// [`Reason::AlgorithmNotSupported`](supacrypt_core::Reason::AlgorithmNotSupported),
    /// [`Reason::CustodianUnavailable`](supacrypt_core::Reason::CustodianUnavailable).
    async fn generate(
        &self,
        spec: KeySpec,
        secret_length: Option<u32>,
        context: &[u8],
    ) -> Result<NewMaterial>;

    /// Takes in a key that exists elsewhere: DER PKCS#8 for key pairs, the bytes for secrets.
    ///
    /// # Errors
    /// As [`generate`](Self::generate), and
    /// [`Reason::InvalidKeyMaterial`](supacrypt_core::Reason::InvalidKeyMaterial).
    async fn import(&self, spec: KeySpec, material: &[u8], context: &[u8]) -> Result<NewMaterial>;

    /// Makes a key ready for use. The `reference` is one this custodian gave out for `context`.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`](supacrypt_core::Reason::CustodianUnavailable),
    /// [`Reason::SealUnavailable`](supacrypt_core::Reason::SealUnavailable).
    async fn open(
        &self,
        spec: KeySpec,
        reference: &[u8],
        context: &[u8],
    ) -> Result<Arc<dyn KeyHandle>>;

    /// Gives out the material as [`import`](Self::import) takes it in. Whether it may leave is not the
    /// custodian's to say.
    ///
    /// # Errors
    /// As [`open`](Self::open), and
    /// [`Reason::UsageNotPermitted`](supacrypt_core::Reason::UsageNotPermitted) where it cannot.
    async fn export(&self, spec: KeySpec, reference: &[u8], context: &[u8]) -> Result<Material>;

    /// Erases the material outside the server's own store. Erasing twice is no error.
    ///
    /// # Errors
    /// [`Reason::CustodianUnavailable`](supacrypt_core::Reason::CustodianUnavailable).
    async fn destroy(&self, reference: &[u8]) -> Result<()>;
}

/// What a custodian gives for a new key.
pub struct NewMaterial {
    /// How the custodian finds the key again. Opaque, and safe to store.
    pub reference: Vec<u8>,
    /// DER `SubjectPublicKeyInfo`; `None` for a secret key.
    pub public_key: Option<Vec<u8>>,
}

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
    fn in_process(spec: KeySpec, operation: Operation) -> Weight {
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
