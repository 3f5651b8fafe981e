//! Recovery of what a signature was made of. The public key does it, here.

use cryptoki_sys::*;
use supacrypt_core::{KeyUsages, Operation};

use super::{Step, permitted};
use crate::{
    error::{Result, Rv},
    ffi::Output,
    key::Key,
    mechanism::Mechanism,
    object::Class,
};

/// A recovery.
pub(crate) struct Recover {
    key: Key,
}

impl Recover {
    pub(crate) fn new(mechanism: &Mechanism, class: Class, key: Key) -> Result<Recover> {
        mechanism.row.permits(CKF_VERIFY_RECOVER)?;
        let (_, scheme) = mechanism.signature()?;
        super::sign::fits(scheme, &key)?;
        permitted(&key, class, Class::Public, KeyUsages::VERIFY, scheme.algorithm())?;
        key.check_use(Operation::Verify, scheme.algorithm())?;
        Ok(Recover { key })
    }

    pub(crate) fn whole(&mut self, signature: &[u8], output: &mut Output) -> Result<Step> {
        let public = self.key.public_key().ok_or(Rv(CKR_KEY_TYPE_INCONSISTENT))?;
        if signature.len() != self.key.spec().bytes() {
            return Err(Rv(CKR_SIGNATURE_LEN_RANGE));
        }
        let recovered = public.recover(signature)?.ok_or(Rv(CKR_SIGNATURE_INVALID))?;
        super::give(output, recovered.len(), || Ok(recovered))
    }
}
