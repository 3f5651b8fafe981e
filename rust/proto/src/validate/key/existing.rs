//! Limits of requests for keys that exist elsewhere: to take them in, or to use them where they are.

use supacrypt_core::{Error, KeySpec, Reason, Result};

use super::super::{Validate, at_most, bytes, limits, required, text};
use super::{fits, new_key, some_key};
use crate::v1;

impl Validate for v1::ImportKeyRequest {
    fn validate(&self) -> Result<()> {
        new_key(&self.parent, &self.key_id, &self.key, &self.request_id)?;
        if self.material.is_empty() {
            let message = "material is required: DER PKCS#8 for private keys, bytes for secrets, \
                           DER SubjectPublicKeyInfo for public keys";
            return Err(Error::new(Reason::InvalidArgument, message).in_field("material"));
        }
        bytes("material", self.material.len(), limits::MATERIAL)?;
        let Some(unwrapping) = &self.unwrapping else { return Ok(()) };
        unwrapping.validate()?;
        let key = required("key", &self.key)?;
        for spec in unwrapping.other_specs() {
            let spec = KeySpec::try_from(spec).map_err(|error| error.in_field(OTHER_SPECS))?;
            fits(key, spec)?;
        }
        Ok(())
    }
}

impl Validate for v1::AdoptKeyRequest {
    fn validate(&self) -> Result<()> {
        let key = some_key(&self.parent, &self.key_id, &self.key, &self.request_id)?;
        text("source", &self.source, limits::SOURCE)?;
        let refuse = |field: &'static str, message: &str| {
            Err(Error::new(Reason::InvalidArgument, message).in_field(field))
        };
        if self.source.is_empty() {
            return refuse("source", "source is required: the key's name at its custodian");
        }
        if key.public_only {
            return refuse("key.public_only", "a public key alone is imported, not adopted");
        }
        if key.extractable {
            return refuse("key.extractable", "what is adopted never leaves its custodian");
        }
        if key.spec() == v1::KeySpec::Unspecified {
            return Ok(());
        }
        let spec = KeySpec::try_from(key.spec()).map_err(|error| error.in_field("key.spec"))?;
        fits(key, spec)
    }
}

pub(super) const OTHER_SPECS: &str = "unwrapping.other_specs";

impl Validate for v1::Unwrapping {
    fn validate(&self) -> Result<()> {
        super::super::crypto::key_or_version("unwrapping.key", &self.key)?;
        required("unwrapping.scheme", &self.scheme)?;
        super::super::crypto::parameters(&self.iv, &self.aad)?;
        bytes("unwrapping.pin_ticket", self.pin_ticket.len(), limits::PIN_TICKET)?;
        at_most(OTHER_SPECS, self.other_specs.len(), limits::SPECS, "specs")
    }
}
