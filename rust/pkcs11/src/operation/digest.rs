//! Hashing, here and without the backend.

use cryptoki_sys::*;
use supacrypt_crypto::Hasher;

use super::{Step, give};
use crate::{
    error::{Result, Rv},
    ffi::Output,
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
