//! Random bytes.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use supacrypt_core::{Error, Reason, Result};

use crate::undivided;

/// Fills `out` from AWS-LC's generator (CTR-DRBG of NIST SP 800-90A, seeded by the operating
/// system).
///
/// # Errors
/// [`Reason::Internal`] when the operating system gives no entropy.
pub fn random(out: &mut [u8]) -> Result<()> {
    let _whole = undivided();
    SystemRandom::new().fill(out).map_err(|_| {
        Error::new(Reason::Internal, "the operating system's random number generator failed")
    })
}
