//! Keys in Azure Key Vault, which a vault of this process stands for.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "azure/backend.rs"]
mod backend;
mod common;
mod contract;
#[path = "azure/credentials.rs"]
mod credentials;
#[path = "azure/custodian.rs"]
mod custodian;
#[path = "common/elsewhere.rs"]
mod elsewhere;
#[path = "common/faults.rs"]
mod faults;
#[path = "azure/faulty.rs"]
mod faulty;
#[path = "azure/place.rs"]
mod place;
#[path = "azure/reconciled.rs"]
mod reconciled;
#[path = "azure/seal.rs"]
mod seal;
#[path = "azure/standin.rs"]
mod standin;

use std::sync::Arc;

use supacrypt_core::{Digest, KeySpec, Reason, SignatureScheme};
use supacrypt_crypto::PublicKey;
use supacrypt_server::custody::{
    AzureCustodian, CryptoOutput, CryptoRequest, Custodian, KeyHandle, Wanted,
};

/// A key that was made or brought.
struct Made {
    reference: Vec<u8>,
    handle: Arc<dyn KeyHandle>,
    public: PublicKey,
}

async fn make(custodian: &AzureCustodian, spec: KeySpec, id: &str) -> Made {
    let made = custodian.generate(Wanted::usual(spec), id.as_bytes()).await.unwrap();
    let public = PublicKey::from_spki_der(&made.public_key.unwrap()).unwrap();
    assert_eq!(public.spec(), spec);
    let handle = custodian.open(spec, &made.reference, id.as_bytes()).await.unwrap();
    Made { reference: made.reference, handle, public }
}

async fn bytes(handle: &Arc<dyn KeyHandle>, request: CryptoRequest<'_>) -> Vec<u8> {
    match handle.perform(request).await {
        Ok(CryptoOutput::Bytes(bytes)) => bytes.to_vec(),
        Ok(CryptoOutput::Valid(_)) => panic!("a verdict"),
        Err(error) => panic!("{}: {error}", request.algorithm()),
    }
}

async fn reason(handle: &Arc<dyn KeyHandle>, request: CryptoRequest<'_>) -> Reason {
    handle.perform(request).await.err().unwrap().reason()
}

/// A request for a signature that a key of this kind makes.
fn signing(spec: KeySpec) -> CryptoRequest<'static> {
    let (scheme, context) = match SignatureScheme::Ecdsa.check(spec, 32) {
        Ok(()) => (SignatureScheme::Ecdsa, &[]),
        Err(_) => (SignatureScheme::RsaPkcs1 { digest: Digest::Sha256 }, &[]),
    };
    CryptoRequest::Sign { scheme, context, input: &[7; 32] }
}

/// Signs, and verifies here.
async fn signs(made: &Made) {
    let request = signing(made.public.spec());
    let CryptoRequest::Sign { scheme, input, .. } = request else { unreachable!() };
    let signature = bytes(&made.handle, request).await;
    assert!(made.public.verify(scheme, input, &signature).unwrap(), "{scheme}");
}
