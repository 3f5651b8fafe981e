//! Limits of the keyring service's and the audit service's requests.

use std::collections::HashSet;

use supacrypt_core::{Error, KeyringName, Reason, ResourceId, Result, Role};

use super::{
    Validate, at_most, bytes, limits, name, page, request_id, required, text, update_mask,
};
use crate::v1;

impl Validate for v1::Keyring {
    fn validate(&self) -> Result<()> {
        text("keyring.display_name", &self.display_name, limits::DISPLAY_NAME)?;
        text("keyring.custodian", &self.custodian, limits::CUSTODIAN)?;
        bytes("keyring.etag", self.etag.len(), limits::TOKEN)?;
        at_most("keyring.grants", self.grants.len(), limits::GRANTS, "grants")?;
        let mut principals = HashSet::new();
        for grant in &self.grants {
            text("keyring.grants.principal", &grant.principal, limits::PRINCIPAL)?;
            Role::try_from(grant.role()).map_err(|error| error.in_field("keyring.grants.role"))?;
            if grant.principal.is_empty() || !principals.insert(&grant.principal) {
                let message = format!(
                    "{:?} appears twice or is empty; grant each principal one role",
                    grant.principal
                );
                return Err(Error::new(Reason::InvalidArgument, message)
                    .in_field("keyring.grants.principal"));
            }
        }
        Ok(())
    }
}

impl Validate for v1::CreateKeyringRequest {
    fn validate(&self) -> Result<()> {
        name::<ResourceId>("keyring_id", &self.keyring_id)?;
        request_id(&self.request_id)?;
        self.keyring.as_ref().map_or(Ok(()), Validate::validate)
    }
}

impl Validate for v1::GetKeyringRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyringName>("name", &self.name).map(drop)
    }
}

impl Validate for v1::ListKeyringsRequest {
    fn validate(&self) -> Result<()> {
        page(self.page_size, &self.page_token)
    }
}

impl Validate for v1::UpdateKeyringRequest {
    fn validate(&self) -> Result<()> {
        let keyring = required("keyring", &self.keyring)?;
        name::<KeyringName>("keyring.name", &keyring.name)?;
        update_mask(&self.update_mask, &["display_name", "grants"])?;
        keyring.validate()
    }
}

impl Validate for v1::DeleteKeyringRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyringName>("name", &self.name)?;
        bytes("etag", self.etag.len(), limits::TOKEN)
    }
}

impl Validate for v1::SetPinRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyringName>("name", &self.name)?;
        bytes("current_pin", self.current_pin.len(), limits::MAX_PIN)?;
        if !self.pin.is_empty() && self.pin.len() < limits::MIN_PIN {
            let message = format!("a PIN has at least {} bytes", limits::MIN_PIN);
            return Err(Error::new(Reason::InvalidArgument, message).in_field("pin"));
        }
        bytes("pin", self.pin.len(), limits::MAX_PIN)
    }
}

impl Validate for v1::VerifyPinRequest {
    fn validate(&self) -> Result<()> {
        name::<KeyringName>("name", &self.name)?;
        bytes("pin", self.pin.len(), limits::MAX_PIN)
    }
}

impl Validate for v1::ReadAuditLogRequest {
    fn validate(&self) -> Result<()> {
        let Some(filter) = &self.filter else { return Ok(()) };
        text("filter.principal", &filter.principal, limits::PRINCIPAL)?;
        text("filter.action", &filter.action, limits::NAME)?;
        text("filter.resource", &filter.resource, limits::NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(principal: &str) -> v1::Grant {
        v1::Grant { principal: principal.into(), role: v1::Role::User.into() }
    }

    #[test]
    fn a_principal_is_granted_one_role() {
        let keyring = v1::Keyring { grants: vec![grant("a"), grant("a")], ..Default::default() };
        assert_eq!(keyring.validate().unwrap_err().field(), Some("keyring.grants.principal"));
    }

    #[test]
    fn an_update_names_only_fields_that_can_change() {
        let request = v1::UpdateKeyringRequest {
            keyring: Some(v1::Keyring { name: "keyrings/a".into(), ..Default::default() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["create_time".into()] }),
        };
        assert_eq!(request.validate().unwrap_err().field(), Some("update_mask"));
    }
}
