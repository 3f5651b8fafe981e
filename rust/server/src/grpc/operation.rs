//! Operations with keys, from and to the wire.

use supacrypt_core::{
    DerivationInput, DerivationScheme, EncryptionScheme, Error, KemScheme, MacScheme, Operation,
    Reason, Result, SignatureScheme,
};
use supacrypt_proto::{Validate, v1};
use v1::perform_outcome::Outcome;

use crate::custody::{CryptoOutput, CryptoRequest};
use crate::keys::UsableVersion;
use crate::service::KeyOperation;

impl KeyOperation for v1::SignRequest {
    type Answer = v1::SignResponse;

    fn kind(&self) -> Operation {
        Operation::Sign
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn request(&self) -> Result<CryptoRequest<'_>> {
        Ok(CryptoRequest::Sign {
            scheme: signature_scheme(&self.scheme)?,
            context: &self.context,
            input: &self.input,
        })
    }

    fn pin_ticket(&self) -> &[u8] {
        &self.pin_ticket
    }

    fn answer(self, version: &UsableVersion, output: CryptoOutput) -> v1::SignResponse {
        v1::SignResponse { name: version.name.to_string(), signature: bytes(output) }
    }
}

impl KeyOperation for v1::VerifyRequest {
    type Answer = v1::VerifyResponse;

    fn kind(&self) -> Operation {
        Operation::Verify
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn request(&self) -> Result<CryptoRequest<'_>> {
        Ok(CryptoRequest::Verify {
            scheme: signature_scheme(&self.scheme)?,
            context: &self.context,
            input: &self.input,
            signature: &self.signature,
        })
    }

    fn answer(self, _version: &UsableVersion, output: CryptoOutput) -> v1::VerifyResponse {
        v1::VerifyResponse { valid: valid(&output) }
    }
}

impl KeyOperation for v1::EncryptRequest {
    type Answer = v1::EncryptResponse;

    fn kind(&self) -> Operation {
        Operation::Encrypt
    }

    fn name(&self) -> &str {
        &self.name
    }

    /// Makes the IV when the caller gave none.
    fn complete(&mut self) -> Result<()> {
        if self.iv.is_empty() {
            self.iv = vec![0; encryption_scheme(&self.scheme)?.iv_len()];
            supacrypt_crypto::random(&mut self.iv)?;
        }
        Ok(())
    }

    fn request(&self) -> Result<CryptoRequest<'_>> {
        Ok(CryptoRequest::Encrypt {
            scheme: encryption_scheme(&self.scheme)?,
            iv: &self.iv,
            aad: &self.aad,
            plaintext: &self.plaintext,
        })
    }

    fn answer(self, version: &UsableVersion, output: CryptoOutput) -> v1::EncryptResponse {
        v1::EncryptResponse {
            name: version.name.to_string(),
            iv: self.iv,
            ciphertext: bytes(output),
        }
    }
}

impl KeyOperation for v1::DecryptRequest {
    type Answer = v1::DecryptResponse;

    fn kind(&self) -> Operation {
        Operation::Decrypt
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn request(&self) -> Result<CryptoRequest<'_>> {
        Ok(CryptoRequest::Decrypt {
            scheme: encryption_scheme(&self.scheme)?,
            iv: &self.iv,
            aad: &self.aad,
            ciphertext: &self.ciphertext,
        })
    }

    fn pin_ticket(&self) -> &[u8] {
        &self.pin_ticket
    }

    fn answer(self, _version: &UsableVersion, output: CryptoOutput) -> v1::DecryptResponse {
        v1::DecryptResponse { plaintext: bytes(output) }
    }
}

impl KeyOperation for v1::MacSignRequest {
    type Answer = v1::MacSignResponse;

    fn kind(&self) -> Operation {
        Operation::MacSign
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn request(&self) -> Result<CryptoRequest<'_>> {
        Ok(CryptoRequest::MacSign { scheme: mac_scheme(&self.scheme)?, input: &self.input })
    }

    fn answer(self, _version: &UsableVersion, output: CryptoOutput) -> v1::MacSignResponse {
        v1::MacSignResponse { mac: bytes(output) }
    }
}

impl KeyOperation for v1::MacVerifyRequest {
    type Answer = v1::MacVerifyResponse;

    fn kind(&self) -> Operation {
        Operation::MacVerify
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn request(&self) -> Result<CryptoRequest<'_>> {
        let scheme = mac_scheme(&self.scheme)?;
        Ok(CryptoRequest::MacVerify { scheme, input: &self.input, mac: &self.mac })
    }

    fn answer(self, _version: &UsableVersion, output: CryptoOutput) -> v1::MacVerifyResponse {
        v1::MacVerifyResponse { valid: valid(&output) }
    }
}

impl KeyOperation for v1::DecapsulateRequest {
    type Answer = v1::DecapsulateResponse;

    fn kind(&self) -> Operation {
        Operation::Decapsulate
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn request(&self) -> Result<CryptoRequest<'_>> {
        let scheme = kem_scheme(&self.scheme)?;
        Ok(CryptoRequest::Decapsulate { scheme, ciphertext: &self.ciphertext })
    }

    fn pin_ticket(&self) -> &[u8] {
        &self.pin_ticket
    }

    fn answer(self, _version: &UsableVersion, output: CryptoOutput) -> v1::DecapsulateResponse {
        v1::DecapsulateResponse { secret: bytes(output) }
    }
}

