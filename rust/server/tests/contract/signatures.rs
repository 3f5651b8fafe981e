//! Signatures: each is verified by the public half.

use supacrypt_core::{Operation, Reason, SignatureScheme};
use supacrypt_server::custody::{CryptoOutput, CryptoRequest, Weight};

use super::example::inputs;
use super::key::Made;

pub(super) async fn made(key: &Made<'_>, scheme: SignatureScheme) {
    let contexts: &[&[u8]] = match scheme {
        SignatureScheme::MlDsa => &[b"", b"a purpose"],
        _ => &[b""],
    };
    for context in contexts {
        for input in inputs(scheme, key.spec) {
            let request = CryptoRequest::Sign { scheme, context, input: &input };
            let mut signature = key.bytes(request).await;
            let valid = key.public().verify_in_context(scheme, context, &input, &signature);
            assert!(valid.unwrap(), "{} {scheme} {}", key.spec, input.len());
            assert!(verifies(key, scheme, context, &input, &signature));
            *signature.last_mut().unwrap() ^= 1;
            assert!(!verifies(key, scheme, context, &input, &signature));
        }
    }
}

/// Verifying asks nobody.
fn verifies(
    key: &Made<'_>,
    scheme: SignatureScheme,
    context: &[u8],
    input: &[u8],
    signature: &[u8],
) -> bool {
    assert_ne!(key.handle.weight(Operation::Verify), Weight::Remote);
    let verify = CryptoRequest::Verify { scheme, context, input, signature };
    match key.handle.compute(&verify) {
        Ok(CryptoOutput::Valid(valid)) => valid,
        Ok(CryptoOutput::Bytes(_)) => panic!("{scheme}: no verdict"),
        Err(error) => panic!("{scheme}: {error}"),
    }
}

/// Inputs that do not fit are refused.
pub(super) async fn refused(key: &Made<'_>, scheme: SignatureScheme) {
    let lengths = match scheme {
        SignatureScheme::RsaPkcs1 { digest } | SignatureScheme::RsaPss { digest, .. } => {
            vec![0, digest.len() - 1, digest.len() + 1]
        }
        SignatureScheme::RsaPkcs1Raw => vec![key.spec.bytes() - 10],
        SignatureScheme::RsaRaw => vec![0, key.spec.bytes() - 1],
        SignatureScheme::Ecdsa => vec![0, 19, 65],
        _ => Vec::new(),
    };
    for length in lengths {
        let request = CryptoRequest::Sign { scheme, context: &[], input: &vec![7; length] };
        let error = key.refused(request).await;
        assert_eq!(error.reason(), Reason::InputLength, "{scheme} {length}: {error}");
    }
    let context: &[u8] = match scheme {
        SignatureScheme::MlDsa => &[7; 256],
        _ => b"a purpose",
    };
    let input = inputs(scheme, key.spec).remove(0);
    let error = key.refused(CryptoRequest::Sign { scheme, context, input: &input }).await;
    assert_eq!((error.reason(), error.field()), (Reason::InvalidArgument, Some("context")));
}
