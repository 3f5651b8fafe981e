//! Requests of `SealService`, which have no fields.

use supacrypt_core::Result;

use super::Validate;
use crate::v1;

impl Validate for v1::GetSealRequest {
    fn validate(&self) -> Result<()> {
        Ok(())
    }
}

impl Validate for v1::RotateDataKeyRequest {
    fn validate(&self) -> Result<()> {
        Ok(())
    }
}

impl Validate for v1::ChangeSealRequest {
    fn validate(&self) -> Result<()> {
        Ok(())
    }
}
