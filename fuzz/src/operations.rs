//! Operations of a session that are begun, done at once or in pieces, and ended. After each call it
//! is known whether the operation must still be there (PKCS#11 v2.40 base, section 5.2), and checked.

use std::ptr;

use cryptoki_sys::*;

use crate::{buffer::Buffer, call, keys::mechanism};

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Sign,
    Verify,
    Encrypt,
    Decrypt,
    Digest,
    SignRecover,
    VerifyRecover,
    VerifySignature,
}

pub const KINDS: [Kind; 8] = [
    Kind::Sign,
    Kind::Verify,
    Kind::Encrypt,
    Kind::Decrypt,
    Kind::Digest,
    Kind::SignRecover,
    Kind::VerifyRecover,
    Kind::VerifySignature,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Whole,
    Update,
    Final,
}

pub const STAGES: [Stage; 3] = [Stage::Whole, Stage::Update, Stage::Final];

/// Bytes with their length.
pub type Bytes = (*mut CK_BYTE, CK_ULONG);

impl Kind {
    /// Whether it is the public half of a pair that does it.
    pub fn takes_public(self) -> bool {
        !matches!(self, Kind::Sign | Kind::SignRecover | Kind::Decrypt)
    }

    /// Begins an operation. `signature` is for the kind that gets it first.
    pub fn begin(
        self,
        session: CK_SESSION_HANDLE,
        kind: *mut CK_MECHANISM,
        key: CK_OBJECT_HANDLE,
        (signature, length): Bytes,
    ) -> CK_RV {
        match self {
            Kind::Sign => call!(C_SignInit(session, kind, key)),
            Kind::Verify => call!(C_VerifyInit(session, kind, key)),
            Kind::Encrypt => call!(C_EncryptInit(session, kind, key)),
            Kind::Decrypt => call!(C_DecryptInit(session, kind, key)),
            Kind::Digest => call!(C_DigestInit(session, kind)),
            Kind::SignRecover => call!(C_SignRecoverInit(session, kind, key)),
            Kind::VerifyRecover => call!(C_VerifyRecoverInit(session, kind, key)),
            Kind::VerifySignature => {
                call!(C_VerifySignatureInit(session, kind, key, signature, length))
            }
        }
    }

    /// Goes on with an operation. `signature` is for the kinds that verify.
    pub fn go_on(
        self,
        stage: Stage,
        session: CK_SESSION_HANDLE,
        data: Bytes,
        signature: Bytes,
        mut buffer: Buffer,
    ) -> CK_RV {
        let before = self.is_active(session);
        let (rv, gives) = self.step(stage, session, data, signature, &mut buffer);
        let asks = gives && buffer.is_query();
        let after = match (before, rv) {
            (None, _) => None,
            (Some(false), rv) => {
                assert_eq!(rv, CKR_OPERATION_NOT_INITIALIZED, "{self:?} {stage:?}");
                Some(false)
            }
            (_, CKR_OK) => Some(asks || stage == Stage::Update && self.has_pieces()),
            (_, rv) => Some(rv == CKR_BUFFER_TOO_SMALL),
        };
        assert_eq!(self.is_active(session), after, "{self:?} {stage:?} returned {rv:#x}");
        if gives {
            buffer.written(rv);
        }
        rv
    }

    /// Whether the data may come in pieces; else each stage is the whole.
    fn has_pieces(self) -> bool {
        !matches!(self, Kind::SignRecover | Kind::VerifyRecover)
    }

    /// Whether one is going on, told by the refusal of another; `None` where there is no session.
    fn is_active(self, session: CK_SESSION_HANDLE) -> Option<bool> {
        let nothing = (ptr::null_mut(), 0);
        let mut kind = mechanism(CKM_SHA256);
        match self.begin(session, &raw mut kind, CK_INVALID_HANDLE, nothing) {
            CKR_OPERATION_ACTIVE => Some(true),
            CKR_KEY_HANDLE_INVALID => Some(false),
            // Digests have no key, so that one has begun.
            CKR_OK => {
                let rv = self.begin(session, ptr::null_mut(), CK_INVALID_HANDLE, nothing);
                assert_eq!(rv, CKR_OK);
                Some(false)
            }
            _ => None,
        }
    }

    /// One call, and whether it gives something out.
    fn step(
        self,
        stage: Stage,
        session: CK_SESSION_HANDLE,
        (data, length): Bytes,
        (signature, signature_length): Bytes,
        buffer: &mut Buffer,
    ) -> (CK_RV, bool) {
        let (to, most) = (buffer.pointer(), buffer.length());
        match (self, stage) {
            (Kind::Sign, Stage::Whole) => (call!(C_Sign(session, data, length, to, most)), true),
            (Kind::Sign, Stage::Update) => (call!(C_SignUpdate(session, data, length)), false),
            (Kind::Sign, Stage::Final) => (call!(C_SignFinal(session, to, most)), true),
            (Kind::Verify, Stage::Whole) => {
                (call!(C_Verify(session, data, length, signature, signature_length)), false)
            }
            (Kind::Verify, Stage::Update) => (call!(C_VerifyUpdate(session, data, length)), false),
            (Kind::Verify, Stage::Final) => {
                (call!(C_VerifyFinal(session, signature, signature_length)), false)
            }
            (Kind::Encrypt, Stage::Whole) => {
                (call!(C_Encrypt(session, data, length, to, most)), true)
            }
            (Kind::Encrypt, Stage::Update) => {
                (call!(C_EncryptUpdate(session, data, length, to, most)), true)
            }
            (Kind::Encrypt, Stage::Final) => (call!(C_EncryptFinal(session, to, most)), true),
            (Kind::Decrypt, Stage::Whole) => {
                (call!(C_Decrypt(session, data, length, to, most)), true)
            }
            (Kind::Decrypt, Stage::Update) => {
                (call!(C_DecryptUpdate(session, data, length, to, most)), true)
            }
            (Kind::Decrypt, Stage::Final) => (call!(C_DecryptFinal(session, to, most)), true),
            (Kind::Digest, Stage::Whole) => {
                (call!(C_Digest(session, data, length, to, most)), true)
            }
            (Kind::Digest, Stage::Update) => (call!(C_DigestUpdate(session, data, length)), false),
            (Kind::Digest, Stage::Final) => (call!(C_DigestFinal(session, to, most)), true),
            (Kind::SignRecover, _) => (call!(C_SignRecover(session, data, length, to, most)), true),
            (Kind::VerifyRecover, _) => {
                (call!(C_VerifyRecover(session, data, length, to, most)), true)
            }
            (Kind::VerifySignature, Stage::Whole) => {
                (call!(C_VerifySignature(session, data, length)), false)
            }
            (Kind::VerifySignature, Stage::Update) => {
                (call!(C_VerifySignatureUpdate(session, data, length)), false)
            }
            (Kind::VerifySignature, Stage::Final) => {
                (call!(C_VerifySignatureFinal(session)), false)
            }
        }
    }
}
