//! How a check ends.

use std::fmt;

use cryptoki_sys::CK_RV;

use crate::{ffi::Refusal, names};

/// A check that passed may have something to tell; else the text is empty.
pub(crate) type Verdict = Result<String, Stop>;

/// Why a check did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The module does not do what it should.
    Failed(String),
    /// It cannot be said, for this reason.
    Skipped(String),
}

/// Passed, with nothing to tell.
pub(crate) fn passed() -> Verdict {
    Ok(String::new())
}

pub(crate) fn failed<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Failed(why.into()))
}

pub(crate) fn skipped<T>(why: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Skipped(why.into()))
}

/// Fails for `why` unless `holds`.
pub(crate) fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), Stop> {
    if holds { Ok(()) } else { Err(Stop::Failed(why())) }
}

/// Fails unless `call`, described by `what`, was refused with one of `values`.
pub(crate) fn refused<T>(
    what: &str,
    call: Result<T, Refusal>,
    values: &[CK_RV],
) -> Result<(), Stop> {
    let given = call.err().map_or(cryptoki_sys::CKR_OK, |refusal| refusal.value);
    ensure(values.contains(&given), || {
        let values: Vec<_> = values.iter().map(|value| names::return_value(*value)).collect();
        format!("{what}: {} in place of {}", names::return_value(given), values.join(" or "))
    })
}

/// A call that fails where it should not ends the check.
impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Stop::Failed(refusal.to_string())
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Stop::Failed(why) | Stop::Skipped(why)) = self;
        f.write_str(why)
    }
}
