//! Deriving secrets from keys.

use supacrypt_core::{
    DerivationInput, DerivationScheme, Digest, Error, HkdfSteps, Kdf, KeySpec, Reason, Result,
};
use zeroize::Zeroizing;

use crate::{
    Hasher,
    sys::{Failed, PKey, agreement, hkdf},
};

/// Derives from a key pair; the scheme has checked the input.
pub(crate) fn from_pair(
    key: &PKey,
    spec: KeySpec,
    scheme: DerivationScheme,
    input: &DerivationInput<'_>,
) -> Result<Zeroizing<Vec<u8>>> {
    let DerivationScheme::Ecdh { kdf } = scheme else { return Err(not_offered(scheme)) };
    let shared = agreement::agree(key, spec, input.peer).map_err(|Failed| {
        Error::new(
            Reason::InvalidArgument,
            format!("the peer's public key is not a sound one of type {spec}"),
        )
        .in_field("peer")
    })?;
    match kdf {
        Kdf::None => Ok(shared),
        Kdf::X963 { digest } => Ok(x963(digest, &shared, input.info, input.length)),
        _ => Err(not_offered(scheme)),
    }
}

/// Derives from a generic secret; the scheme has checked the input.
pub(crate) fn from_secret(
    secret: &[u8],
    scheme: DerivationScheme,
    input: &DerivationInput<'_>,
) -> Result<Zeroizing<Vec<u8>>> {
    let DerivationScheme::Hkdf { digest, steps } = scheme else { return Err(not_offered(scheme)) };
    let DerivationInput { salt, info, length, .. } = *input;
    match steps {
        HkdfSteps::Both => hkdf::extract(digest, secret, salt)
            .and_then(|extracted| hkdf::expand(digest, &extracted, info, length)),
        HkdfSteps::Extract => hkdf::extract(digest, secret, salt),
        HkdfSteps::Expand => hkdf::expand(digest, secret, info, length),
    }
    .map_err(|Failed| Error::new(Reason::Internal, format!("{scheme} failed to derive")))
}

/// ANSI X9.63 as in SEC 1, section 3.6.1: digests of the secret, a counter and the shared info.
fn x963(digest: Digest, secret: &[u8], info: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    // Room for whole digests: what was derived must not stay behind in a freed buffer.
    let blocks = length.div_ceil(digest.len());
    let mut out = Zeroizing::new(Vec::with_capacity(blocks * digest.len()));
    let mut start = Hasher::new(digest);
    start.update(secret);
    for counter in (1u32..).take(blocks) {
        let mut hasher = start.clone();
        hasher.update(&counter.to_be_bytes());
        hasher.update(info);
        out.extend_from_slice(&Zeroizing::new(hasher.finish()));
    }
    out.truncate(length);
    out
}

fn not_offered(scheme: DerivationScheme) -> Error {
    Error::new(
        Reason::AlgorithmNotSupported,
        format!("{scheme} is not offered by the software engine"),
    )
}
