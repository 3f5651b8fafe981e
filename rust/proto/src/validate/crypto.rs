//! Limits of the crypto service's requests. These run for every operation, so a name is only
//! measured here; the server parses it where it looks the key up.

use supacrypt_core::{
    DerivationScheme, Error, KeyName, KeyVersionName, Reason, Result, SignatureScheme,
};

use super::{Validate, at_most, bytes, limits, name};
use crate::v1;

/// The longest IV of any scheme, bytes.
const IV: usize = 16;
/// The longest public key of a peer, bytes: an uncompressed point on P-521.
const PEER: usize = 133;

/// Checks a name that is a key version's or, for its primary version, a key's.
pub(super) fn key_or_version(field: &'static str, value: &str) -> Result<()> {
    if name::<KeyVersionName>(field, value).is_ok() {
        return Ok(());
    }
    name::<KeyName>(field, value).map(drop)
}

fn operation_name(value: &str) -> Result<()> {
    bytes("name", value.len(), limits::NAME)
}

impl Validate for v1::SignRequest {
    fn validate(&self) -> Result<()> {
        operation_name(&self.name)?;
        bytes("pin_ticket", self.pin_ticket.len(), limits::PIN_TICKET)?;
        bytes("context", self.context.len(), SignatureScheme::MAX_CONTEXT_LEN)?;
        bytes("input", self.input.len(), limits::INPUT)
    }
}

impl Validate for v1::VerifyRequest {
    fn validate(&self) -> Result<()> {
        operation_name(&self.name)?;
        bytes("context", self.context.len(), SignatureScheme::MAX_CONTEXT_LEN)?;
        bytes("input", self.input.len(), limits::INPUT)?;
        bytes("signature", self.signature.len(), limits::INPUT)
    }
}

/// Checks what an encryption has beside its input.
pub(super) fn parameters(iv: &[u8], aad: &[u8]) -> Result<()> {
    bytes("iv", iv.len(), IV)?;
    bytes("aad", aad.len(), limits::INPUT)
}

impl Validate for v1::EncryptRequest {
    fn validate(&self) -> Result<()> {
        operation_name(&self.name)?;
        parameters(&self.iv, &self.aad)?;
        bytes("plaintext", self.plaintext.len(), limits::INPUT)
    }
}

impl Validate for v1::DecryptRequest {
    fn validate(&self) -> Result<()> {
        operation_name(&self.name)?;
        bytes("pin_ticket", self.pin_ticket.len(), limits::PIN_TICKET)?;
        parameters(&self.iv, &self.aad)?;
        // A ciphertext is longer than its plaintext by a padding block or a tag.
        bytes("ciphertext", self.ciphertext.len(), limits::INPUT + IV)
    }
}

impl Validate for v1::MacSignRequest {
    fn validate(&self) -> Result<()> {
        operation_name(&self.name)?;
        bytes("input", self.input.len(), limits::INPUT)
    }
}

impl Validate for v1::MacVerifyRequest {
    fn validate(&self) -> Result<()> {
        operation_name(&self.name)?;
        bytes("input", self.input.len(), limits::INPUT)?;
        bytes("mac", self.mac.len(), limits::INPUT)
    }
}

impl Validate for v1::DecapsulateRequest {
    fn validate(&self) -> Result<()> {
        operation_name(&self.name)?;
        bytes("pin_ticket", self.pin_ticket.len(), limits::PIN_TICKET)?;
        bytes("ciphertext", self.ciphertext.len(), limits::INPUT)
    }
}

impl Validate for v1::DeriveRequest {
    fn validate(&self) -> Result<()> {
        operation_name(&self.name)?;
        bytes("pin_ticket", self.pin_ticket.len(), limits::PIN_TICKET)?;
        bytes("peer", self.peer.len(), PEER)?;
        bytes("salt", self.salt.len(), limits::INPUT)?;
        bytes("info", self.info.len(), limits::INPUT)?;
        bytes("length", self.length as usize, DerivationScheme::MAX_LENGTH)
    }
}

impl Validate for v1::GenerateRandomRequest {
    fn validate(&self) -> Result<()> {
        if self.length == 0 {
            let message = "length is required: 1 to 65536 bytes";
            return Err(Error::new(Reason::InvalidArgument, message).in_field("length"));
        }
        bytes("length", self.length as usize, limits::RANDOM)
    }
}

impl Validate for v1::PerformRequest {
    fn validate(&self) -> Result<()> {
        at_most("operations", self.operations.len(), limits::OPERATIONS, "operations")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_over_the_limit_is_refused() {
        let sign = |len| v1::SignRequest { input: vec![0; len], ..Default::default() };
        assert!(sign(limits::INPUT).validate().is_ok());
        assert_eq!(sign(limits::INPUT + 1).validate().unwrap_err().field(), Some("input"));
    }

    #[test]
    fn a_public_key_is_asked_for_by_key_or_by_version() {
        assert!(key_or_version("name", "keyrings/a/keys/b").is_ok());
        assert!(key_or_version("name", "keyrings/a/keys/b/versions/1").is_ok());
        assert!(key_or_version("name", "keyrings/a").is_err());
    }
}
