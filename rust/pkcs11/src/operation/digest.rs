//! Hashing, here and without the backend.

use cryptoki_sys::*;
use supacrypt_crypto::Hasher;

use super::{Step, give};
use crate::{
    error::{Result, Rv},
    ffi::Output,
    key::Key,
    mechanism::{Action, Mechanism, Parameter},
};

/// A digest in the making.
pub(crate) struct Digest {
    kind: supacrypt_core::Digest,
    hasher: Hasher,
    in_pieces: bool,
}

impl Digest {
    pub(crate) fn new(mechanism: &Mechanism) -> Result<Digest> {
        let Action::Digest(kind) = mechanism.row.action else {
            return Err(Rv(CKR_MECHANISM_INVALID));
        };
        if mechanism.parameter != Parameter::Bytes(Vec::new()) {
            return Err(Rv(CKR_MECHANISM_PARAM_INVALID));
        }
        Ok(Digest { kind, hasher: Hasher::new(kind), in_pieces: false })
    }

    pub(crate) fn update(&mut self, piece: &[u8]) -> Result<Step> {
        self.in_pieces = true;
        self.hasher.update(piece);
        Ok(Step::Continues)
    }

    /// Goes on with the value of a secret key.
    pub(crate) fn key(&mut self, key: &Key) -> Result<Step> {
        // The values of the token's keys are not here.
        let Key::Session(key, _) = key else { return Err(Rv(CKR_KEY_INDIGESTIBLE)) };
        match key.material().filter(|_| !key.spec.is_asymmetric()) {
            Some(value) => self.update(value.as_bytes()),
            None => Err(Rv(CKR_KEY_INDIGESTIBLE)),
        }
    }

    pub(crate) fn finish(&mut self, output: &mut Output) -> Result<Step> {
        give(output, self.kind.len(), || Ok(self.hasher.clone().finish()))
    }

    pub(crate) fn whole(&mut self, data: &[u8], output: &mut Output) -> Result<Step> {
        if self.in_pieces {
            return Err(Rv(CKR_OPERATION_ACTIVE));
        }
        give(output, self.kind.len(), || Ok(supacrypt_crypto::digest(self.kind, data)))
    }
}
