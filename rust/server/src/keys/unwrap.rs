//! Taking in material that is encrypted with a key of the backend. It is decrypted here, and nobody but
//! the custodian gets it.

use std::iter;

use supacrypt_core::{Algorithm, EncryptionScheme, Error, KeySpec, Operation, Reason, Result};
use zeroize::Zeroizing;

use super::{Keys, NewKey};
use crate::{
    custody::CryptoRequest,
    store::{KeyRecord, RequestId},
};

/// How the material of a key that comes in is decrypted.
pub struct Unwrapping<'a> {
    /// By which key or key version.
    pub key: &'a str,
    /// By which scheme.
    pub scheme: EncryptionScheme,
    /// As for decryption with that key.
    pub iv: &'a [u8],
    /// The same.
    pub aad: &'a [u8],
    /// What the new key may be if it is not what it is said to be.
    pub other_specs: &'a [KeySpec],
    /// Checks that the user has just given a PIN, for keys that want that for each use.
    pub authenticate: &'a (dyn Fn() -> Result<()> + Sync),
}

impl Keys {
    /// Makes a key from material that another key decrypts; of the first spec that it fits.
    ///
    /// # Errors
    /// As [`import`](Self::import), [`usable`](Self::usable), and decryption with the other key;
    /// [`Reason::UsageNotPermitted`], [`Reason::AlgorithmNotPermitted`], [`Reason::PinRequired`].
    pub async fn import_wrapped(
        &self,
        new: NewKey,
        wrapped: &[u8],
        unwrapping: &Unwrapping<'_>,
        request: Option<RequestId>,
    ) -> Result<KeyRecord> {
        // A ticket is taken once: who asks again, since the answer was lost, has none any more.
        if let Some(made) = self.made_by(request.as_ref()).await? {
            return Ok(made);
        }
        let material = self.unwrapped(wrapped, unwrapping).await?;
        for spec in iter::once(&new.spec).chain(unwrapping.other_specs) {
            let new = NewKey { spec: *spec, ..new.clone() };
            match self.import(new, &material, request.clone()).await {
                Err(error) if error.reason() == Reason::InvalidKeyMaterial => {}
                done => return done,
            }
        }
        // What it is instead is not told: that would be about what was decrypted.
        Err(Error::new(
            Reason::InvalidKeyMaterial,
            "what was unwrapped is no key of a type that the request names",
        ))
    }

    async fn unwrapped(
        &self,
        wrapped: &[u8],
        unwrapping: &Unwrapping<'_>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let Unwrapping { scheme, iv, aad, .. } = *unwrapping;
        let key = self.usable(unwrapping.key).await?;
        key.check_use(Operation::Decrypt, Algorithm::Encryption(scheme))?;
        key.check_offered(Algorithm::Encryption(scheme))?;
        if key.flags.ask_for_a_pin(key.spec) {
            (unwrapping.authenticate)()?;
        }
        let request = CryptoRequest::Decrypt { scheme, iv, aad, ciphertext: wrapped };
        Ok(key.handle.perform(request).await?.into_bytes())
    }
}
