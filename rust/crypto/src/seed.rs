//! ML-KEM private keys that came as seed and expanded key together (RFC 9935, section 6), which is
//! what OpenSSL writes and AWS-LC does not read.

use der::{Decode, Encode, Sequence, asn1::OctetStringRef};
use pkcs8::PrivateKeyInfoRef;
use zeroize::Zeroizing;

/// `ML-KEM-…-PrivateKey`, the alternative `both`.
#[derive(Sequence)]
struct Both<'a> {
    seed: &'a OctetStringRef,
    expanded: &'a OctetStringRef,
}

/// Tag of the alternative `seed`: `[0] IMPLICIT OCTET STRING`.
const SEED_TAG: u8 = 0x80;
/// Length in bytes of the seed `d || z` (FIPS 203, section 7.1).
const SEED_LEN: u8 = 64;

/// A private key taken apart.
pub(crate) struct SeedAndExpanded<'a> {
    /// PKCS#8 with the seed alone, which says all there is to say.
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
    /// The expanded key, which must be what the seed gives.
    pub(crate) expanded: &'a [u8],
}

/// Takes PKCS#8 apart that holds both; `None` for any other form.
pub(crate) fn split(pkcs8: &[u8]) -> Option<SeedAndExpanded<'_>> {
    let info = PrivateKeyInfoRef::try_from(pkcs8).ok()?;
    let both = Both::from_der(info.private_key.as_bytes()).ok()?;
    let seed = both.seed.as_bytes();
    if seed.len() != usize::from(SEED_LEN) {
        return None;
    }
    let alone = Zeroizing::new([&[SEED_TAG, SEED_LEN], seed].concat());
    let alone = PrivateKeyInfoRef::new(info.algorithm, OctetStringRef::new(&alone).ok()?);
    Some(SeedAndExpanded {
        pkcs8: alone.to_der().map(Zeroizing::new).ok()?,
        expanded: both.expanded.as_bytes(),
    })
}
