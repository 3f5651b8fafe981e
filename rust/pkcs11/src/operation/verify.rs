//! Verification: of signatures here, with the cached public key; of MACs by the backend.

use cryptoki_sys::*;
use supacrypt_client::Client;
use supacrypt_core::{KeyUsages, Operation};

use super::{
    Step, permitted,
    sign::{Input, fits, signed_input},
};
use crate::{
    error::{Result, Rv},
    key::Key,
    mechanism::{Mechanism, Scheme},
    object::Class,
};

/// A verification.
pub(crate) struct Verify {
    key: Key,
    scheme: Scheme,
    context: Vec<u8>,
    input: Input,
}

impl Verify {
    /// Begins a verification, by a mechanism that can do what `flag` says.
    pub(crate) fn new(
        flag: CK_FLAGS,
        mechanism: &Mechanism,
        class: Class,
        key: Key,
    ) -> Result<Verify> {
        mechanism.row.permits(flag)?;
        let (hashed, scheme) = mechanism.signature()?;
        fits(scheme, &key)?;
        permitted(&key, class, Class::Public, KeyUsages::VERIFY, scheme.algorithm())?;
        Ok(Verify { key, scheme, context: mechanism.context(), input: Input::new(hashed) })
    }

    pub(crate) fn update(&mut self, piece: &[u8]) -> Result<Step> {
        self.input.update(piece)
    }

    pub(crate) fn finish(&mut self, client: &Client, signature: &[u8]) -> Result<Step> {
        self.verify(client, &self.input.of_pieces(), signature)
    }

    pub(crate) fn whole(
        &mut self,
        client: &Client,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Step> {
        self.verify(client, &self.input.of_whole(message)?, signature)
    }

    fn verify(&self, client: &Client, input: &[u8], signature: &[u8]) -> Result<Step> {
        let (length, valid) = match self.scheme {
            Scheme::Signature(scheme) => {
                self.key.check_use(Operation::Verify, self.scheme.algorithm())?;
                let public = self.key.public_key().ok_or(Rv(CKR_KEY_TYPE_INCONSISTENT))?;
                let input = signed_input(scheme, &self.key, input);
                let valid = public.verify_in_context(scheme, &self.context, &input, signature)?;
                (scheme.signature_len(self.key.spec()), valid)
            }
            Scheme::Mac(scheme) if signature.len() == scheme.mac_len() => {
                (scheme.mac_len(), self.key.verify_mac(client, scheme, input, signature)?)
            }
            Scheme::Mac(scheme) => (scheme.mac_len(), false),
        };
        match valid {
            true => Ok(Step::Ends),
            false if signature.len() == length => Err(Rv(CKR_SIGNATURE_INVALID)),
            false => Err(Rv(CKR_SIGNATURE_LEN_RANGE)),
        }
    }
}
