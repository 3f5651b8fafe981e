//! Operations of one session, and two that see the same data.

use std::ptr::null_mut;

use cryptoki_sys::*;

use super::Caller;
use crate::{
    call,
    keys::{Pair, mechanism},
    operations::{KINDS, STAGES},
};

/// Mechanisms that need no parameter, with the place of a key among the token's that fits.
const FITTING: [(CK_MECHANISM_TYPE, usize); 10] = [
    (CKM_RSA_PKCS, 0),
    (CKM_RSA_X_509, 0),
    (CKM_SHA256_RSA_PKCS, 0),
    (CKM_ECDSA_SHA256, 1),
    (CKM_EDDSA, 3),
    (CKM_ML_DSA, 5),
    (CKM_AES_ECB, 7),
    (CKM_AES_CMAC, 7),
    (CKM_SHA256_HMAC, 10),
    (CKM_SHA256, 0),
];

impl Caller<'_> {
    pub(super) fn begin(&mut self) -> CK_RV {
        let (kind, session, key) = (self.input.pick(&KINDS), self.session(), self.object());
        match self.input.byte() % 8 {
            0 => kind.begin(session, null_mut(), key, (null_mut(), 0)),
            1 => call!(C_SessionCancel(session, self.input.number() << self.input.below(32))),
            2..=4 => {
                let mut mechanism = self.mechanism();
                let signature = self.bytes();
                kind.begin(session, mechanism.pointer(), key, signature)
            }
            _ => {
                let (fitting, place) = self.input.pick(&FITTING);
                let Pair { public, private } = self.token.keys[place];
                let key = if kind.takes_public() { public } else { private };
                let (mut mechanism, signature) = (mechanism(fitting), self.bytes());
                kind.begin(session, &raw mut mechanism, key, signature)
            }
        }
    }

    pub(super) fn go_on(&mut self) -> CK_RV {
        let (kind, stage) = (self.input.pick(&KINDS), self.input.pick(&STAGES));
        let session = self.session();
        let (data, signature, buffer) = (self.bytes(), self.bytes(), self.buffer());
        kind.go_on(stage, session, data, signature, buffer)
    }

    pub(super) fn two_at_once(&mut self) -> CK_RV {
        let session = self.session();
        let ((data, length), mut buffer) = (self.bytes(), self.buffer());
        let (to, most) = (buffer.pointer(), buffer.length());
        let rv = match self.input.byte() % 5 {
            0 => call!(C_DigestEncryptUpdate(session, data, length, to, most)),
            1 => call!(C_DecryptDigestUpdate(session, data, length, to, most)),
            2 => call!(C_SignEncryptUpdate(session, data, length, to, most)),
            3 => call!(C_DecryptVerifyUpdate(session, data, length, to, most)),
            _ => return call!(C_DigestKey(session, self.object())),
        };
        buffer.written(rv);
        rv
    }
}
