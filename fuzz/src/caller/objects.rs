//! Finding, making, reading and changing objects.

use cryptoki_sys::*;

use super::Caller;
use crate::{
    call,
    keys::{Pair, mechanism},
};

impl Caller<'_> {
    pub(super) fn search(&mut self) -> CK_RV {
        let session = self.session();
        match self.input.byte() % 4 {
            0 => {
                let mut template = self.template();
                call!(C_FindObjectsInit(session, template.pointer(), template.count()))
            }
            1 => call!(C_FindObjectsFinal(session)),
            _ => {
                let mut found = vec![0; self.input.byte().into()];
                let (most, mut count) = (found.len() as CK_ULONG, 0);
                let rv = call!(C_FindObjects(session, found.as_mut_ptr(), most, &raw mut count));
                assert!(count <= most);
                rv
            }
        }
    }

    pub(super) fn read_or_change(&mut self) -> CK_RV {
        let (session, object) = (self.session(), self.object());
        let mut template = self.template();
        let (list, count) = (template.pointer(), template.count());
        match self.input.byte() % 4 {
            0 if !self.token.has(object) => call!(C_DestroyObject(session, object)),
            1 if !self.token.has(object) => {
                call!(C_SetAttributeValue(session, object, list, count))
            }
            2 => {
                let mut made = 0;
                let rv = call!(C_CopyObject(session, object, list, count, &raw mut made));
                self.keep(rv, made)
            }
            _ => call!(C_GetAttributeValue(session, object, list, count)),
        }
    }

    pub(super) fn create(&mut self) -> CK_RV {
        let session = self.session();
        let mut template = self.template();
        let (list, count) = (template.pointer(), template.count());
        let mut made = 0;
        let rv = call!(C_CreateObject(session, list, count, &raw mut made));
        self.keep(rv, made)
    }

    pub(super) fn generate(&mut self) -> CK_RV {
        let session = self.session();
        let (mut public, mut private) = (self.template(), self.template());
        let (list, count) = (public.pointer(), public.count());
        let mut made = Pair { public: 0, private: 0 };
        let rv = if self.input.flag() {
            let mut kind =
                mechanism(self.input.pick(&[CKM_AES_KEY_GEN, CKM_GENERIC_SECRET_KEY_GEN]));
            call!(C_GenerateKey(session, &raw mut kind, list, count, &raw mut made.public))
        } else {
            let kinds = [CKM_EC_KEY_PAIR_GEN, CKM_ML_KEM_KEY_PAIR_GEN];
            let mut kind = mechanism(self.input.pick(&kinds));
            call!(C_GenerateKeyPair(
                session,
                &raw mut kind,
                list,
                count,
                private.pointer(),
                private.count(),
                &raw mut made.public,
                &raw mut made.private,
            ))
        };
        self.keep(rv, made.public);
        self.keep(rv, made.private)
    }

    pub(super) fn wrap(&mut self) -> CK_RV {
        let (session, key) = (self.session(), self.object());
        let mut mechanism = self.mechanism();
        if self.input.flag() {
            let (other, mut buffer) = (self.object(), self.buffer());
            let (to, most) = (buffer.pointer(), buffer.length());
            let rv = call!(C_WrapKey(session, mechanism.pointer(), key, other, to, most));
            buffer.written(rv);
            return rv;
        }
        let ((wrapped, length), mut template) = (self.bytes(), self.template());
        let mut made = 0;
        let rv = call!(C_UnwrapKey(
            session,
            mechanism.pointer(),
            key,
            wrapped,
            length,
            template.pointer(),
            template.count(),
            &raw mut made,
        ));
        self.keep(rv, made)
    }

    pub(super) fn derive(&mut self) -> CK_RV {
        let (session, key) = (self.session(), self.object());
        let (mut mechanism, mut template) = (self.mechanism(), self.template());
        let (kind, list, count) = (mechanism.pointer(), template.pointer(), template.count());
        let mut made = 0;
        let rv = match self.input.byte() % 3 {
            0 => call!(C_DeriveKey(session, kind, key, list, count, &raw mut made)),
            1 => {
                let mut buffer = self.buffer();
                let (to, most) = (buffer.pointer(), buffer.length());
                let place = &raw mut made;
                let rv = call!(C_EncapsulateKey(session, kind, key, list, count, to, most, place));
                buffer.written(rv);
                rv
            }
            _ => {
                let (sent, length) = self.bytes();
                let place = &raw mut made;
                call!(C_DecapsulateKey(session, kind, key, list, count, sent, length, place))
            }
        };
        self.keep(rv, made)
    }
}
