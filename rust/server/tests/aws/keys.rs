//! What tests do with keys of any custodian.

use std::sync::Arc;

use supacrypt_core::{Digest, Error, KeySpec, KeyUsages, SignatureScheme};
use supacrypt_server::custody::{
    AwsCustodian, CryptoOutput, CryptoRequest, Custodian, KeyHandle, Wanted,
};

/// Makes a key and opens it.
pub(crate) async fn make(
    custodian: &AwsCustodian,
    spec: KeySpec,
    usages: KeyUsages,
    context: &str,
) -> (Vec<u8>, Arc<dyn KeyHandle>) {
    let wanted = Wanted { spec, usages, secret_length: None };
    let made = custodian.generate(wanted, context.as_bytes()).await.unwrap();
    let handle = custodian.open(spec, &made.reference, context.as_bytes()).await.unwrap();
    (made.reference, handle)
}

pub(crate) async fn bytes(handle: &Arc<dyn KeyHandle>, request: CryptoRequest<'_>) -> Vec<u8> {
    match handle.perform(request).await {
        Ok(CryptoOutput::Bytes(bytes)) => bytes.to_vec(),
        Ok(CryptoOutput::Valid(_)) => panic!("a verdict"),
        Err(error) => panic!("{}: {error}", request.algorithm()),
    }
}

pub(crate) async fn refused(handle: &Arc<dyn KeyHandle>, request: CryptoRequest<'_>) -> Error {
    handle.perform(request).await.err().unwrap()
}

/// The ARN in a reference.
pub(crate) fn arn(reference: &[u8]) -> &str {
    str::from_utf8(reference).unwrap().split_once(' ').unwrap().1
}

/// All that a key may sign by, with a digest for each that KMS takes as it is.
pub(crate) fn schemes(spec: KeySpec) -> Vec<(SignatureScheme, Vec<u8>)> {
    let digests = [Digest::Sha256, Digest::Sha384, Digest::Sha512];
    let input = |digest: Digest| vec![7; digest.len()];
    match spec {
        KeySpec::EcP384 => vec![(SignatureScheme::Ecdsa, input(Digest::Sha384))],
        KeySpec::EcP521 => vec![(SignatureScheme::Ecdsa, input(Digest::Sha512))],
        KeySpec::EcP256 | KeySpec::EcSecp256k1 => {
            vec![(SignatureScheme::Ecdsa, input(Digest::Sha256))]
        }
        _ => digests
            .into_iter()
            .flat_map(|digest| {
                let salt_length = digest.len() as u16;
                let pss = SignatureScheme::RsaPss { digest, mgf_digest: digest, salt_length };
                [SignatureScheme::RsaPkcs1 { digest }, pss].map(|scheme| (scheme, input(digest)))
            })
            .collect(),
    }
}

pub(crate) fn sign(scheme: SignatureScheme, input: &[u8]) -> CryptoRequest<'_> {
    CryptoRequest::Sign { scheme, context: &[], input }
}
