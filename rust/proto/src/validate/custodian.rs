//! Requests of `CustodianService`.

use supacrypt_core::Result;

use super::{Validate, limits, text};
use crate::v1;

impl Validate for v1::ListCustodiansRequest {
    fn validate(&self) -> Result<()> {
        Ok(())
    }
}

impl Validate for v1::ReconcileCustodianRequest {
    fn validate(&self) -> Result<()> {
        text("custodian", &self.custodian, limits::CUSTODIAN)
    }
}
