//! What a check that passes has to tell.

use cryptoki_sys::CK_RV;

use crate::{
    ffi::Refusal,
    names,
    verdict::{Stop, Verdict, refused},
};

/// Remarks, each once.
#[derive(Default)]
pub(crate) struct Notes(Vec<String>);

impl Notes {
    pub(crate) fn add(&mut self, remark: impl Into<String>) {
        let remark = remark.into();
        if !self.0.contains(&remark) {
            self.0.push(remark);
        }
    }

    /// Fails unless `call` was refused; best with one of the values that the standard has for this,
    /// `named`. One of `close` keeps programs as safe, and is told.
    pub(crate) fn refused<T>(
        &mut self,
        what: &str,
        call: Result<T, Refusal>,
        named: &[CK_RV],
        close: &[CK_RV],
    ) -> Result<(), Stop> {
        if let Err(Refusal { value, .. }) = &call
            && close.contains(value)
        {
            let (value, wanted) = (names::return_value(*value), names::return_value(named[0]));
            self.add(format!("{value} in place of {wanted}"));
            return Ok(());
        }
        refused(what, call, named)
    }

    /// The verdict of a check that came this far.
    pub(crate) fn passed(self) -> Verdict {
        Ok(self.0.join("; "))
    }
}
