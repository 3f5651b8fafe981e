//! What every exported function is wrapped in.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cryptoki_sys::*;

use crate::{
    error::{Result, Rv},
    module::Module,
    session::Session,
};

/// Runs a function's body. A panic does not cross into C; it ends as `CKR_GENERAL_ERROR`.
pub(super) fn guard(function: &'static str, body: impl FnOnce() -> Result<()>) -> CK_RV {
    // What a panic leaves half done is the operation of one session, whose lock recovers.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => {
            tracing::trace!(function, "done");
            CKR_OK
        }
        Ok(Err(Rv(value))) => {
            tracing::debug!(function, "returned {value:#x}");
            value
        }
        Err(_) => {
            tracing::error!(function, "panicked");
            CKR_GENERAL_ERROR
        }
    }
}

/// [`guard`] for functions of a session.
pub(super) fn in_session(
    function: &'static str,
    session: CK_SESSION_HANDLE,
    body: impl FnOnce(&Module, &Session) -> Result<()>,
) -> CK_RV {
    guard(function, || {
        let module = Module::current()?;
        let session = module.sessions.session(session)?;
        body(&module, &session)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_return_value() {
        assert_eq!(guard("test", || panic!("on purpose")), CKR_GENERAL_ERROR);
    }
}
