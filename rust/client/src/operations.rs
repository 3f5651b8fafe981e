//! Operations with keys, over the connection's stream.

use supacrypt_core::{
    DerivationInput, DerivationScheme, EncryptionScheme, KemScheme, MacScheme, Result,
    SignatureScheme,
};
use supacrypt_proto::{
    limits,
    v1::{self, perform_operation::Operation, perform_outcome::Outcome},
};
use zeroize::Zeroizing;

use crate::{Client, KeyVersionRef, call::Retry, failure::Failure, perform::unexpected_answer};

impl Client {
    /// Signs `input`, a digest except where the scheme says otherwise.
    ///
    /// # Errors
    /// Those of the method `Sign` of the API, and those of every method of this crate.
    pub fn sign(
        &self,
        version: &KeyVersionRef,
        scheme: SignatureScheme,
        input: &[u8],
    ) -> Result<Vec<u8>> {
        self.sign_in_context(version, scheme, &[], input)
    }

    /// [Signs](Self::sign) in a context, which ML-DSA binds the signature to.
    ///
    /// # Errors
    /// Those of the method `Sign` of the API, and those of every method of this crate.
    pub fn sign_in_context(
        &self,
        version: &KeyVersionRef,
        scheme: SignatureScheme,
        context: &[u8],
        input: &[u8],
    ) -> Result<Vec<u8>> {
        self.perform(
            version.retry(),
            || {
                Operation::Sign(v1::SignRequest {
                    name: version.to_string(),
                    scheme: Some(scheme.into()),
                    input: input.into(),
                    context: context.into(),
                    pin_ticket: version.pin_ticket(),
                })
            },
            |outcome| match outcome {
                Outcome::Sign(response) => Some(response.signature),
                _ => None,
            },
        )
    }

    /// Encrypts with a secret key. `iv` and `aad` are those of the scheme.
    ///
    /// # Errors
    /// Those of the method `Encrypt` of the API, and those of every method of this crate.
    pub fn encrypt(
        &self,
        version: &KeyVersionRef,
        scheme: EncryptionScheme,
        iv: &[u8],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>> {
        self.perform(
            version.retry(),
            || {
                Operation::Encrypt(v1::EncryptRequest {
                    name: version.to_string(),
                    scheme: Some(scheme.into()),
                    iv: iv.into(),
                    aad: aad.into(),
                    plaintext: plaintext.into(),
                })
            },
            |outcome| match outcome {
                Outcome::Encrypt(response) => Some(response.ciphertext),
                _ => None,
            },
        )
    }

    /// Decrypts. A failure says nothing about what was wrong with the ciphertext.
    ///
    /// # Errors
    /// Those of the method `Decrypt` of the API, and those of every method of this crate.
    pub fn decrypt(
        &self,
        version: &KeyVersionRef,
        scheme: EncryptionScheme,
        iv: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        self.perform(
            version.retry(),
            || {
                Operation::Decrypt(v1::DecryptRequest {
                    name: version.to_string(),
                    scheme: Some(scheme.into()),
                    iv: iv.into(),
                    aad: aad.into(),
                    ciphertext: ciphertext.into(),
                    pin_ticket: version.pin_ticket(),
                })
            },
            |outcome| match outcome {
                Outcome::Decrypt(response) => Some(Zeroizing::new(response.plaintext)),
                _ => None,
            },
        )
    }

    /// Makes a MAC of `input`.
    ///
    /// # Errors
    /// Those of the method `MacSign` of the API, and those of every method of this crate.
    pub fn mac(&self, version: &KeyVersionRef, scheme: MacScheme, input: &[u8]) -> Result<Vec<u8>> {
        self.perform(
            version.retry(),
            || {
                Operation::MacSign(v1::MacSignRequest {
                    name: version.to_string(),
                    scheme: Some(scheme.into()),
                    input: input.into(),
                })
            },
            |outcome| match outcome {
                Outcome::MacSign(response) => Some(response.mac),
                _ => None,
            },
        )
    }

    /// Whether `mac` is the MAC of `input`.
    ///
    /// # Errors
    /// Those of the method `MacVerify` of the API, and those of every method of this crate.
    pub fn verify_mac(
        &self,
        version: &KeyVersionRef,
        scheme: MacScheme,
        input: &[u8],
        mac: &[u8],
    ) -> Result<bool> {
        self.perform(
            version.retry(),
            || {
                Operation::MacVerify(v1::MacVerifyRequest {
                    name: version.to_string(),
                    scheme: Some(scheme.into()),
                    input: input.into(),
                    mac: mac.into(),
                })
            },
            |outcome| match outcome {
                Outcome::MacVerify(response) => Some(response.valid),
                _ => None,
            },
        )
    }

    /// Gets the secret that somebody made with the public key of an ML-KEM key.
    ///
    /// # Errors
    /// Those of the method `Decapsulate` of the API, and those of every method of this crate.
    pub fn decapsulate(
        &self,
        version: &KeyVersionRef,
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        self.perform(
            version.retry(),
            || {
                Operation::Decapsulate(v1::DecapsulateRequest {
                    name: version.to_string(),
                    scheme: Some(KemScheme::MlKem.into()),
                    ciphertext: ciphertext.into(),
                    pin_ticket: version.pin_ticket(),
                })
            },
            |outcome| match outcome {
                Outcome::Decapsulate(response) => Some(Zeroizing::new(response.secret)),
                _ => None,
            },
        )
    }

    /// Derives a secret.
    ///
    /// # Errors
    /// Those of the method `Derive` of the API, and those of every method of this crate.
    pub fn derive(
        &self,
        version: &KeyVersionRef,
        scheme: DerivationScheme,
        input: &DerivationInput<'_>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        // What does not fit is refused as too long by the server.
        let length = u32::try_from(input.length).unwrap_or(u32::MAX);
        self.perform(
            version.retry(),
            || {
                Operation::Derive(v1::DeriveRequest {
                    name: version.to_string(),
                    scheme: Some(scheme.into()),
                    peer: input.peer.into(),
                    salt: input.salt.into(),
                    info: input.info.into(),
                    length,
                    pin_ticket: version.pin_ticket(),
                })
            },
            |outcome| match outcome {
                Outcome::Derive(response) => Some(Zeroizing::new(response.secret)),
                _ => None,
            },
        )
    }

    /// Fills `out` with random bytes of the backend.
    ///
    /// # Errors
    /// Those of every method of this crate.
    pub fn random(&self, out: &mut [u8]) -> Result<()> {
        for part in out.chunks_mut(limits::RANDOM) {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            let data = self.perform(
                Retry::Safe,
                || Operation::GenerateRandom(v1::GenerateRandomRequest { length }),
                |outcome| match outcome {
                    Outcome::GenerateRandom(response) => {
                        Some(response.data).filter(|data| data.len() == length as usize)
                    }
                    _ => None,
                },
            )?;
            part.copy_from_slice(&Zeroizing::new(data));
        }
        Ok(())
    }

    /// Operations may be repeated, as they change nothing but the audit log, which then tells of both
    /// attempts; but for those with a ticket, which is good for one.
    fn perform<T>(
        &self,
        retry: Retry,
        operation: impl Fn() -> Operation,
        read: impl Fn(Outcome) -> Option<T>,
    ) -> Result<T> {
        self.attempt(retry, async |connection, _left| -> Result<T, Failure> {
            let outcome = connection.performer.perform(operation()).await?;
            read(outcome).ok_or_else(unexpected_answer)
        })
    }
}
