//! Two operations on the same data (PKCS#11 v2.40 base, section 5.13). Encryption gives out what it
//! has at its end, so that the outputs here are those of one step of it.

use cryptoki_sys::*;

use super::{Output, guard::in_session, input};
use crate::{
    error::{Result, Rv},
    operation::{Operations, step},
};

/// Which operation hashes, signs or verifies what the other one encrypts or decrypts.
#[derive(Clone, Copy)]
enum Beside {
    Digest,
    Sign,
    Verify,
}

impl Beside {
    fn is_active(self, operations: &Operations) -> bool {
        match self {
            Beside::Digest => operations.digest.is_some(),
            Beside::Sign => operations.sign.is_some(),
            Beside::Verify => operations.verify.is_some(),
        }
    }

    fn update(self, operations: &mut Operations, plaintext: &[u8]) -> Result<()> {
        match self {
            Beside::Digest => step(&mut operations.digest, |digest| digest.update(plaintext)),
            Beside::Sign => step(&mut operations.sign, |sign| sign.update(plaintext)),
            Beside::Verify => step(&mut operations.verify, |verify| verify.update(plaintext)),
        }
    }
}

macro_rules! functions {
    ($($function:ident $name:literal $cipher:ident $beside:expr, $plaintext:ident;)*) => {
        $(pub(super) unsafe extern "C" fn $function(
            session: CK_SESSION_HANDLE,
            part: *mut CK_BYTE,
            part_length: CK_ULONG,
            result: *mut CK_BYTE,
            result_length: *mut CK_ULONG,
        ) -> CK_RV {
            in_session($name, session, |module, session| {
                let mut operations = session.operations();
                if !$beside.is_active(&operations) {
                    return Err(Rv(CKR_OPERATION_NOT_INITIALIZED));
                }
                // SAFETY: the caller passes the part and a buffer, with their lengths. They may be
                // the same memory, so the part is copied.
                let (part, mut output) = unsafe {
                    (input::copy(part, part_length)?, Output::new(result, result_length)?)
                };
                step(&mut operations.$cipher, |cipher| {
                    cipher.update(&module.client, &part, &mut output)
                })?;
                if output.is_query() {
                    return Ok(());
                }
                // SAFETY: what was written there is the caller's to read, and so ours.
                let written = unsafe { output.written() };
                let plaintext = [&part[..], written][$plaintext];
                $beside.update(&mut operations, plaintext)
            })
        })*
    };
}

/// The plaintext is what goes in, or what comes out.
const INPUT: usize = 0;
const OUTPUT: usize = 1;

functions! {
    digest_encrypt_update "C_DigestEncryptUpdate" encrypt Beside::Digest, INPUT;
    sign_encrypt_update "C_SignEncryptUpdate" encrypt Beside::Sign, INPUT;
    decrypt_digest_update "C_DecryptDigestUpdate" decrypt Beside::Digest, OUTPUT;
    decrypt_verify_update "C_DecryptVerifyUpdate" decrypt Beside::Verify, OUTPUT;
}
