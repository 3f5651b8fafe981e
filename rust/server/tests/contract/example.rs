//! A request for what the private or secret half does.

use supacrypt_core::{
    Algorithm, DerivationInput, DerivationScheme, HkdfSteps, Kdf, KeyClass, KeySpec,
    SignatureScheme,
};
use supacrypt_server::custody::CryptoRequest;

/// One of the form that its algorithm takes with a kind of keys.
pub(super) struct Example {
    algorithm: Algorithm,
    input: Vec<u8>,
    iv: Vec<u8>,
    /// How much is derived, bytes.
    length: usize,
}

impl Example {
    pub(super) fn of(algorithm: Algorithm, spec: KeySpec) -> Example {
        let (mut iv, mut length) = (Vec::new(), 0);
        let input = match algorithm {
            Algorithm::Signature(scheme) => inputs(scheme, spec).remove(0),
            Algorithm::Mac(_) => b"a message".to_vec(),
            Algorithm::Encryption(scheme) => {
                iv = vec![0x0f; scheme.iv_len()];
                vec![7; scheme.ciphertext_len(spec, 32)]
            }
            Algorithm::Kem(scheme) => vec![7; scheme.ciphertext_len(spec)],
            Algorithm::Derivation(scheme) => {
                length = derived(scheme, spec);
                match (scheme, spec.class()) {
                    (DerivationScheme::Hkdf { .. }, _) => Vec::new(),
                    (_, KeyClass::Montgomery) => vec![9; spec.bytes()],
                    _ => [&[4], &vec![7; 2 * spec.bytes()][..]].concat(),
                }
            }
        };
        Example { algorithm, input, iv, length }
    }

    pub(super) fn request(&self) -> CryptoRequest<'_> {
        let Example { algorithm, input, iv, length } = self;
        match *algorithm {
            Algorithm::Signature(scheme) => CryptoRequest::Sign { scheme, context: &[], input },
            Algorithm::Mac(scheme) => CryptoRequest::MacSign { scheme, input },
            Algorithm::Encryption(scheme) => {
                CryptoRequest::Decrypt { scheme, iv, aad: &[], ciphertext: input }
            }
            Algorithm::Kem(scheme) => CryptoRequest::Decapsulate { scheme, ciphertext: input },
            Algorithm::Derivation(scheme) => {
                let input = DerivationInput { peer: input, length: *length, ..Default::default() };
                CryptoRequest::Derive { scheme, input }
            }
        }
    }

    /// The same for what the other half does, where there is such a thing.
    pub(super) fn reverse(&self) -> Option<CryptoRequest<'_>> {
        let Example { algorithm, input, iv, .. } = self;
        Some(match *algorithm {
            Algorithm::Signature(scheme) => {
                CryptoRequest::Verify { scheme, context: &[], input, signature: &[7; 64] }
            }
            Algorithm::Mac(scheme) => CryptoRequest::MacVerify { scheme, input, mac: &[7; 32] },
            Algorithm::Encryption(scheme) => {
                CryptoRequest::Encrypt { scheme, iv, aad: &[], plaintext: &[7; 32] }
            }
            _ => return None,
        })
    }
}

/// What a scheme signs, in all lengths that make a difference.
pub(super) fn inputs(scheme: SignatureScheme, spec: KeySpec) -> Vec<Vec<u8>> {
    match scheme {
        SignatureScheme::RsaPkcs1 { digest } | SignatureScheme::RsaPss { digest, .. } => {
            vec![vec![7; digest.len()]]
        }
        SignatureScheme::RsaPkcs1Raw => vec![b"as it is".to_vec()],
        SignatureScheme::RsaRaw => vec![[&[0], &vec![7; spec.bytes() - 1][..]].concat()],
        SignatureScheme::Ecdsa => [20, 28, 32, 48, 64].map(|length| vec![7; length]).into(),
        _ => vec![b"a message".to_vec(), Vec::new(), vec![7; 10_000]],
    }
}

/// How much a scheme derives, bytes.
pub(super) fn derived(scheme: DerivationScheme, spec: KeySpec) -> usize {
    match scheme {
        DerivationScheme::Ecdh { kdf: Kdf::None } => spec.bytes(),
        DerivationScheme::Hkdf { digest, steps: HkdfSteps::Extract } => digest.len(),
        _ => 42,
    }
}