impl KeyOperation for v1::DeriveRequest {
    type Answer = v1::DeriveResponse;

    fn kind(&self) -> Operation {
        Operation::Derive
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn request(&self) -> Result<CryptoRequest<'_>> {
        let input = DerivationInput {
            peer: &self.peer,
            salt: &self.salt,
            info: &self.info,
            length: self.length as usize,
        };
        Ok(CryptoRequest::Derive { scheme: derivation_scheme(&self.scheme)?, input })
    }

    fn pin_ticket(&self) -> &[u8] {
        &self.pin_ticket
    }

    fn answer(self, _version: &UsableVersion, output: CryptoOutput) -> v1::DeriveResponse {
        v1::DeriveResponse { secret: bytes(output) }
    }
}

/// An operation with a key as it comes in a stream.
pub(super) enum StreamedOperation {
    Sign(v1::SignRequest),
    Verify(v1::VerifyRequest),
    Encrypt(v1::EncryptRequest),
    Decrypt(v1::DecryptRequest),
    MacSign(v1::MacSignRequest),
    MacVerify(v1::MacVerifyRequest),
    Decapsulate(v1::DecapsulateRequest),
    Derive(v1::DeriveRequest),
}

/// Does the same with whichever request it is.
macro_rules! with_request {
    ($operation:expr, $request:ident => $body:expr) => {
        match $operation {
            StreamedOperation::Sign($request) => $body,
            StreamedOperation::Verify($request) => $body,
            StreamedOperation::Encrypt($request) => $body,
            StreamedOperation::Decrypt($request) => $body,
            StreamedOperation::MacSign($request) => $body,
            StreamedOperation::MacVerify($request) => $body,
            StreamedOperation::Decapsulate($request) => $body,
            StreamedOperation::Derive($request) => $body,
        }
    };
}

impl Validate for StreamedOperation {
    fn validate(&self) -> Result<()> {
        with_request!(self, request => request.validate())
    }
}

impl KeyOperation for StreamedOperation {
    type Answer = Outcome;

    fn kind(&self) -> Operation {
        with_request!(self, request => request.kind())
    }

    fn name(&self) -> &str {
        with_request!(self, request => request.name())
    }

    fn complete(&mut self) -> Result<()> {
        with_request!(self, request => request.complete())
    }

    fn request(&self) -> Result<CryptoRequest<'_>> {
        with_request!(self, request => request.request())
    }

    fn pin_ticket(&self) -> &[u8] {
        with_request!(self, request => request.pin_ticket())
    }

    fn answer(self, version: &UsableVersion, output: CryptoOutput) -> Outcome {
        match self {
            // The name would be half of the answer, and the caller knows it.
            StreamedOperation::Sign(request) if *request.name == *version.name => {
                Outcome::Sign(v1::SignResponse { name: String::new(), signature: bytes(output) })
            }
            StreamedOperation::Sign(request) => Outcome::Sign(request.answer(version, output)),
            StreamedOperation::Verify(request) => Outcome::Verify(request.answer(version, output)),
            StreamedOperation::Encrypt(request) => {
                Outcome::Encrypt(request.answer(version, output))
            }
            StreamedOperation::Decrypt(request) => {
                Outcome::Decrypt(request.answer(version, output))
            }
            StreamedOperation::MacSign(request) => {
                Outcome::MacSign(request.answer(version, output))
            }
            StreamedOperation::MacVerify(request) => {
                Outcome::MacVerify(request.answer(version, output))
            }
            StreamedOperation::Decapsulate(request) => {
                Outcome::Decapsulate(request.answer(version, output))
            }
            StreamedOperation::Derive(request) => Outcome::Derive(request.answer(version, output)),
        }
    }
}

/// Random bytes, which no key is needed for.
pub(super) fn random(request: &v1::GenerateRandomRequest) -> Result<v1::GenerateRandomResponse> {
    request.validate()?;
    let mut data = vec![0; request.length as usize];
    supacrypt_crypto::random(&mut data)?;
    Ok(v1::GenerateRandomResponse { data })
}

fn signature_scheme(scheme: &Option<v1::SignatureScheme>) -> Result<SignatureScheme> {
    scheme.as_ref().ok_or_else(scheme_required)?.try_into()
}

fn encryption_scheme(scheme: &Option<v1::EncryptionScheme>) -> Result<EncryptionScheme> {
    scheme.as_ref().ok_or_else(scheme_required)?.try_into()
}

fn mac_scheme(scheme: &Option<v1::MacScheme>) -> Result<MacScheme> {
    scheme.as_ref().ok_or_else(scheme_required)?.try_into()
}

fn kem_scheme(scheme: &Option<v1::KemScheme>) -> Result<KemScheme> {
    scheme.as_ref().ok_or_else(scheme_required)?.try_into()
}

fn derivation_scheme(scheme: &Option<v1::DerivationScheme>) -> Result<DerivationScheme> {
    scheme.as_ref().ok_or_else(scheme_required)?.try_into()
}

fn scheme_required() -> Error {
    Error::new(Reason::InvalidArgument, "scheme is required").in_field("scheme")
}

fn bytes(output: CryptoOutput) -> Vec<u8> {
    std::mem::take(&mut *output.into_bytes())
}

fn valid(output: &CryptoOutput) -> bool {
    matches!(output, CryptoOutput::Valid(true))
}
