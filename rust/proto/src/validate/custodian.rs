//! Requests of `CustodianService`.

use supacrypt_core::{Error, Reason, Result};

use super::{Validate, limits, text};
use crate::v1;

impl Validate for v1::ListCustodiansRequest {
    fn validate(&self) -> Result<()> {
        Ok(())
    }
}

impl Validate for v1::ReconcileCustodianRequest {
    fn validate(&self) -> Result<()> {
        text("custodian", &self.custodian, limits::CUSTODIAN)?;
        let is_known = |kind: &i32| {
            v1::DifferenceKind::try_from(*kind)
                .is_ok_and(|kind| kind != v1::DifferenceKind::Unspecified)
        };
        if self.kinds.iter().all(is_known) {
            return Ok(());
        }
        let message = "one of the kinds of differences is unknown to this server";
        Err(Error::new(Reason::InvalidArgument, message).in_field("kinds"))
    }
}
